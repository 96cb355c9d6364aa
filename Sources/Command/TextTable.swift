/// Aligned columns for a terminal: words to the left, numbers to the right.
struct TextTable {
  struct Column {
    var title: String
    var isNumber: Bool
    /// Longer cells are cut to this many characters, the last of which is an ellipsis.
    var limit: Int

    static func text(_ title: String, limit: Int = 60) -> Column {
      Column(title: title, isNumber: false, limit: limit)
    }
    static func number(_ title: String) -> Column { Column(title: title, isNumber: true, limit: 60) }
  }

  let columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: Column...) { self.columns = columns }

  /// Adds a row; a missing cell at the end is empty.
  mutating func add(_ cells: String...) {
    rows.append(
      columns.indices.map { index in
        index < cells.count ? TextTable.shown(cells[index], limit: columns[index].limit) : ""
      })
  }

  /// One line per row under a line of titles, two spaces between columns, no space at the end of a line.
  var text: String {
    let lines = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      var text = ""
      for (index, cell) in line.enumerated() {
        let space = String(repeating: " ", count: widths[index] - cell.count)
        text += (index == 0 ? "" : "  ") + (columns[index].isNumber ? space + cell : cell + space)
      }
      while text.last == " " { text.removeLast() }
      return text
    }.joined(separator: "\n")
  }

  /// A text on one line, without anything that a terminal would obey: others wrote it.
  static func shown(_ text: String, limit: Int = .max) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        if scalar == "\u{200D}" { line.append(scalar) } else if line.last != " " { line.append(" ") }
      default: line.append(scalar)
      }
    }
    let whole = String(line)
    return whole.count > limit ? String(whole.prefix(max(0, limit - 1))) + "…" : whole
  }
}
