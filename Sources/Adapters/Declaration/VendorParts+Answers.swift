import Declarations
import Jobs
import Routing
import Wire

/// How answers, failures, webhooks and lists of models are read.
extension VendorParts {
  /// - Parameter base: holds for what the mapping does not say.
  func answer(_ fields: YAMLFields, over base: AnswerShape) -> AnswerShape {
    func places(_ key: String, _ inherited: [JSONPath]) -> [JSONPath] {
      let own = paths(fields, key)
      return fields.has(key) ? own : inherited
    }
    var answer = AnswerShape()
    answer.id = places("id", base.id)
    answer.statusURL = places("status_url", base.statusURL)
    answer.resultURL = places("result_url", base.resultURL)
    answer.cancelURL = places("cancel_url", base.cancelURL)
    answer.state = places("state", base.state)
    let states = fields.optionalObject("states").map(states)
    answer.states = states ?? base.states
    answer.signs = fields.optionalObjects("signs", kind: "sign").map { $0.map(sign) } ?? base.signs
    answer.progress = places("progress", base.progress)
    answer.cost = places("cost", base.cost)
    answer.costUnit = fields.optionalDouble("cost_unit", in: 1e-9...1e6) ?? base.costUnit
    answer.inputTokens = places("input_tokens", base.inputTokens)
    answer.outputTokens = places("output_tokens", base.outputTokens)
    answer.urls = places("urls", base.urls)
    answer.rewrites = fields.has("rewrite") ? templates(fields, "rewrite") : base.rewrites
    answer.base64 = places("base64", base.base64)
    answer.text = places("text", base.text)
    answer.vectors = places("vectors", base.vectors)
    answer.body = fields.optionalStrings("body", count: 1...16)?.map { Glob($0.text) } ?? base.body
    answer.contentType = fields.optionalString("content_type") ?? base.contentType
    answer.lifetime = span(fields, "lifetime") ?? base.lifetime
    return answer
  }

  /// `{at: /error, state: failed}`; without a place it holds always.
  private func sign(_ fields: YAMLFields) -> AnswerShape.StateSign {
    AnswerShape.StateSign(
      at: path(fields, "at"), meaning: fields.choice("state", StateMeaning.self) ?? .running)
  }

  /// `running: [processing]`: each word of the vendor's once.
  private func states(_ fields: YAMLFields) -> [AnswerShape.StateWord] {
    var words: [AnswerShape.StateWord] = []
    for meaning in StateMeaning.allCases {
      for (word, line) in fields.optionalStrings(meaning.rawValue) ?? [] {
        if words.contains(where: { $0.word == word }) {
          fields.fail(atLine: line, "the state '\(word)' stands twice in states")
        } else {
          words.append(AnswerShape.StateWord(word: word, meaning: meaning))
        }
      }
    }
    return words
  }

  // MARK: Failures

  /// What a file may call a failure: whether a submission is ambiguous, or the fault is ours, is not for it to say.
  private static let classes = FailureClass.allCases.filter { ![.ambiguous, .local, .keyGone].contains($0) }
    .map(
      \.rawValue)

  func failures(_ fields: YAMLFields) -> FailureRules {
    FailureRules(
      message: paths(fields, "message"), code: paths(fields, "code"),
      codeHeader: fields.optionalString("code_header"), retryPhrase: fields.optionalString("retry_phrase"),
      otherwise: fields.optionalChoice("otherwise", among: Self.classes).flatMap {
        FailureClass(rawValue: $0)
      }
        ?? .unknown,
      rules: (fields.optionalObjects("rules", kind: "rule") ?? []).map(rule))
  }

  private func rule(_ fields: YAMLFields) -> FailureRule {
    let rule = FailureRule(
      statuses: statuses(fields), codes: words(fields, "code").map { Glob($0) },
      phrases: words(fields, "message").map { $0.lowercased() }, at: path(fields, "at"),
      values: words(fields, "is"),
      failureClass: fields.choice("class", among: Self.classes).flatMap { FailureClass(rawValue: $0) }
        ?? .unknown,
      scope: fields.optionalChoice("scope", FailureTreatment.Scope.self))
    if rule.statuses.isEmpty, rule.codes.isEmpty, rule.phrases.isEmpty, rule.at == nil {
      fields.fail(atLine: fields.line, "rule needs at least one of status, code, message and at")
    }
    if rule.at == nil, fields.has("is") { fields.fail("is", "needs 'at', the place to look at") }
    return rule
  }

