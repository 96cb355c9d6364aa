/// One file of a report's folder.
public struct ReportFile: Hashable, Sendable {
  /// Relative to the folder, at most one folder deep: `data/regret.csv`.
  public let path: String
  public let bytes: [UInt8]

  init(_ path: String, _ text: String) {
    self.path = path
    bytes = Array(text.utf8)
  }

  /// A further file to lie beside a report's own.
  ///
  /// - Throws: ``ReportError/badID(_:)`` for a path other than names of small letters, digits, hyphens and dots, of
  ///   which one may be a folder's.
  public init(path: String, bytes: [UInt8]) throws(ReportError) {
    let names = path.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(names.count), names.allSatisfy({ Self.isName($0, allowing: ".") }) else {
      throw .badID(path)
    }
    self.path = path
    self.bytes = bytes
  }

  static func isName(_ text: some StringProtocol, allowing extra: Unicode.Scalar? = nil) -> Bool {
    func isPlain(_ scalar: Unicode.Scalar) -> Bool {
      ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
    }
    guard let first = text.unicodeScalars.first, isPlain(first), text.utf8.count <= 100 else { return false }
    return text.unicodeScalars.allSatisfy { isPlain($0) || $0 == "-" || $0 == extra }
  }

  /// Small letters and digits of a title with hyphens between; may be empty.
  static func slug(_ title: String) -> String {
    var slug = ""
    for scalar in title.lowercased().unicodeScalars {
      if ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) {
        slug.unicodeScalars.append(scalar)
      } else if !slug.isEmpty, slug.last != "-" {
        slug += "-"
      }
    }
    while slug.last == "-" { slug.removeLast() }
    return String(slug.prefix(40))
  }
}

extension Report {
  /// The report in all its forms: `index.html` (self-contained), `report.md` with `figures/*.svg`, the numbers in
  /// `data/*.csv` and in `report.json`, sorted by path. The same report gives the same bytes.
  ///
  /// - Parameter others: files to lie beside them.
  public func files(with others: [ReportFile] = []) throws(ReportError) -> [ReportFile] {
    var files = [ReportFile("index.html", html), ReportFile("report.md", markdown)] + dataFiles + others
    for figure in figures {
      for layout in ChartLayout.allCases {
        files.append(
          ReportFile(
            Self.picturePath(figure.id, layout),
            figure.chart.svg(
              title: figure.title, subtitle: figure.subtitle.text, layout: layout, palette: palette)))
      }
    }
    files.append(ReportFile("report.json", json(paths: files.map { $0.path } + ["report.json"])))
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    for (one, next) in zip(files, files.dropFirst()) where one.path == next.path {
      throw .duplicateID(one.path)
    }
    return files
  }

  var dataFiles: [ReportFile] {
    figures.flatMap { figure in
      zip(Self.dataPaths(figure.id, figure.chart.sheets), figure.chart.sheets).map { ReportFile($0, $1.csv) }
    } + listings.map { ReportFile("data/\($0.id).csv", $0.sheet.csv) }
  }

  /// One path for each sheet: the figure's id, and the sheet's name where it has one.
  static func dataPaths(_ id: String, _ sheets: [Sheet]) -> [String] {
    let slugs = sheets.map { ReportFile.slug($0.name) }
    return sheets.indices.map { index in
      if sheets[index].name.isEmpty { return "data/\(id).csv" }
      let isOwn = !slugs[index].isEmpty && slugs.filter { $0 == slugs[index] }.count == 1
      return "data/\(id)-\(isOwn ? slugs[index] : String(index + 1)).csv"
    }
  }

  static func picturePath(_ id: String, _ layout: ChartLayout) -> String {
    "figures/\(id)\(layout == .wide ? "" : "-\(layout.rawValue)").svg"
  }
}
