/// What it takes to make a report again.
public struct Provenance: Hashable, Sendable {
  /// Something that was read.
  public struct Source: Hashable, Sendable {
    public let name: String
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    public let sha256: String
    /// Lines, decisions, or whatever it holds.
    public let count: Int

    /// - Throws: ``ReportError/badChecksum(source:_:)``.
    public init(_ name: String, sha256: String, count: Int) throws(ReportError) {
      let digits = sha256.lowercased()
      let isHexadecimal = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
      guard digits.utf8.count == 64, isHexadecimal else { throw .badChecksum(source: name, sha256) }
      self.name = name
      self.sha256 = digits
      self.count = count
    }
  }

  /// One more thing that it depends on.
  public struct Fact: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// As typed.
  public var command: String
  public var seeds: [UInt64]
  /// Of the source code; with a mark if it was changed since.
  public var revision: String
  public var sources: [Source]
  public var facts: [Fact]

  public init(
    command: String, seeds: [UInt64] = [], revision: String, sources: [Source] = [], facts: [Fact] = []
  ) {
    self.command = command
    self.seeds = seeds
    self.revision = revision
    self.sources = sources
    self.facts = facts
  }

  /// Ascending, runs as ranges: `1–20, 31`.
  var seedRanges: String {
    let sorted = Set(seeds).sorted()
    var ranges: [ClosedRange<UInt64>] = []
    for seed in sorted {
      if let last = ranges.last, last.upperBound < .max, last.upperBound + 1 == seed {
        ranges[ranges.count - 1] = last.lowerBound...seed
      } else {
        ranges.append(seed...seed)
      }
    }
    return ranges.map { range in
      switch range.upperBound - range.lowerBound {
      case 0: "\(range.lowerBound)"
      case 1: "\(range.lowerBound), \(range.upperBound)"
      default: "\(range.lowerBound)–\(range.upperBound)"
      }
    }.joined(separator: ", ")
  }
}
