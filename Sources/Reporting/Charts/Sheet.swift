/// Figures in columns: what a chart draws, or a table shows.
public struct Sheet: Hashable, Sendable {
  public enum Cell: Hashable, Sendable {
    case text(String)
    case number(Double)
    /// Nothing was measured, or nothing may be said.
    case missing
  }

  /// Tells the sheets of one chart apart; empty where there is one.
  public var name: String
  public var columns: [String]
  /// As long as ``columns``, each.
  public internal(set) var rows: [[Cell]]

  init(name: String = "", columns: [String], rows: [[Cell]] = []) {
    self.name = name
    self.columns = columns
    self.rows = rows
  }

  /// Comma-separated values (RFC 4180): a line of column names, CRLF after each line, fields with a comma, a quote or
  /// a line break in quotes; numbers in the shortest form that reads back as the same binary64.
  public var csv: String {
    ([columns.map(Self.quoted)]
      + rows.map { row in
        row.map { cell in
          switch cell {
          case .text(let text): Self.quoted(text)
          case .number(let number): Self.plain(number)
          case .missing: ""
          }
        }
      }).map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  /// A whole number without decimals, any other in its shortest form.
  static func plain(_ number: Double) -> String {
    if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return String(whole) }
    return number.description
  }

  private static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else {
      return text
    }
    var field = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { field += "\"" }
      field.unicodeScalars.append(scalar)
    }
    return field + "\""
  }
}
