import Serving
import Wire

/// How one field of a vendor's body comes from an order.
struct FieldRule: Hashable, Sendable {
  enum Source: Hashable, Sendable {
    /// A name of ``OrderValues``.
    case name(String)
    case template(Template)
  }

  enum Form: String, CaseIterable, Hashable, Sendable {
    case text, integer, number, list, file
  }

  /// In the body, below the place of all fields.
  var target: JSONPath
  var source: Source
  var form: Form?
  var isRequired = false
  /// When the order does not say.
  var fallback: JSONValue?
  /// Our value as text to the vendor's; another value is refused.
  var map: [JSONValue.Member] = []
  /// Sizes (`1024x1024`), ratios (`16:9`) or numbers that the vendor knows: the nearest one is sent.
  var nearest: [JSONValue] = []
  /// Values that the vendor knows; another one is refused.
  var oneOf: [JSONValue] = []
  var minimum: Double?
  var maximum: Double?
  /// Of text, in characters.
  var longest: Int?
  /// Whether it is sent only when the order says it, and not when it follows from something else.
  var isAsGiven = false

  /// The parameters of the input that it reads.
  var reads: [WorkParameter] { names.flatMap { OrderValues.parameters(behind: $0) } }

  /// The names of ``OrderValues`` that it reads.
  var names: [String] {
    switch source {
    case .name(let name): [name]
    case .template(let template): template.names
    }
  }

  /// The field's value; nil when the order does not say and nothing stands in.
  func value(of values: OrderValues) -> JSONValue? {
    guard let given = given(values) else { return fallback }
    var value = given
    if !map.isEmpty { value = map.first { $0.name == value.scalarText }?.value ?? value }
    if !nearest.isEmpty { value = nearest(to: value) ?? value }
    return formed(value)
  }

  private func given(_ values: OrderValues) -> JSONValue? {
    switch source {
    case .name(let name): isAsGiven ? values.given(name) : values.json(name)
    case .template(let template): template.filled { values.place($0) }.map { .string($0) }
    }
  }

  /// What is wrong with the order's value for this field; nil when nothing is.
  func fault(of values: OrderValues) -> String? {
    guard let given = given(values) else {
      return isRequired && fallback == nil ? "is required by this model" : nil
    }
    if !map.isEmpty, !map.contains(where: { $0.name == given.scalarText }) {
      return "must be one of " + map.map(\.name).joined(separator: ", ")
        + " for this model, got \(given.summary)"
    }
    if !oneOf.isEmpty, !oneOf.contains(where: { $0.scalarText == given.scalarText }) {
      let allowed = oneOf.compactMap(\.scalarText).joined(separator: ", ")
      return "must be one of \(allowed) for this model, got \(given.summary)"
    }
    if let number = given.doubleValue {
      if let minimum, number < minimum {
        return "must be at least \(minimum) for this model, got \(given.summary)"
      }
      if let maximum, number > maximum {
        return "must be at most \(maximum) for this model, got \(given.summary)"
      }
    }
    if let longest, let text = given.stringValue, text.count > longest {
      return "must have at most \(longest) characters for this model, got \(text.count)"
    }
    return nil
  }

  private func formed(_ value: JSONValue) -> JSONValue {
    switch form {
    case nil, .file: value
    case .text: value.scalarText.map { .string($0) } ?? value
    case .integer:
      (value.doubleValue ?? value.stringValue.flatMap { Double($0) }).flatMap {
        Int64(exactly: $0.rounded())
      }.map { .integer($0) } ?? value
    case .number: value.stringValue.flatMap { Double($0) }.map { .number($0) } ?? value
    case .list: value.arrayValue == nil ? .array([value]) : value
    }
  }

  // MARK: The nearest of some values

  /// By the ratio of their sides, then by area; plain numbers by distance. The first of equals wins.
  private func nearest(to value: JSONValue) -> JSONValue? {
    if let number = value.doubleValue {
      return nearest.min { distance($0.doubleValue, number) < distance($1.doubleValue, number) }
    }
    guard let sides = value.stringValue.flatMap(Sides.init) else { return nil }
    return nearest.compactMap { choice in choice.stringValue.flatMap(Sides.init).map { (choice, $0) } }
      .min { sides.distance(to: $0.1) < sides.distance(to: $1.1) }?.0
  }

  private func distance(_ choice: Double?, _ number: Double) -> Double {
    choice.map { abs($0 - number) } ?? .infinity
  }
}

/// The two numbers of `1024x768` or `4:3`.
struct Sides {
  let width: Double
  let height: Double

  init?(_ text: String) {
    let parts = text.split { $0 == "x" || $0 == ":" || $0 == "*" }
    guard parts.count == 2, let width = Double(parts[0]), let height = Double(parts[1]), width > 0, height > 0
    else {
      return nil
    }
    self.width = width
    self.height = height
  }

  /// How far the shapes are apart (the factor between the ratios), and then the areas.
  func distance(to other: Sides) -> (Double, Double) {
    func factor(_ a: Double, _ b: Double) -> Double { max(a, b) / min(a, b) }
    // A hundredth: 1366x768 is 16:9 to everybody but a computer.
    let shape = factor(width / height, other.width / other.height)
    return ((shape * 100).rounded(), factor(width * height, other.width * other.height))
  }
}