  /// `422`, `5xx`, or a list of such.
  private func statuses(_ fields: YAMLFields) -> [ClosedRange<Int>] {
    words(fields, "status").compactMap { text in
      if let status = Int(text), (200..<600).contains(status) { return status...status }
      if text.count == 3, text.hasSuffix("xx"), let hundreds = text.first?.wholeNumberValue,
        (2..<6).contains(hundreds)
      {
        return hundreds * 100...hundreds * 100 + 99
      }
      fields.fail("status", "must be an HTTP status such as 422 or 5xx, or a list of them, got '\(text)'")
      return nil
    }
  }

  /// One word, or a list of them.
  private func words(_ fields: YAMLFields, _ key: String) -> [String] {
    guard let value = fields.optionalJSON(key) else { return [] }
    let words = (value.arrayValue ?? [value]).compactMap(\.scalarText)
    if words.isEmpty { fields.fail(key, "must be a word or a list of words, got \(value.summary)") }
    return words
  }

  // MARK: Webhooks

  func webhook(_ fields: YAMLFields) -> WebhookShape {
    var shape = WebhookShape()
    shape.scheme = fields.choice("scheme", WebhookScheme.self) ?? .none
    shape.secrets = (fields.optionalStrings("secrets", count: 1...8) ?? []).compactMap { text, line in
      if VendorFile.isVariable(text) { return text }
      fields.fail(atLine: line, "'secrets' in webhook must name environment variables in capital letters")
      return nil
    }
    shape.header = fields.optionalString("header") ?? ""
    shape.prefix = fields.optionalString("prefix") ?? ""
    shape.separator = fields.optionalString("separator") ?? "."
    shape.keys = template(fields, "keys")
    shape.window = span(fields, "window") ?? .minutes(5)
    shape.id = paths(fields, "id")
    shape.deliveryHeader = fields.optionalString("delivery_header")
    shape.state = paths(fields, "state")
    shape.states = fields.optionalObject("states").map(states) ?? []
    shape.output = path(fields, "output") ?? .root
    check(shape, fields)
    return shape
  }

  private func check(_ shape: WebhookShape, _ fields: YAMLFields) {
    let isSigned = [.standardWebhooks, .hmacHex, .tV1].contains(shape.scheme)
    if isSigned, !fields.has("secrets") {
      fields.fail(
        "scheme", "\(shape.scheme.rawValue) needs 'secrets', the environment variables that hold them")
    }
    if [.hmacHex, .tV1, .ed25519JWKS].contains(shape.scheme), shape.header.isEmpty {
      fields.fail("scheme", "\(shape.scheme.rawValue) needs 'header', the signature's header")
    }
    if shape.scheme == .ed25519JWKS, !fields.has("keys") {
      fields.fail("scheme", "ed25519_jwks needs 'keys', the address of the public keys")
    }
    if shape.scheme != .none, shape.id.isEmpty {
      fields.fail("scheme", "needs 'id', the place of the job's id in the body")
    }
  }

  // MARK: Discovery

  func discovery(_ fields: YAMLFields) -> DiscoveryShape {
    let model = paths(fields, "model")
    if model.isEmpty {
      fields.fail(atLine: fields.line, "discovery needs 'model', the place of a model's name")
    }
    return DiscoveryShape(
      call: call(fields, "GET"), items: path(fields, "items") ?? .root, model: model,
      prefix: fields.optionalString("prefix") ?? "", title: paths(fields, "title"),
      inputTokens: paths(fields, "input_tokens"), capabilities: known(fields, required: false),
      kinds: (fields.optionalObjects("kinds", kind: "kind") ?? []).map { kind in
        DiscoveryShape.Kind(
          at: requiredPath(kind, "at"), glob: Glob(kind.string("is")),
          capabilities: known(kind, required: true))
      },
      prices: (fields.optionalObjects("prices", kind: "price") ?? []).map { price in
        DiscoveryShape.PriceRule(
          at: requiredPath(price, "at"), part: price.choice("is", PricePart.self) ?? .perRequest,
          factor: price.optionalDouble("times", in: 1e-9...1e9) ?? 1,
          capabilities: known(price, required: false))
      })
  }

  private func known(_ fields: YAMLFields, required: Bool) -> [Capability] {
    let count = 1...Capability.allCases.count
    let texts =
      required
      ? fields.strings("capabilities", count: count)
      : fields.optionalStrings("capabilities", count: count) ?? []
    return texts.compactMap { text, line in
      if let capability = Capability(name: text) { return capability }
      fields.fail(
        atLine: line, "unknown capability '\(text)' in \(fields.kind); allowed: \(Capability.listing)")
      return nil
    }
  }
}
