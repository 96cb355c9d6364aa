/// The part of a file that a `Range` header asks for (RFC 9110, 14.1.2).
enum ByteRange: Equatable {
  case whole
  case part(Range<Int>)
  /// It lies beyond the end.
  case unsatisfiable

  /// - Parameters:
  ///   - field: nil without the header. Another unit than bytes, several ranges, and what is malformed count as if
  ///     nothing had been asked, as the RFC allows.
  ///   - count: bytes of the file, ≥ 0.
  init(_ field: String?, of count: Int) {
    guard let field, field.lowercased().hasPrefix("bytes=") else {
      self = .whole
      return
    }
    let ends = field.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      .map { $0.trimmed }
    guard ends.count == 2, let first = ByteRange.number(ends[0]), let last = ByteRange.number(ends[1]) else {
      self = .whole
      return
    }
    switch (first, last) {
    case (nil, nil): self = .whole
    case (nil, let length?):
      self = length > 0 && count > 0 ? .part(max(0, count - length)..<count) : .unsatisfiable
    case (let first?, let last):
      if let last, last < first {
        self = .whole
      } else if first >= count {
        self = .unsatisfiable
      } else {
        self = .part(first..<min(last ?? .max, count - 1) + 1)
      }
    }
  }

  /// Nil within when there is no number, nil when it is none.
  private static func number(_ text: Substring) -> Int?? {
    if text.isEmpty { return .some(nil) }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return .some(Int(text) ?? .max)
  }
}
