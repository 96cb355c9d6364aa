import Jobs
import Routing
import Serving
import Wire

/// A vendor's lists of its models: what each makes and costs, as far as the list tells, and nothing guessed.
extension VendorInterpreter {
  /// One list; what has no name is left out, and so is a name that stands there again.
  ///
  /// - Throws: when the answer is no list.
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
      guard let name = VendorInterpreter.name(of: item, shape), names.insert(name).inserted else { continue }
      let (capabilities, seen) = VendorInterpreter.capabilities(item, shape)
      var gaps: [DiscoveredModel.Gap] = capabilities.isEmpty ? [.capabilities(seen: seen)] : []
      var price: Price?
      switch VendorInterpreter.price(item, shape, capabilities) {
      case .known(let found): price = found
      case .unknown(let reason): gaps.append(.price(reason))
      }
      models.append(
        DiscoveredModel(
          model: name, title: shape.title.text(in: item), capabilities: capabilities, price: price,
          maximumInputTokens: shape.inputTokens.first(in: item)?.integerValue
            .flatMap { Int(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil },
          gaps: gaps))
    }
    return models
  }

  /// Several lists as one, in the order of first appearance: a model makes what any list says, and a gap that another
  /// list fills is none.
  static func merged(_ lists: [[DiscoveredModel]]) -> [DiscoveredModel] {
    var models: [DiscoveredModel] = []
    var places: [String: Int] = [:]
    for found in lists.joined() {
      guard let place = places[found.model] else {
        places[found.model] = models.count
        models.append(found)
        continue
      }
      var model = models[place]
      model.title = model.title ?? found.title
      model.capabilities = Set(model.capabilities + found.capabilities).sorted()
      model.price = model.price ?? found.price
      model.maximumInputTokens = model.maximumInputTokens ?? found.maximumInputTokens
      for gap in found.gaps where !model.gaps.contains(gap) { model.gaps.append(gap) }
      model.gaps.removeAll { gap in
        switch gap {
        case .capabilities: !model.capabilities.isEmpty
        case .price: model.price != nil
        }
      }
      models[place] = model
    }
    return models
  }

  // MARK: Parts

  private static func name(of item: JSONValue, _ shape: DiscoveryShape) -> String? {
    let parts = shape.model.compactMap { $0.value(in: item)?.scalarText }
    guard parts.count == shape.model.count else { return nil }
    var name = parts.joined(separator: "/")
    if name.hasPrefix(shape.prefix) { name.removeFirst(shape.prefix.count) }
    return name.isEmpty ? nil : name
  }

  /// - Returns: beside the capabilities the vendor's own words for what it makes, should none be known.
  private static func capabilities(
    _ item: JSONValue, _ shape: DiscoveryShape
  ) -> (known: [Capability], seen: [String]) {
    let kind = shape.kinds.first { kind in
      kind.at.values(in: item).contains { $0.scalarText.map { kind.glob.matches($0) } ?? false }
    }
    let known = Set(shape.capabilities + (kind?.capabilities ?? [])).sorted()
    guard known.isEmpty else { return (known, []) }
    var seen: [String] = []
    for text in shape.kinds.flatMap({ $0.at.values(in: item) }).compactMap(\.scalarText)
    where !seen.contains(text) {
      seen.append(text)
    }
    return ([], seen)
  }

  private enum Finding {
    case known(Price)
    case unknown(String)
  }

  private static func price(
    _ item: JSONValue, _ shape: DiscoveryShape, _ capabilities: [Capability]
  ) -> Finding {
    guard !shape.prices.isEmpty else { return .unknown("the list states no prices") }
    let rules = shape.prices.filter { rule in
      rule.capabilities.isEmpty || rule.capabilities.contains { capabilities.contains($0) }
    }
    guard !rules.isEmpty else { return .unknown("the list states no price for what it makes") }
    var price = Price()
    var reasons: [String] = []
    for rule in rules {
      let value = rule.at.value(in: item)
      let number = value?.doubleValue ?? value?.stringValue.flatMap { Double($0) }
      // A thousand million dollars for anything is a slip of the vendor's.
      if let dollars = number.map({ $0 * rule.factor }), (0...1e9).contains(dollars) {
        // In decimals, as it was written: 0.00000015 dollars a token are 0.15 a million.
        price[rule.part] += (dollars * 1e9).rounded() / 1e9
      } else if let value {
        reasons.append("its \(rule.part.rawValue) is \(value.summary)")
      } else if rule.part != .perRequest {
        // A fee for each request is the exception: who says nothing of it takes none.
        reasons.append("the list does not state its \(rule.part.rawValue)")
      }
    }
    return reasons.isEmpty ? .known(price) : .unknown(reasons.joined(separator: ", "))
  }
}
