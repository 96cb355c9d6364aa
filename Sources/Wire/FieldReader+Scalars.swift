extension FieldReader {
  // MARK: Text

  /// A required string of `length` Unicode scalars; "" when it is missing or wrong.
  public mutating func string(_ name: String, length: ClosedRange<Int> = 0...Int.max) -> String {
    guard let value = required(name, Self.textWanted(length)) else { return "" }
    return text(name, value, length) ?? ""
  }

  public mutating func optionalString(
    _ name: String, length: ClosedRange<Int> = 0...Int.max
  ) -> String? {
    present(name).flatMap { text(name, $0, length) }
  }

  private mutating func text(_ name: String, _ value: JSONValue, _ length: ClosedRange<Int>) -> String? {
    guard case .string(let text) = value else {
      wrong(name, Self.textWanted(length), value)
      return nil
    }
    // The byte count bounds the scalar count from above and, divided by four, from below: only a text near
    // the limits is counted.
    let bytes = text.utf8.count
    if bytes > length.upperBound || (bytes + 3) / 4 < length.lowerBound {
      let scalars = text.unicodeScalars.count
      guard length.contains(scalars) else {
        fail(name, "must be \(Self.textWanted(length)), got one of \(scalars)")
        return nil
      }
    }
    return text
  }

  private static func textWanted(_ length: ClosedRange<Int>) -> String {
    switch (length.lowerBound, length.upperBound) {
    case (0, .max): "a string"
    case (1, .max): "a string that is not empty"
    case (0, let most): "a string of at most \(most) characters"
    case (let least, .max): "a string of at least \(least) characters"
    case (let least, let most): "a string of \(least) to \(most) characters"
    }
  }

  // MARK: Parsed and enumerated

  /// A required string that `parse` understands; nil when it is missing or wrong.
  ///
  /// - Parameter wanted: what it must be, such as `a decision id`.
  public mutating func parsed<T>(_ name: String, as wanted: String, _ parse: (String) -> T?) -> T? {
    guard let value = required(name, wanted) else { return nil }
    return convert(name, wanted, value, parse)
  }

  public mutating func optionalParsed<T>(
    _ name: String, as wanted: String, _ parse: (String) -> T?
  ) -> T? {
    present(name).flatMap { convert(name, wanted, $0, parse) }
  }

  private mutating func convert<T>(
    _ name: String, _ wanted: String, _ value: JSONValue, _ parse: (String) -> T?
  ) -> T? {
    guard case .string(let text) = value, let result = parse(text) else {
      wrong(name, wanted, value)
      return nil
    }
    return result
  }

  /// A required string that is the raw value of one of the cases; nil when it is missing or wrong.
  public mutating func choice<T: RawRepresentable & CaseIterable>(
    _ name: String, _ type: T.Type = T.self
  ) -> T? where T.RawValue == String {
    guard let value = required(name, Self.choiceWanted(type)) else { return nil }
    return chosen(name, value, type)
  }

  public mutating func optionalChoice<T: RawRepresentable & CaseIterable>(
    _ name: String, _ type: T.Type = T.self
  ) -> T? where T.RawValue == String {
    present(name).flatMap { chosen(name, $0, type) }
  }

  private mutating func chosen<T: RawRepresentable & CaseIterable>(
    _ name: String, _ value: JSONValue, _ type: T.Type
  ) -> T? where T.RawValue == String {
    if case .string(let text) = value {
      if let result = T(rawValue: text) { return result }
      if let near = NearestName.suggestion(for: text, among: T.allCases.map(\.rawValue)) {
        fail(name, "must be \(Self.choiceWanted(type)), got \(value.summary); did you mean \"\(near)\"?")
        return nil
      }
    }
    wrong(name, Self.choiceWanted(type), value)
    return nil
  }

  private static func choiceWanted<T: RawRepresentable & CaseIterable>(_ type: T.Type) -> String
  where T.RawValue == String {
    "one of " + T.allCases.map { $0.rawValue }.joined(separator: ", ")
  }

  // MARK: Truth

  /// A required true or false; false when it is missing or wrong.
  public mutating func bool(_ name: String) -> Bool {
    guard let value = required(name, "true or false") else { return false }
    return flag(name, value) ?? false
  }

  public mutating func optionalBool(_ name: String) -> Bool? {
    present(name).flatMap { flag(name, $0) }
  }

  private mutating func flag(_ name: String, _ value: JSONValue) -> Bool? {
    if case .bool(let flag) = value { return flag }
    wrong(name, "true or false", value)
    return nil
  }

  // MARK: Numbers

  /// A required finite number inside `range`; some number of the range when
  /// it is missing or wrong.
  public mutating func double(
    _ name: String, in range: some RangeExpression<Double> = -Double.infinity...Double.infinity
  ) -> Double {
    guard let value = required(name, NumberRange.text("a number", range)) else {
      return NumberRange.placeholder(range)
    }
    return number(name, value, range) ?? NumberRange.placeholder(range)
  }

  public mutating func optionalDouble(
    _ name: String, in range: some RangeExpression<Double> = -Double.infinity...Double.infinity
  ) -> Double? {
    present(name).flatMap { number(name, $0, range) }
  }

  private mutating func number(
    _ name: String, _ value: JSONValue, _ range: some RangeExpression<Double>
  ) -> Double? {
    guard let number = value.doubleValue, number.isFinite, range.contains(number) else {
      wrong(name, NumberRange.text("a number", range), value)
      return nil
    }
    return number
  }

  /// A required whole number inside `range`; some number of the range when it
  /// is missing or wrong. `1.0` and `1e3` are whole.
  public mutating func integer(
    _ name: String, in range: some RangeExpression<Int64> = Int64.min...Int64.max
  ) -> Int64 {
    guard let value = required(name, NumberRange.text("an integer", range)) else {
      return NumberRange.placeholder(range)
    }
    return whole(name, value, range) ?? NumberRange.placeholder(range)
  }

  public mutating func optionalInteger(
    _ name: String, in range: some RangeExpression<Int64> = Int64.min...Int64.max
  ) -> Int64? {
    present(name).flatMap { whole(name, $0, range) }
  }

  private mutating func whole(
    _ name: String, _ value: JSONValue, _ range: some RangeExpression<Int64>
  ) -> Int64? {
    guard let integer = value.integerValue, range.contains(integer) else {
      wrong(name, NumberRange.text("an integer", range), value)
      return nil
    }
    return integer
  }
}

