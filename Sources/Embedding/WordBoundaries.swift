/// Where no merge can ever join two neighbouring characters: there a text falls into words that can be merged
/// one by one.
///
/// A merge joins the last character of its left token with the first of its right one, and a token's text is
/// always that of the characters it came from. So between two characters that no merge brings together the
/// neighbours never have a rank, whatever is merged around them: the merges on one side do not see the other
/// side, and merging the words one by one gives exactly what merging the whole text gives. This is read off the
/// merges, not assumed of them: a vocabulary that joins everything has one word a text.
///
/// Characters are bytes here: the 128 of ASCII, with U+2581 in the place of the space that it stands for, and
/// one class for all bytes of all others, which are taken to join each other.
struct WordBoundaries: Sendable {
  private static let others = 0x80
  private static let classes = others + 1
  private static let space = UInt8(ascii: " ")

  /// Whether some merge brings the class of the row before that of the column.
  private var joins: [Bool]

  init() {
    joins = [Bool](repeating: false, count: Self.classes * Self.classes)
    joins[joins.count - 1] = true
  }

  /// Whether the second byte starts a word when it follows the first; U+2581 is a space in both.
  @inline(__always)
  func divides(_ left: UInt8, _ right: UInt8) -> Bool {
    joins.withUnsafeBufferPointer { joins in
      !joins[min(Int(left), Self.others) * Self.classes + min(Int(right), Self.others)]
    }
  }

  /// Takes a merge into account.
  mutating func add(left: some BidirectionalCollection<UInt8>, right: some BidirectionalCollection<UInt8>) {
    for last in Self.last(of: left) {
      for first in Self.first(of: right) { joins[last * Self.classes + first] = true }
    }
  }

  /// The classes that the last character of this token can have. A token that ends like the name of a byte may
  /// have come from that byte as well as from the letters of the name.
  private static func last(of token: some BidirectionalCollection<UInt8>) -> [Int] {
    guard let last = token.last else { return [] }
    let own = token.suffix(3).elementsEqual("\u{2581}".utf8) ? space : last
    return [Int(own), byte(named: token.suffix(6))].compactMap { $0 }.map { min($0, others) }
  }

  private static func first(of token: some BidirectionalCollection<UInt8>) -> [Int] {
    guard let first = token.first else { return [] }
    let own = token.prefix(3).elementsEqual("\u{2581}".utf8) ? space : first
    return [Int(own), byte(named: token.prefix(6))].compactMap { $0 }.map { min($0, others) }
  }

  /// The byte of a token such as `<0x0A>`, nil for another.
  private static func byte(named token: some Collection<UInt8>) -> Int? {
    guard token.count == 6, token.starts(with: "<0x".utf8) else { return nil }
    return Int(String(decoding: token.dropFirst(3).prefix(2), as: UTF8.self), radix: 16)
  }
}
