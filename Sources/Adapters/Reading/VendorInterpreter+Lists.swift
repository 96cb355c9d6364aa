import Jobs
import Routing
import Serving
import Wire

/// Answers to cancellations and inquiries, and lists of models.
extension VendorInterpreter {
  /// - Throws: when the answer tells nothing about the cancellation.
  func canceled(
    _ answer: VendorAnswer, _ operation: VendorOperation, at now: Instant
  ) throws(VendorFailure) -> CancelAnswer {
    if answer.isGood {
      guard let json = try? JSONValue.parse(answer.body), let word = operation.answer.state.text(in: json)
      else {
        return .requested
      }
      switch operation.answer.states.first(where: { $0.word == word })?.meaning {
      case .canceled, .expired: return .canceled
      case .succeeded, .failed, .moderated: return .alreadyEnded
      case .queued, .running, nil: return .requested
      }
    }
    let failure = failure(answer, at: now)
    if [404, 409, 410].contains(answer.status) { return .alreadyEnded }
    let text = String(decoding: answer.body.prefix(2_000), as: UTF8.self).lowercased()
    if answer.status < 500, ["already", "not running", "finished"].contains(where: { text.contains($0) }) {
      return .alreadyEnded
    }
    if [400, 405, 422].contains(answer.status) { return .refused }
    throw failure
  }

  /// Our job in the vendor's list; nil when it is not there.
  func listed(
    _ answer: VendorAnswer, _ list: ListShape, _ operation: VendorOperation, token: String, at now: Instant
  ) throws(VendorFailure) -> VendorJob? {
    guard answer.isGood else { throw failure(answer, at: now) }
    let items = list.items.value(in: try json(answer, .unknown))?.arrayValue ?? []
    for item in items {
      guard list.token.value(in: item)?.scalarText?.contains(token) == true,
        let id = operation.answer.id.text(in: item)
      else { continue }
      return job(id, item, operation.answer)
    }
    return nil
  }

  /// The vendor's list of models; what has no name is left out, and so is a name that stands there again.
  func models(
    _ answer: VendorAnswer, _ shape: DiscoveryShape, at now: Instant
  ) throws(VendorFailure) -> [DiscoveredModel] {
    guard answer.isGood else { throw failure(answer, at: now) }
    let root = try json(answer, .unknown)
    let items = shape.items.steps.isEmpty ? root.arrayValue : shape.items.value(in: root)?.arrayValue
    guard let items else {
      throw VendorFailure(
        .unknown, httpStatus: answer.status, message: "the vendor's list of models is not where it was")
    }
    var models: [DiscoveredModel] = []
    var names: Set<String> = []
    for item in items {
      let parts = shape.model.compactMap { $0.value(in: item)?.scalarText }
      let name = parts.joined(separator: "/")
      guard !name.isEmpty, parts.count == shape.model.count, names.insert(name).inserted else { continue }
      models.append(
        DiscoveredModel(
          model: name, title: shape.title.text(in: item), capabilities: capabilities(item, shape),
          price: price(item, shape),
          maximumInputTokens: shape.inputTokens.first(in: item)?.integerValue.flatMap { Int(exactly: $0) }))
    }
    return models
  }

  private func capabilities(_ item: JSONValue, _ shape: DiscoveryShape) -> [Capability] {
    let kind = shape.kinds.first { kind in
      kind.at.values(in: item).contains { $0.scalarText.map { kind.glob.matches($0) } ?? false }
    }
    return kind?.capabilities ?? []
  }

  private func price(_ item: JSONValue, _ shape: DiscoveryShape) -> Price? {
    func dollars(_ paths: [JSONPath]) -> Double? {
      let value = paths.first(in: item)
      let number = value?.doubleValue ?? value?.stringValue.flatMap { Double($0) }
      return number.flatMap { $0 >= 0 && $0.isFinite ? $0 * shape.priceUnit : nil }
    }
    guard let input = dollars(shape.inputPrice), let output = dollars(shape.outputPrice) else { return nil }
    var price = Price()
    price.perMillionInputTokens = input
    price.perMillionOutputTokens = output
    return price
  }
}