/// Ranges in words, as error messages name them.
public enum NumberRange {
  /// `a number ≥ 0`, `an integer from 1 to 4`; the kind alone for a range without bounds.
  public static func text<Bound: Numeric & Comparable & LosslessStringConvertible>(
    _ kind: String, _ range: some RangeExpression<Bound>
  ) -> String {
    switch range {
    case let range as ClosedRange<Bound>:
      if isUnbounded(range) { return kind }
      return "\(kind) from \(short(range.lowerBound)) to \(short(range.upperBound))"
    case let range as Range<Bound>:
      return "\(kind) ≥ \(short(range.lowerBound)) and < \(short(range.upperBound))"
    case let range as PartialRangeFrom<Bound>: return "\(kind) ≥ \(short(range.lowerBound))"
    case let range as PartialRangeThrough<Bound>: return "\(kind) ≤ \(short(range.upperBound))"
    case let range as PartialRangeUpTo<Bound>: return "\(kind) < \(short(range.upperBound))"
    default: return "\(kind) in \(range)"
    }
  }

  /// Some number of the range: 0 where it may be, else a bound.
  public static func placeholder<Bound: Numeric & Comparable>(_ range: some RangeExpression<Bound>) -> Bound {
    if range.contains(0) { return 0 }
    switch range {
    case let range as ClosedRange<Bound>: return range.lowerBound
    case let range as Range<Bound>: return range.lowerBound
    case let range as PartialRangeFrom<Bound>: return range.lowerBound
    case let range as PartialRangeThrough<Bound>: return range.upperBound
    default: return 0
    }
  }

  private static func isUnbounded<Bound>(_ range: ClosedRange<Bound>) -> Bool {
    switch range {
    case let range as ClosedRange<Double>: range == -Double.infinity...Double.infinity
    case let range as ClosedRange<Int64>: range == Int64.min...Int64.max
    default: false
    }
  }

  /// `0` rather than `0.0`.
  private static func short<Bound: LosslessStringConvertible>(_ bound: Bound) -> String {
    let text = bound.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
