extension FieldReader {
  // MARK: Objects

  /// A required object, read by `body` and closed after it: what `body` did not ask for is unknown.
  ///
  /// - Returns: what `body` made, which holds placeholders if the object had errors; nil when the field is
  ///   missing or no object.
  public mutating func object<T>(_ name: String, _ body: (inout FieldReader) -> T) -> T? {
    guard let value = required(name, "an object") else { return nil }
    return child(name, value, body)
  }

  public mutating func optionalObject<T>(_ name: String, _ body: (inout FieldReader) -> T) -> T? {
    guard let value = present(name) else { return nil }
    return child(name, value, body)
  }

  private mutating func child<T>(
    _ name: String, _ value: JSONValue, _ body: (inout FieldReader) -> T
  ) -> T? {
    guard case .object(let members) = value else {
      wrong(name, "an object", value)
      return nil
    }
    var reader = FieldReader(members: members, pointer: "")
    let result = body(&reader)
    reader.closeUnknown()
    if !reader.isClean { absorb(reader.errors, under: JSONPointer.step(name)) }
    return result
  }

  // MARK: Arrays

  /// A required array of objects, each read by `body`; empty when it is missing or wrong.
  public mutating func objects<T>(
    _ name: String, count: ClosedRange<Int> = 0...Int.max, _ body: (inout FieldReader) -> T
  ) -> [T] {
    guard let value = required(name, Self.arrayWanted("objects", count)) else { return [] }
    return children(name, value, count, body) ?? []
  }

  public mutating func optionalObjects<T>(
    _ name: String, count: ClosedRange<Int> = 0...Int.max, _ body: (inout FieldReader) -> T
  ) -> [T]? {
    present(name).flatMap { children(name, $0, count, body) }
  }

  private mutating func children<T>(
    _ name: String, _ value: JSONValue, _ count: ClosedRange<Int>, _ body: (inout FieldReader) -> T
  ) -> [T]? {
    elements(name, value, "objects", count) { reader, index, element in
      guard case .object(let members) = element else {
        reader.wrongElement(name, index, "an object", element)
        return nil
      }
      var inner = FieldReader(members: members, pointer: "")
      let result = body(&inner)
      inner.closeUnknown()
      if !inner.isClean {
        reader.absorb(inner.errors, under: JSONPointer.step(name) + JSONPointer.step(index))
      }
      return result
    }
  }

  /// A required array of strings, each of `length` Unicode scalars; empty when it is missing or wrong.
  public mutating func strings(
    _ name: String, count: ClosedRange<Int> = 0...Int.max, length: ClosedRange<Int> = 0...Int.max
  ) -> [String] {
    guard let value = required(name, Self.arrayWanted("strings", count)) else { return [] }
    return texts(name, value, count, length) ?? []
  }

  public mutating func optionalStrings(
    _ name: String, count: ClosedRange<Int> = 0...Int.max, length: ClosedRange<Int> = 0...Int.max
  ) -> [String]? {
    present(name).flatMap { texts(name, $0, count, length) }
  }

  private mutating func texts(
    _ name: String, _ value: JSONValue, _ count: ClosedRange<Int>, _ length: ClosedRange<Int>
  ) -> [String]? {
    elements(name, value, "strings", count) { reader, index, element in
      guard case .string(let text) = element else {
        reader.wrongElement(name, index, "a string", element)
        return nil
      }
      let scalars = text.unicodeScalars.count
      guard length.contains(scalars) else {
        let wanted =
          length.upperBound == .max
          ? "a string of at least \(length.lowerBound) characters"
          : "a string of \(length.lowerBound) to \(length.upperBound) characters"
        reader.wrongElement(name, index, wanted, element)
        return nil
      }
      return text
    }
  }

  /// A required array of numbers, each finite as binary32 (embeddings); empty when it is missing or wrong.
  public mutating func floats(_ name: String, count: ClosedRange<Int> = 0...Int.max) -> [Float] {
    guard let value = required(name, Self.arrayWanted("numbers", count)) else { return [] }
    return numbers(name, value, count) ?? []
  }

  public mutating func optionalFloats(
    _ name: String, count: ClosedRange<Int> = 0...Int.max
  ) -> [Float]? {
    present(name).flatMap { numbers(name, $0, count) }
  }

  private mutating func numbers(
    _ name: String, _ value: JSONValue, _ count: ClosedRange<Int>
  ) -> [Float]? {
    elements(name, value, "numbers", count) { reader, index, element in
      guard let number = element.doubleValue, Float(number).isFinite else {
        reader.wrongElement(name, index, "a finite 32-bit number", element)
        return nil
      }
      return Float(number)
    }
  }

  /// A required array of anything; empty when it is missing or wrong.
  public mutating func array(_ name: String, count: ClosedRange<Int> = 0...Int.max) -> [JSONValue] {
    guard let value = required(name, Self.arrayWanted("values", count)) else { return [] }
    return elements(name, value, "values", count) { _, _, element in element } ?? []
  }

  public mutating func optionalArray(
    _ name: String, count: ClosedRange<Int> = 0...Int.max
  ) -> [JSONValue]? {
    present(name).flatMap { elements(name, $0, "values", count) { _, _, element in element } }
  }

  /// An optional object of free names with string values, such as labels; in the order of the document.
  public mutating func optionalStringMap(
    _ name: String, count: ClosedRange<Int> = 0...Int.max
  ) -> [(name: String, value: String)]? {
    guard let value = present(name) else { return nil }
    guard case .object(let members) = value else {
      wrong(name, "an object with string values", value)
      return nil
    }
    guard count.contains(members.count) else {
      fail(name, "must have \(Self.countText(count)) members, got \(members.count)")
      return nil
    }
    var map: [(name: String, value: String)] = []
    map.reserveCapacity(members.count)
    for member in members {
      if case .string(let text) = member.value {
        map.append((member.name, text))
      } else {
        let place = JSONPointer.step(name) + JSONPointer.step(member.name)
        absorb(
          FieldErrors([FieldError(pointer: "", message: "must be a string, got \(member.value.summary)")]),
          under: place)
      }
    }
    return map
  }

  // MARK: Elements

  @inline(__always) private mutating func elements<T>(
    _ name: String, _ value: JSONValue, _ kind: String, _ count: ClosedRange<Int>,
    _ read: (inout FieldReader, Int, JSONValue) -> T?
  ) -> [T]? {
    guard case .array(let elements) = value else {
      wrong(name, Self.arrayWanted(kind, count), value)
      return nil
    }
    guard count.contains(elements.count) else {
      fail(name, "must be \(Self.arrayWanted(kind, count)), got \(elements.count)")
      return nil
    }
    var result: [T] = []
    result.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      if let item = read(&self, index, element) { result.append(item) }
    }
    return result
  }

  private mutating func wrongElement(_ name: String, _ index: Int, _ wanted: String, _ value: JSONValue) {
    absorb(
      FieldErrors([FieldError(pointer: "", message: "must be \(wanted), got \(value.summary)")]),
      under: JSONPointer.step(name) + JSONPointer.step(index))
  }

  private static func arrayWanted(_ kind: String, _ count: ClosedRange<Int>) -> String {
    if count == 0...Int.max { return "an array of \(kind)" }
    return "an array of \(Self.countText(count)) \(kind)"
  }

  private static func countText(_ count: ClosedRange<Int>) -> String {
    switch (count.lowerBound, count.upperBound) {
    case (let least, .max): "at least \(least)"
    case (let least, let most) where least == most: "\(least)"
    case (0, let most): "at most \(most)"
    case (let least, let most): "\(least) to \(most)"
    }
  }
}
