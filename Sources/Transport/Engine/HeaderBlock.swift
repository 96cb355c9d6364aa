/// Reads the header lines of an answer as libcurl delivers them, one call a line.
struct HeaderBlock {
  enum Event: Equatable {
    case more
    /// The end of an interim answer (100, 103): another one follows.
    case interim
    case complete
    case tooLarge
  }

  /// All lines together; libcurl's own limit is one of 100 KiB for a single line.
  static let mostBytes = 256 << 10

  private(set) var status = 0
  private(set) var fields = HeaderFields()
  /// The final header has ended; what follows the body are trailers, which are dropped.
  private(set) var isComplete = false
  private var size = 0

  /// Forgets everything, for the next hop.
  mutating func reset() { self = HeaderBlock() }

  mutating func add(_ bytes: UnsafeRawBufferPointer) -> Event {
    size += bytes.count
    if size > HeaderBlock.mostBytes { return .tooLarge }
    var line = bytes[...]
    while let last = line.last, last == 0x0A || last == 0x0D { line.removeLast() }
    if isComplete { return .more }
    if line.starts(with: "HTTP/".utf8) {
      fields.removeAll()
      status = HeaderBlock.status(line)
      return .more
    }
    guard let first = line.first else {
      if (100..<200).contains(status), status != 101 { return .interim }
      isComplete = true
      return .complete
    }
    if first == 0x20 || first == 0x09 {
      fields.fold(HeaderBlock.text(line))
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      fields.add(HeaderBlock.text(line[..<colon]), HeaderBlock.text(line[(colon + 1)...]))
    }
    return .more
  }

  /// The three digits after the first space; libcurl has checked that they are there.
  private static func status(_ line: Slice<UnsafeRawBufferPointer>) -> Int {
    guard let space = line.firstIndex(of: 0x20) else { return 0 }
    return line[(space + 1)...].prefix { (0x30...0x39).contains($0) }.prefix(3).reduce(0) {
      $0 * 10 + Int($1) - 0x30
    }
  }

  /// Without white space at either end.
  private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    var bytes = bytes
    while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
    return String(decoding: UnsafeRawBufferPointer(rebasing: bytes), as: UTF8.self)
  }
}
