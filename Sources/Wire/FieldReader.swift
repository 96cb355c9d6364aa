/// Reads the fields of one JSON object strictly, collecting every fault instead of stopping at the first.
///
///     var r = try FieldReader(value)
///     let capability = r.string("capability", length: 1...64)
///     let limits = r.optionalObject("constraints") { c in
///       Limits(maxCost: c.optionalDouble("max_cost_usd", in: 0...))
///     }
///     try r.finish()
///
/// A field that is wrong yields a placeholder (an empty string, the lowest number of the range, nil for an
/// optional one) and an error; the placeholder never reaches the caller's result because ``finish()`` throws
/// all the errors. Every member that was never asked for is an error as well. An optional field that is
/// null counts as absent. Members are found by a linear search that starts where the last one ended, so an
/// object read in its own order costs one comparison a field.
public struct FieldReader {
  let members: [JSONValue.Member]
  /// RFC 6901 pointer of this object in its document; errors inside are kept relative to it.
  let pointer: String
  private(set) var errors = FieldErrors()

  // Which members were asked for: bits for the first 64, a list for the rest.
  private var seen: UInt64 = 0
  private var seenBeyond: [Int] = []
  private var asked: [String] = []
  private var next = 0

  /// - Parameters:
  ///   - value: must be an object.
  ///   - pointer: where it stands in its document; empty for the document itself.
  /// - Throws: one error when the value is no object.
  public init(_ value: JSONValue, at pointer: String = "") throws(FieldErrors) {
    guard case .object(let members) = value else {
      throw FieldErrors([
        FieldError(pointer: pointer, message: "must be an object, got \(value.summary)")
      ])
    }
    self.init(members: members, pointer: pointer)
  }

  init(members: [JSONValue.Member], pointer: String) {
    self.members = members
    self.pointer = pointer
    asked.reserveCapacity(16)
  }

  /// Whether nothing was wrong so far; unknown fields are only found by ``finish()``.
  public var isClean: Bool { errors.isEmpty }

  /// Adds an error for every field never asked for, then throws all errors if there are any.
  public mutating func finish() throws(FieldErrors) {
    closeUnknown()
    guard errors.isEmpty else {
      var absolute = FieldErrors()
      absolute.absorb(errors, under: pointer)
      throw absolute
    }
  }

  /// Records that the field `name` is wrong in a way that only the caller can see.
  public mutating func fail(_ name: String, _ message: String) {
    errors.append(FieldError(pointer: JSONPointer.step(name), message: message))
  }

  /// Records that this object as a whole is wrong, such as two fields that exclude each other.
  public mutating func fail(_ message: String) {
    errors.append(FieldError(pointer: "", message: message))
  }

  /// Takes over errors found elsewhere about the part at `step` (see ``JSONPointer/step(_:)-(String)``).
  public mutating func absorb(_ part: FieldErrors, under step: String) {
    errors.absorb(part, under: step)
  }

  /// The names of all members, in order. Asking for the names does not read the fields.
  public var names: [String] { members.map(\.name) }

  /// Whether there is a member called `name` that is not null. Does not count as reading it.
  public func has(_ name: String) -> Bool {
    members.contains { $0.name == name && !$0.value.isNull }
  }

  // MARK: Finding

  /// The value called `name` as it is, null included; nil when there is none. Counts as reading the field.
  public mutating func json(_ name: String) -> JSONValue? {
    asked.append(name)
    let count = members.count
    var index = next
    for _ in 0..<count {
      if index >= count { index = 0 }
      if members[index].name == name {
        next = index + 1
        markSeen(index)
        return members[index].value
      }
      index += 1
    }
    return nil
  }

  /// The value called `name` unless absent or null.
  mutating func present(_ name: String) -> JSONValue? {
    guard let value = json(name), !value.isNull else { return nil }
    return value
  }

  /// The value called `name`; when there is none, an error that it is required.
  mutating func required(_ name: String, _ wanted: @autoclosure () -> String) -> JSONValue? {
    guard let value = json(name) else {
      fail(name, "is required (\(wanted()))")
      return nil
    }
    return value
  }

  mutating func wrong(_ name: String, _ wanted: String, _ value: JSONValue) {
    fail(name, "must be \(wanted), got \(value.summary)")
  }

  private mutating func markSeen(_ index: Int) {
    if index < 64 { seen |= 1 << UInt64(index) } else { seenBeyond.append(index) }
  }

  /// Adds the errors for the members never asked for; once.
  mutating func closeUnknown() {
    var known: [String] = []
    for index in members.indices {
      let isSeen = index < 64 ? seen >> UInt64(index) & 1 == 1 : seenBeyond.contains(index)
      if isSeen { continue }
      markSeen(index)
      if known.isEmpty { for name in asked where !known.contains(name) { known.append(name) } }
      let name = members[index].name
      let hint =
        NearestName.suggestion(for: name, among: known).map { "; did you mean \"\($0)\"?" }
        ?? (known.isEmpty ? "" : "; known: " + known.joined(separator: ", "))
      fail(name, "unknown field\(hint)")
    }
  }
}
