import Wire
import Yams

extension YAMLFields {
  // MARK: Text

  /// A required string that is not empty, quoted or not; "" when it is missing or wrong.
  public func string(_ name: String) -> String {
    guard let entry = required(name, "a string") else { return "" }
    return text(entry) ?? ""
  }

  public func optionalString(_ name: String) -> String? { present(name).flatMap { text($0) } }

  private func text(_ entry: Entry) -> String? {
    guard case .scalar(let scalar) = entry.value, !YAMLFields.isNull(entry.value) else {
      wrong(entry, "a string")
      return nil
    }
    guard !scalar.string.isEmpty else {
      wrong(entry, "a string that is not empty")
      return nil
    }
    return scalar.string
  }

  /// A required string that `parse` understands; nil when it is missing or wrong.
  ///
  /// - Parameter wanted: what it must be, such as `a date (2026-09-24)`.
  public func parsed<T>(_ name: String, as wanted: String, _ parse: (String) -> T?) -> T? {
    required(name, wanted).flatMap { convert($0, wanted, parse) }
  }

  public func optionalParsed<T>(_ name: String, as wanted: String, _ parse: (String) -> T?) -> T? {
    present(name).flatMap { convert($0, wanted, parse) }
  }

  private func convert<T>(_ entry: Entry, _ wanted: String, _ parse: (String) -> T?) -> T? {
    guard case .scalar(let scalar) = entry.value, !YAMLFields.isNull(entry.value),
      let result = parse(scalar.string)
    else {
      wrong(entry, wanted)
      return nil
    }
    return result
  }

  /// A required string out of a list; nil when it is missing or not on it.
  public func choice(_ name: String, among allowed: [String]) -> String? {
    required(name, oneOf(allowed)).flatMap { chosen($0, among: allowed) }
  }

  public func optionalChoice(_ name: String, among allowed: [String]) -> String? {
    present(name).flatMap { chosen($0, among: allowed) }
  }

  /// A required raw value of one of the cases; nil when it is missing or wrong.
  public func choice<T: RawRepresentable & CaseIterable>(_ name: String, _ type: T.Type = T.self) -> T?
  where T.RawValue == String {
    choice(name, among: T.allCases.map(\.rawValue)).flatMap(T.init(rawValue:))
  }

  public func optionalChoice<T: RawRepresentable & CaseIterable>(
    _ name: String, _ type: T.Type = T.self
  ) -> T? where T.RawValue == String {
    optionalChoice(name, among: T.allCases.map(\.rawValue)).flatMap(T.init(rawValue:))
  }

  private func chosen(_ entry: Entry, among allowed: [String]) -> String? {
    guard case .scalar(let scalar) = entry.value, allowed.contains(scalar.string) else {
      log.add(entry.line, "'\(entry.name)' in \(kind) " + notAllowed(entry.value, allowed))
      return nil
    }
    return scalar.string
  }

  private func oneOf(_ allowed: [String]) -> String { "one of " + allowed.joined(separator: ", ") }

  private func notAllowed(_ node: Node, _ allowed: [String]) -> String {
    var message = "must be \(oneOf(allowed)), got \(YAMLFields.summary(node))"
    if case .scalar(let scalar) = node,
      let near = NearestName.suggestion(for: scalar.string, among: allowed)
    {
      message += "; did you mean '\(near)'?"
    }
    return message
  }

  // MARK: Truth and numbers

  /// A required true or false; false when it is missing or wrong.
  public func bool(_ name: String) -> Bool {
    required(name, "true or false").flatMap { flag($0) } ?? false
  }

  public func optionalBool(_ name: String) -> Bool? { present(name).flatMap { flag($0) } }

  private func flag(_ entry: Entry) -> Bool? {
    if case .scalar(let scalar) = entry.value, scalar.style == .plain {
      if scalar.string == "true" { return true }
      if scalar.string == "false" { return false }
    }
    wrong(entry, "true or false")
    return nil
  }

  /// A required finite number inside `range`; some number of the range when it is missing or wrong.
  public func double(
    _ name: String, in range: some RangeExpression<Double> = -Double.infinity...Double.infinity
  ) -> Double {
    required(name, NumberRange.text("a number", range)).flatMap { number($0, range) }
      ?? NumberRange.placeholder(range)
  }

  public func optionalDouble(
    _ name: String, in range: some RangeExpression<Double> = -Double.infinity...Double.infinity
  ) -> Double? {
    present(name).flatMap { number($0, range) }
  }

  func number(_ entry: Entry, _ range: some RangeExpression<Double>) -> Double? {
    guard let value = YAMLFields.literal(entry.value)?.doubleValue, range.contains(value) else {
      wrong(entry, NumberRange.text("a number", range))
      return nil
    }
    return value
  }

