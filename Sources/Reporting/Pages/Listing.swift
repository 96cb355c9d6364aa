extension Report {
  /// Figures in columns, with a title.
  public struct Listing: Hashable, Sendable {
    public struct Column: Hashable, Sendable {
      public var title: String
      /// Nil for words.
      public var unit: ValueUnit?
      /// Decimals as written; nil for enough to show three digits of the smallest.
      public var decimals: Int?

      public static func words(_ title: String) -> Column { Column(title: title) }

      public static func values(_ title: String, _ unit: ValueUnit = .plain, decimals: Int? = nil) -> Column {
        Column(title: title, unit: unit, decimals: decimals)
      }
    }

    /// Names its file: small letters, digits, hyphens.
    public let id: String
    public let title: String
    public let columns: [Column]
    public let rows: [[Sheet.Cell]]
    /// Indices of the rows set in bold.
    public let emphasised: Set<Int>

    /// - Throws: ``ReportError`` for a row that is not as long as the columns are many, and for numbers that are not
    ///   finite.
    public init(
      id: String, title: String, columns: [Column], rows: [[Sheet.Cell]], emphasised: Set<Int> = []
    ) throws(ReportError) {
      for (index, row) in rows.enumerated() {
        guard row.count == columns.count else {
          throw .raggedRow(listing: title, row: index + 1, cells: row.count, expected: columns.count)
        }
        for (cell, column) in zip(row, columns) {
          if case .number(let number) = cell, !number.isFinite {
            throw .notFinite(listing: title, row: index + 1, column: column.title)
          }
        }
      }
      self.id = id
      self.title = title
      self.columns = columns
      self.rows = rows
      self.emphasised = emphasised
    }

    var sheet: Sheet { Sheet(columns: columns.map(\.title), rows: rows) }

    /// Every cell as it is read, row by row.
    var shown: [[String]] {
      let decimals = columns.indices.map { index -> Int in
        let column = columns[index]
        if let decimals = column.decimals { return decimals }
        let numbers = rows.compactMap { if case .number(let number) = $0[index] { number } else { nil } }
        return (column.unit ?? .plain).decimals(for: numbers, digits: 3)
      }
      return rows.map { row in
        row.indices.map { index in
          switch row[index] {
          case .text(let text): text
          case .number(let number): (columns[index].unit ?? .plain).text(number, decimals: decimals[index])
          case .missing: "–"
          }
        }
      }
    }
  }
}
