/// Appends JSON text to a byte buffer, putting the commas itself.
///
///     var writer = JSONWriter(reserving: 512)
///     writer.object {
///       $0.field("id", decision.id)
///       $0.array("fallbacks") { for name in fallbacks { $0.value(name) } }
///     }
///
/// The closures do not escape and everything is inlinable, so nesting costs no allocation. The caller keeps
/// the shape: a `field` belongs inside an `object`, a `value` inside an `array` or at the top.
public struct JSONWriter: Sendable {
  /// The text so far, UTF-8.
  public private(set) var bytes: [UInt8]

  // True when the next element of the innermost container needs a comma. One flag is enough for any depth:
  // opening a container clears it and closing one, being the end of a value, sets it.
  @usableFromInline var needsComma = false

  public init(reserving capacity: Int = 256) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// The text so far, as a string.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Empties the buffer and keeps its capacity.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  // MARK: Containers

  @inlinable public mutating func object<E: Error>(
    _ body: (inout JSONWriter) throws(E) -> Void
  ) throws(E) {
    openObject()
    try body(&self)
    closeObject()
  }

  @inlinable public mutating func object<E: Error>(
    _ name: String, _ body: (inout JSONWriter) throws(E) -> Void
  ) throws(E) {
    key(name)
    try object(body)
  }

  @inlinable public mutating func array<E: Error>(
    _ body: (inout JSONWriter) throws(E) -> Void
  ) throws(E) {
    openArray()
    try body(&self)
    closeArray()
  }

  @inlinable public mutating func array<E: Error>(
    _ name: String, _ body: (inout JSONWriter) throws(E) -> Void
  ) throws(E) {
    key(name)
    try array(body)
  }

  /// An array field with one element for each item.
  @inlinable public mutating func array(_ name: String, _ items: some Sequence<some JSONWritable>) {
    key(name)
    openArray()
    for item in items { item.write(to: &self) }
    closeArray()
  }

  /// An array field of objects, one for each item.
  @inlinable public mutating func objects<Item, E: Error>(
    _ name: String, _ items: some Sequence<Item>, _ body: (inout JSONWriter, Item) throws(E) -> Void
  ) throws(E) {
    key(name)
    openArray()
    for item in items {
      openObject()
      try body(&self, item)
      closeObject()
    }
    closeArray()
  }

  // MARK: Fields and values

  @inlinable public mutating func field(_ name: String, _ value: some JSONWritable) {
    key(name)
    value.write(to: &self)
  }

  /// Writes the field only when there is a value (``field(_:_:)`` would write null).
  @inlinable public mutating func fieldIfPresent(_ name: String, _ value: (some JSONWritable)?) {
    guard let value else { return }
    field(name, value)
  }

  @inlinable public mutating func null(_ name: String) {
    key(name)
    null()
  }

  @inlinable public mutating func value(_ value: some JSONWritable) { value.write(to: &self) }

  /// A field whose value is JSON text already, put in as it is.
  public mutating func rawField(_ name: String, _ json: some Sequence<UInt8>) {
    key(name)
    raw(json)
  }

  /// A value that is JSON text already, put in as it is.
  public mutating func raw(_ json: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: json)
  }

  /// The same for bytes that are at hand in one piece, which is a copy and not a loop.
  public mutating func raw(_ json: [UInt8]) {
    separate()
    json.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }

  // MARK: Tokens

  @inlinable public mutating func key(_ name: String) {
    string(name)
    append(UInt8(ascii: ":"))
    needsComma = false
  }

  @inlinable public mutating func openObject() {
    separate()
    append(UInt8(ascii: "{"))
    needsComma = false
  }

  @inlinable public mutating func closeObject() {
    append(UInt8(ascii: "}"))
    needsComma = true
  }

  @inlinable public mutating func openArray() {
    separate()
    append(UInt8(ascii: "["))
    needsComma = false
  }

  @inlinable public mutating func closeArray() {
    append(UInt8(ascii: "]"))
    needsComma = true
  }

  public mutating func null() { word("null") }

  public mutating func bool(_ flag: Bool) { word(flag ? "true" : "false") }

  public mutating func integer(_ value: Int64) {
    separate()
    digits(of: value.magnitude, isNegative: value < 0)
  }

  public mutating func integer(_ value: UInt64) {
    separate()
    digits(of: value, isNegative: false)
  }

  /// The shortest decimal that reads back as the same binary64. Not-a-number and the infinities have no
  /// JSON form; reaching here with one is a fault of the caller and is written as null.
  public mutating func number(_ value: Double) {
    guard value.isFinite else { return null() }
    separate()
    append(value.description)
  }

  /// The shortest decimal that reads back as the same binary32; as ``number(_:)-(Double)`` otherwise.
  public mutating func number(_ value: Float) {
    guard value.isFinite else { return null() }
    separate()
    append(value.description)
  }

  public mutating func string(_ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    let isContiguous: Void? = text.utf8.withContiguousStorageIfAvailable { appendEscaped($0) }
    if isContiguous == nil {
      var native = text
      native.withUTF8 { appendEscaped($0) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  // MARK: Bytes

  @usableFromInline mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  @usableFromInline mutating func append(_ byte: UInt8) { bytes.append(byte) }

  /// Appends text that needs no escape and no comma.
  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  private mutating func word(_ word: StaticString) {
    separate()
    bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  private mutating func digits(of magnitude: UInt64, isNegative: Bool) {
    if isNegative { bytes.append(UInt8(ascii: "-")) }
    var divisor: UInt64 = 1
    while magnitude / divisor >= 10 { divisor *= 10 }
    var rest = magnitude
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }

  /// Escapes what RFC 8259 requires (quote, backslash, control characters) and nothing else; runs between
  /// escapes are copied whole.
  private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
    var runStart = 0
    for index in text.indices {
      let byte = text[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      bytes.append(contentsOf: text[runStart..<index])
      runStart = index + 1
      bytes.append(UInt8(ascii: "\\"))
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
      case 0x08: bytes.append(UInt8(ascii: "b"))
      case 0x09: bytes.append(UInt8(ascii: "t"))
      case 0x0A: bytes.append(UInt8(ascii: "n"))
      case 0x0C: bytes.append(UInt8(ascii: "f"))
      case 0x0D: bytes.append(UInt8(ascii: "r"))
      default:
        let high: UInt8 = byte >> 4
        let low = byte & 0xF
        bytes.append(contentsOf: [UInt8(ascii: "u"), 0x30, 0x30, 0x30 + high])
        bytes.append(low < 10 ? 0x30 + low : UInt8(ascii: "a") + low - 10)
      }
    }
    bytes.append(contentsOf: text[runStart...])
  }
}
