/// What an analyst hands on: a claim, how it was made, pictures, figures, and whether the claim held. A value; see
/// ``files()`` for its forms and ``ReportFolder`` for writing them.
public struct Report: Sendable {
  public let title: String
  /// What the report says, in two or three sentences.
  public let lead: Prose
  public let provenance: Provenance
  public let sections: [Section]
  /// Colours and shapes, the same in all figures.
  public let palette: Palette

  public struct Section: Sendable {
    /// Empty for what stands before the first heading.
    public var title: String
    public var blocks: [Block]

    public init(_ title: String = "", _ blocks: [Block]) {
      self.title = title
      self.blocks = blocks
    }
  }

  public enum Block: Sendable {
    case paragraph(Prose)
    case list([Prose])
    case verdict(Verdict)
    case figure(Figure)
    case listing(Listing)
  }

  /// Whether a claim held, with the figure that decides it.
  public struct Verdict: Hashable, Sendable {
    public var claim: Prose
    public var held: Bool
    /// The measure and what it had to be: "0.83; at least 0.80".
    public var figure: Prose

    public init(_ claim: Prose, held: Bool, figure: Prose) {
      self.claim = claim
      self.held = held
      self.figure = figure
    }
  }

  /// A chart with what is written over it.
  public struct Figure: Sendable {
    /// Names its files: small letters, digits, hyphens.
    public var id: String
    /// What the picture says.
    public var title: String
    /// What is drawn, of what and over what; may be empty.
    public var subtitle: Prose
    public var chart: any Chart

    public init(id: String, title: String, subtitle: Prose = "", _ chart: any Chart) {
      self.id = id
      self.title = title
      self.subtitle = subtitle
      self.chart = chart
    }
  }

  /// - Parameters:
  ///   - palette: nil gives the names of all charts their styles as one family.
  /// - Throws: ``ReportError`` for an id that cannot name a file or that occurs twice.
  public init(
    title: String, lead: Prose, provenance: Provenance, sections: [Section], palette: Palette? = nil
  ) throws(ReportError) {
    self.title = title
    self.lead = lead
    self.provenance = provenance
    self.sections = sections
    let blocks = sections.flatMap(\.blocks)
    var names: [String] = []
    var ids: [String] = []
    for block in blocks {
      switch block {
      case .figure(let figure):
        names += figure.chart.names
        ids.append(figure.id)
      case .listing(let listing): ids.append(listing.id)
      case .paragraph, .list, .verdict: break
      }
    }
    self.palette = palette ?? Palette([names])
    for id in ids where !ReportFile.isName(id) { throw .badID(id) }
    var seen: Set<String> = []
    for id in ids where !seen.insert(id).inserted { throw .duplicateID(id) }
    // A chart with several sheets names files after its id and theirs.
    var paths: Set<String> = []
    for file in dataFiles where !paths.insert(file.path).inserted { throw .duplicateID(file.path) }
  }

  var figures: [Figure] {
    sections.flatMap(\.blocks).compactMap { if case .figure(let figure) = $0 { figure } else { nil } }
  }

  var listings: [Listing] {
    sections.flatMap(\.blocks).compactMap { if case .listing(let listing) = $0 { listing } else { nil } }
  }

  var verdicts: [Verdict] {
    sections.flatMap(\.blocks).compactMap { if case .verdict(let verdict) = $0 { verdict } else { nil } }
  }
}

/// Why a report cannot be made.
public enum ReportError: Error, Hashable, CustomStringConvertible {
  case badID(String)
  case duplicateID(String)
  case raggedRow(listing: String, row: Int, cells: Int, expected: Int)
  case notFinite(listing: String, row: Int, column: String)
  case badChecksum(source: String, String)

  public var description: String {
    switch self {
    case .badID(let id):
      "“\(id)” cannot name a file: use small letters, digits and hyphens, beginning with a letter or digit"
    case .duplicateID(let id): "“\(id)” names two files of the report: give every figure its own id"
    case .raggedRow(let listing, let row, let cells, let expected):
      "line \(row) of “\(listing)” has \(cells) cells where there are \(expected) columns"
    case .notFinite(let listing, let row, let column):
      "line \(row) of “\(listing)” has no finite number under “\(column)”: say `.missing` where there is none"
    case .badChecksum(let source, let checksum):
      "the checksum of “\(source)” is “\(checksum)”, which is not a SHA-256 in 64 hexadecimal digits"
    }
  }
}