  /// A required whole number inside `range`; some number of the range when it is missing or wrong.
  public func integer(
    _ name: String, in range: some RangeExpression<Int64> = Int64.min...Int64.max
  ) -> Int {
    Int(
      required(name, NumberRange.text("an integer", range)).flatMap { whole($0, range) }
        ?? NumberRange.placeholder(range))
  }

  public func optionalInteger(
    _ name: String, in range: some RangeExpression<Int64> = Int64.min...Int64.max
  ) -> Int? {
    present(name).flatMap { whole($0, range) }.map { Int($0) }
  }

  private func whole(_ entry: Entry, _ range: some RangeExpression<Int64>) -> Int64? {
    guard let value = YAMLFields.literal(entry.value)?.integerValue, range.contains(value) else {
      wrong(entry, NumberRange.text("an integer", range))
      return nil
    }
    return value
  }

  /// An unquoted scalar read as JSON; nil when it is none.
  private static func literal(_ node: Node) -> JSONValue? {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
    return try? JSONValue.parse(scalar.string)
  }

  // MARK: Mappings and lists

  /// A required mapping; nil when it is missing or wrong.
  public func object(_ name: String, kind: String? = nil) -> YAMLFields? {
    required(name, "a mapping").flatMap { mapping($0, kind ?? name) }
  }

  public func optionalObject(_ name: String, kind: String? = nil) -> YAMLFields? {
    present(name).flatMap { mapping($0, kind ?? name) }
  }

  private func mapping(_ entry: Entry, _ kind: String) -> YAMLFields? {
    guard case .mapping(let mapping) = entry.value else {
      wrong(entry, "a mapping")
      return nil
    }
    return child(mapping, kind: kind, line: entry.value.mark?.line ?? entry.line)
  }

  /// A required list of mappings; empty when it is missing or wrong.
  ///
  /// - Parameter kind: what one of them declares, for messages.
  public func objects(_ name: String, kind: String) -> [YAMLFields] {
    required(name, "a list of mappings").map { mappings($0, kind) } ?? []
  }

  public func optionalObjects(_ name: String, kind: String) -> [YAMLFields]? {
    present(name).map { mappings($0, kind) }
  }

  private func mappings(_ entry: Entry, _ kind: String) -> [YAMLFields] {
    elements(entry, "a list of mappings").compactMap { element in
      guard case .mapping(let mapping) = element.value else {
        log.add(element.line, "\(kind) must be a mapping, got \(YAMLFields.summary(element.value))")
        return nil
      }
      return child(mapping, kind: kind, line: element.line)
    }
  }

  /// A required list of strings with their lines; empty when it is missing or wrong.
  public func strings(
    _ name: String, count: ClosedRange<Int> = 0...Int.max
  ) -> [(text: String, line: Int)] {
    guard let entry = required(name, "a list of strings") else { return [] }
    let items = elements(entry, "a list of strings")
    if case .sequence = entry.value, !count.contains(items.count) {
      let wanted =
        count.upperBound == .max
        ? "at least \(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
      log.add(entry.line, "'\(name)' in \(kind) must be a list of \(wanted) strings, got \(items.count)")
    }
    return items.compactMap { element in
      guard case .scalar(let scalar) = element.value, !YAMLFields.isNull(element.value),
        !scalar.string.isEmpty
      else {
        log.add(
          element.line,
          "an element of '\(name)' in \(kind) must be a string that is not empty, got "
            + YAMLFields.summary(element.value))
        return nil
      }
      return (scalar.string, element.line)
    }
  }

  public func optionalStrings(
    _ name: String, count: ClosedRange<Int> = 0...Int.max
  ) -> [(text: String, line: Int)]? {
    present(name) == nil ? nil : strings(name, count: count)
  }

  /// An optional mapping of free names to numbers inside `range`, in the order of the file.
  public func optionalNumbers(
    _ name: String, in range: some RangeExpression<Double>
  ) -> [(name: String, value: Double, line: Int)]? {
    guard let fields = optionalObject(name) else { return nil }
    return fields.names.compactMap { name in
      fields.entry(name).flatMap { fields.number($0, range) }.map { (name, $0, fields.line(of: name)) }
    }
  }

  private func elements(_ entry: Entry, _ wanted: String) -> [(value: Node, line: Int)] {
    guard case .sequence(let sequence) = entry.value else {
      wrong(entry, wanted)
      return []
    }
    return sequence.map { ($0, $0.mark?.line ?? entry.line) }
  }
}
