public import Wire

/// What references are looked up in while a step's input is made.
public struct Scope: Hashable, Sendable {
  public var request: JSONValue
  public var intent: String?
  /// What steps that are over have made, by their names; those that were skipped are missing.
  public var results: [String: JSONValue]
  public var item: JSONValue?
  /// The place of the item, from 0.
  public var place: Int?

  public init(
    request: JSONValue, intent: String? = nil, results: [String: JSONValue] = [:], item: JSONValue? = nil,
    place: Int? = nil
  ) {
    self.request = request
    self.intent = intent
    self.results = results
    self.item = item
    self.place = place
  }

  /// The value of a path; nil when there is none, and null is none.
  func value(_ path: ReferencePath) -> JSONValue? {
    let root: JSONValue? =
      switch path.root {
      case .request: request
      case .step(let name): results[name]
      case .intent: intent.map { .string($0) }
      case .item: item
      case .index: place.map { .integer(Int64($0 + 1)) }
      }
    let value = path.segments.reduce(root) { value, segment in
      switch segment {
      case .name(let name): value?[name]
      case .place(let place): value?[place]
      case .current: place.flatMap { value?[$0] }
      }
    }
    return value == .null ? nil : value
  }

  func value(_ reference: Reference) throws(TemplateFault) -> JSONValue? {
    for path in reference.paths { if let value = value(path) { return value } }
    guard reference.isOptional else {
      let names = reference.paths.map { "{\($0)}" }.joined(separator: " nor ")
      throw TemplateFault("\(reference.paths.count > 1 ? "neither " : "")\(names) has a value")
    }
    return nil
  }

  // MARK: Filling

  /// A value with every reference in it replaced. A text that is one reference and nothing else becomes its value, of
  /// whatever kind; in a longer text a list is written line by line. Members and elements without a value are left out.
  ///
  /// - Returns: nil when the whole is without a value.
  /// - Throws: a reference that may not be missing and is.
  public func fill(_ value: JSONValue) throws(TemplateFault) -> JSONValue? {
    switch value {
    case .string(let text):
      let template = try Template(text)
      if let only = template.only { return try self.value(only) }
      return .string(try filled(template))
    case .array(let elements):
      var filled: [JSONValue] = []
      for element in elements { if let value = try fill(element) { filled.append(value) } }
      return .array(filled)
    case .object(let members):
      var filled: [JSONValue.Member] = []
      for member in members {
        if let value = try fill(member.value) { filled.append(.init(member.name, value)) }
      }
      return .object(filled)
    case .null, .bool, .integer, .number: return value
    }
  }

  private func filled(_ template: Template) throws(TemplateFault) -> String {
    var text = ""
    for part in template.parts {
      switch part {
      case .text(let literal): text += literal
      case .reference(let reference): text += try value(reference).map(Scope.text) ?? ""
      }
    }
    return text
  }

  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .array(let elements) where elements.allSatisfy { $0.stringValue != nil }:
      elements.compactMap(\.stringValue).joined(separator: "\n")
    case .null: ""
    default: String(decoding: value.serialized(), as: UTF8.self)
    }
  }
}
