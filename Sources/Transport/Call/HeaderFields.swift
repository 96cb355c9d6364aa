/// Header lines in the order in which they came or are to go, duplicates kept; names are looked up without
/// regard to case (RFC 9110, section 5).
public struct HeaderFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  public struct Field: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public private(set) var fields: [Field]

  public init(_ fields: [Field] = []) { self.fields = fields }

  public init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field($0.0, $0.1) }
  }

  /// The first value under a name; nil when there is none.
  public subscript(name: String) -> String? {
    fields.first { HeaderFields.isSame($0.name, name) }?.value
  }

  /// All values under a name, in order.
  public func values(_ name: String) -> [String] {
    fields.filter { HeaderFields.isSame($0.name, name) }.map(\.value)
  }

  /// Adds a line behind the others.
  public mutating func add(_ name: String, _ value: String) { fields.append(Field(name, value)) }

  /// Puts one line in the place of all under that name.
  public mutating func set(_ name: String, _ value: String) {
    fields.removeAll { HeaderFields.isSame($0.name, name) }
    add(name, value)
  }

  func filter(_ isKept: (String) -> Bool) -> HeaderFields { HeaderFields(fields.filter { isKept($0.name) }) }

  mutating func removeAll() { fields.removeAll(keepingCapacity: true) }

  /// Continues the last value: an obsolete folded line (RFC 9112, section 5.2).
  mutating func fold(_ more: String) {
    guard let last = fields.indices.last else { return }
    fields[last].value += fields[last].value.isEmpty ? more : " " + more
  }

  /// Equal up to ASCII case.
  static func isSame(_ first: String, _ second: String) -> Bool {
    var first = first
    var second = second
    return first.withUTF8 { first in
      second.withUTF8 { second in
        first.count == second.count
          && zip(first, second).allSatisfy { $0 == $1 || ($0 | 0x20 == $1 | 0x20 && isLetter($0)) }
      }
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  /// The characters of a method or a header name (RFC 9110, section 5.6.2).
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        isLetter(byte) || (0x30...0x39).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
  }

  /// A value that cannot end its line: no control character but the tab.
  static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
  }
}
