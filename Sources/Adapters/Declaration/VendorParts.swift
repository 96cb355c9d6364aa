import Declarations
import Jobs
import Routing
import Wire

/// Reads the nested mappings of a vendor's declaration.
struct VendorParts {
  /// The names of the vendor's addresses.
  let bases: [String]
  /// The names of what else of the account is in the environment.
  var variables: [String] = []

  /// What holds for every operation that does not say otherwise.
  struct Shared {
    var answer: AnswerShape
    var status: CallShape?
    var result: CallShape?
    var cancel: CallShape?
    var list: ListShape?
  }

  /// What a template may name besides the values of an order.
  static let jobNames = ["credential", "id", "status_url", "result_url", "cancel_url"]

  // MARK: Operations

  func operation(_ fields: YAMLFields, _ shared: Shared) -> VendorOperation {
    let isImmediate = fields.optionalBool("immediate") ?? false
    let contract = fields.optionalObject("contract")
    let floor = contract.flatMap { span($0, "poll_floor") } ?? .seconds(1)
    let operation = VendorOperation(
      name: fields.string("name"),
      capabilities: capabilities(fields),
      models: (fields.optionalStrings("models", count: 1...1_000) ?? [("*", 0)]).map { Glob($0.text) },
      submitLimit: contract.flatMap { span($0, "submit_limit") } ?? .seconds(isImmediate ? 120 : 10),
      attemptLimit: contract.flatMap { span($0, "attempt_limit") },
      pollFloor: floor,
      pollCeiling: contract.flatMap { span($0, "poll_ceiling") } ?? max(floor, .seconds(30)),
      honoursToken: contract?.optionalBool("honours_token") ?? false,
      webhookWindow: contract.flatMap { span($0, "webhook_window") },
      submit: fields.object("submit").map { call($0, "POST") } ?? VendorParts.nothing,
      answer: fields.optionalObject("answer").map { answer($0, over: shared.answer) } ?? shared.answer,
      status: isImmediate ? nil : fields.optionalObject("status").map { call($0, "GET") } ?? shared.status,
      result: isImmediate ? nil : fields.optionalObject("result").map { call($0, "GET") } ?? shared.result,
      cancel: isImmediate ? nil : fields.optionalObject("cancel").map { call($0, "POST") } ?? shared.cancel,
      list: isImmediate ? nil : fields.optionalObject("list").map { list($0) } ?? shared.list,
      stream: fields.optionalObject("stream").map { stream($0) })
    check(operation, fields, isImmediate: isImmediate)
    return operation
  }

  /// An operation that could never end is a slip.
  private func check(_ operation: VendorOperation, _ fields: YAMLFields, isImmediate: Bool) {
    let answer = operation.answer
    let hasOutput =
      !(answer.urls + answer.base64 + answer.text + answer.vectors).isEmpty || !answer.body.isEmpty
    if !hasOutput {
      fields.fail(
        atLine: fields.line,
        "operation '\(operation.name)' says nowhere what the work is: its answer needs urls, base64, text, vectors or body"
      )
    }
    guard !isImmediate else { return }
    if operation.status == nil {
      fields.fail(
        atLine: fields.line,
        "operation '\(operation.name)' needs a status call, or 'immediate: true' when its answer is the finished work"
      )
    }
    if answer.id.isEmpty {
      fields.fail(atLine: fields.line, "operation '\(operation.name)' needs 'id' in its answer")
    }
    let meanings = answer.states.map(\.meaning)
    let lacksStates =
      answer.state.isEmpty || !meanings.contains(.succeeded) || !meanings.contains(.failed)
    if lacksStates, answer.signs.isEmpty {
      fields.fail(
        atLine: fields.line,
        "operation '\(operation.name)' needs 'state' and 'states' with at least succeeded and failed in its answer, or 'signs'"
      )
    }
  }

  private func capabilities(_ fields: YAMLFields) -> [Capability] {
    fields.strings("capabilities", count: 1...Capability.allCases.count).compactMap { text, line in
      guard let capability = Capability(name: text) else {
        let near = NearestName.suggestion(for: text, among: Capability.names)
        fields.fail(
          atLine: line,
          "unknown capability '\(text)' in operation"
            + (near.map { "; did you mean '\($0)'?" } ?? "; allowed: " + Capability.listing))
        return nil
      }
      return capability
    }
  }

  func span(_ fields: YAMLFields, _ key: String) -> Span? {
    fields.optionalParsed(key, as: "a span such as 500ms, 10s or 5m") { text in
      Span(text).flatMap { $0 > .seconds(0) ? $0 : nil }
    }
  }

  // MARK: Calls

  /// Stands for a call that is missing, which is an error already.
  private static let nothing = CallShape(
    method: "GET", urls: [], query: [], headers: [], body: .none, under: .root, fields: [], fixed: [])

