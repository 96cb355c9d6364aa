/// One JSON value (RFC 8259).
///
/// An integer literal without fraction or exponent that fits 64 bits stays an exact `.integer`, so ids and
/// micro-USD survive; every other number is a `.number`, the nearest binary64 and always finite.
/// Equality is that of the representation: `.integer(1)` and `.number(1)` differ, as do objects whose
/// members stand in another order.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// A name and its value inside an object, in the order of the document.
  public struct Member: Sendable, Hashable {
    public var name: String
    public var value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The value of the first member called `name`; nil when there is none or this is no object.
  @inlinable public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    for member in members where member.name == name { return member.value }
    return nil
  }

  /// The element at `index`; nil outside the array or when this is no array.
  @inlinable public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  @inlinable public var stringValue: String? { if case .string(let text) = self { text } else { nil } }

  @inlinable public var boolValue: Bool? { if case .bool(let flag) = self { flag } else { nil } }

  /// Any number as binary64; an `.integer` beyond ±2⁵³ is rounded.
  @inlinable public var doubleValue: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }

  /// An exact integer: an `.integer`, or a `.number` such as `1.0` or `1e3` that is whole and within ±2⁵³,
  /// up to which every whole binary64 is exact.
  @inlinable public var integerValue: Int64? {
    switch self {
    case .integer(let integer): return integer
    case .number(let number):
      guard number.magnitude <= 9_007_199_254_740_992 else { return nil }
      return Int64(exactly: number)
    default: return nil
    }
  }

  @inlinable public var arrayValue: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  @inlinable public var members: [Member]? {
    if case .object(let members) = self { members } else { nil }
  }

  @inlinable public var isNull: Bool { self == .null }

  /// The kind and, where it is short, the value itself, as error messages name it: `-1`, `"fast"`,
  /// `an array of 3`.
  public var summary: String {
    switch self {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let integer): return integer.description
    case .number(let number): return number.description
    case .string(let text):
      let shown = text.unicodeScalars.count > 40 ? String(text.unicodeScalars.prefix(40)) + "…" : text
      var writer = JSONWriter()
      writer.value(shown)
      return writer.text
    case .array(let elements): return elements.isEmpty ? "an empty array" : "an array of \(elements.count)"
    case .object(let members): return members.isEmpty ? "an empty object" : "an object"
    }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}