  func call(_ fields: YAMLFields, _ method: String) -> CallShape {
    let method =
      fields.optionalChoice("method", among: ["GET", "POST", "PUT", "DELETE", "PATCH"]) ?? method
    let urls: [Template]
    if let alternatives = fields.optionalObject("url_first_of") {
      urls = alternatives.names.flatMap { [template(alternatives, $0)] }.compactMap { $0 }
    } else {
      urls = template(fields, "url", isRequired: true).map { [$0] } ?? []
    }
    let mapped = fields.optionalObject("fields").map(fieldRules) ?? []
    let fixed =
      fixed(fields, "set")
      + fixed(fields, "set_for_webhook").map {
        CallShape.FixedPart(place: $0.place, value: $0.value, isForWebhook: true)
      }
    let hasBody = !mapped.isEmpty || !fixed.isEmpty || method == "POST"
    return CallShape(
      method: method, urls: urls, query: templates(fields, "query"), headers: templates(fields, "headers"),
      body: fields.optionalChoice("body", CallShape.Body.self)
        ?? (hasBody && method != "GET" ? .json : .none),
      under: path(fields, "under") ?? .root, vendorUnder: path(fields, "vendor_under"), fields: mapped,
      fixed: fixed)
  }

  func fixed(_ fields: YAMLFields, _ key: String) -> [CallShape.FixedPart] {
    guard let parts = fields.optionalObject(key) else { return [] }
    return parts.rest().compactMap { name, value, line in
      check(value, in: parts, line)
      return target(name).map { CallShape.FixedPart(place: $0, value: value) }
    }
  }

  func target(_ name: String) -> JSONPath? { name.hasPrefix("/") ? JSONPath(name) : JSONPath(steps: [name]) }

  private func check(_ value: JSONValue, in fields: YAMLFields, _ line: Int) {
    switch value {
    case .string(let text): _ = checked(text, fields, line)
    case .array(let elements): for element in elements { check(element, in: fields, line) }
    case .object(let members): for member in members { check(member.value, in: fields, line) }
    default: break
    }
  }

  func list(_ fields: YAMLFields) -> ListShape {
    ListShape(
      call: call(fields, "GET"), items: path(fields, "items") ?? .root,
      token: requiredPath(fields, "token"))
  }

  func stream(_ fields: YAMLFields) -> StreamShape {
    StreamShape(
      fixed: fixed(fields, "set"), text: paths(fields, "text"), finish: paths(fields, "finish"),
      end: fields.optionalString("end") ?? "[DONE]")
  }

  // MARK: Templates and paths

  func templates(_ fields: YAMLFields, _ key: String) -> [NamedTemplate] {
    guard let named = fields.optionalObject(key) else { return [] }
    return named.names.compactMap { name in
      template(named, name, isRequired: true).map { NamedTemplate(name: name, template: $0) }
    }
  }

  func template(_ fields: YAMLFields, _ key: String, isRequired: Bool = false) -> Template? {
    let text = isRequired ? fields.string(key) : fields.optionalString(key)
    guard let text, !text.isEmpty else { return nil }
    return checked(text, fields, fields.line(of: key))
  }

  func checked(_ text: String, _ fields: YAMLFields, _ line: Int) -> Template? {
    guard let template = Template(text) else {
      fields.fail(atLine: line, "'\(text)' in \(fields.kind) has a brace without a partner or without a name")
      return nil
    }
    let known = bases + variables + VendorParts.jobNames + OrderValues.names
    for name in template.names where !known.contains(name) {
      let near = NearestName.suggestion(for: name, among: known)
      fields.fail(
        atLine: line,
        "unknown place '{\(name)}' in \(fields.kind)"
          + (near.map { "; did you mean '{\($0)}'?" } ?? "; known: " + known.joined(separator: ", ")))
    }
    return template
  }

  func path(_ fields: YAMLFields, _ key: String) -> JSONPath? {
    fields.optionalParsed(key, as: "a JSON pointer such as /data/0/url") { JSONPath($0) }
  }

  func requiredPath(_ fields: YAMLFields, _ key: String) -> JSONPath {
    fields.parsed(key, as: "a JSON pointer such as /data/0/url") { JSONPath($0) } ?? .root
  }

  /// One pointer, or a list of them of which the first that leads to something counts.
  func paths(_ fields: YAMLFields, _ key: String) -> [JSONPath] {
    let value = fields.optionalJSON(key)
    let texts: [JSONValue] = value?.arrayValue ?? (value.map { [$0] } ?? [])
    return texts.compactMap { text in
      guard let path = text.stringValue.flatMap({ JSONPath($0) }) else {
        fields.fail(key, "must be a JSON pointer such as /data/0/url, or a list of them, got \(text.summary)")
        return nil
      }
      return path
    }
  }
}
