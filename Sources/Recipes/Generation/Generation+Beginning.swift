import Jobs
import Routing
public import Wire

/// Which steps begin, and with what.
extension Generation {
  /// Begins every step whose inputs are there, or ends when nothing is left to do.
  ///
  /// - Returns: the jobs that are to be submitted.
  mutating func advance(at now: Instant) -> [ElementPlace] {
    var ready: [(step: Int, count: Int)] = []
    // A step that is left out may let others begin.
    var goesOn = true
    while goesOn, ending == nil {
      goesOn = false
      for step in recipe.steps.indices where steps[step].state == .waiting && isReady(step) {
        do throws(TemplateFault) {
          if let unless = recipe.steps[step].unless, try scope().fill(.string(unless)) != nil {
            steps[step].state = .skipped
            goesOn = true
            continue
          }
          let items = try self.items(of: step)
          for element in 0..<(items?.count ?? 1) {
            _ = try filled(ElementPlace(step: step, element: element), items)
          }
          ready.append((step, items?.count ?? 1))
          steps[step].state = .running
        } catch {
          fail(
            GenerationFailure(step: recipe.steps[step].name, code: .invalidRequest, message: error.message),
            at: now)
          break
        }
      }
    }
    // One that has failed lets none begin.
    guard ending == nil else {
      for (step, _) in ready where steps[step].elements.isEmpty { steps[step].state = .stopped }
      return []
    }
    let begun = begin(ready, at: now)
    if steps.allSatisfy(\.state.isOver) {
      end(verdict.map { $0.isAccepted } ?? true ? .succeeded : .rejected, at: now)
    }
    return begun
  }

  private func isReady(_ step: Int) -> Bool {
    // A review looks at the result, whatever it names.
    let judged = recipe.steps[step].review == nil ? [] : [recipe.steps[recipe.result].name]
    return (recipe.steps[step].needs + judged).allSatisfy { name in
      recipe.steps.firstIndex { $0.name == name }.map { steps[$0].state.isOver } ?? false
    }
  }

  /// What is free of the budget is shared by those that begin now, in equal parts; what one of them does not spend is
  /// free again.
  private mutating func begin(_ ready: [(step: Int, count: Int)], at now: Instant) -> [ElementPlace] {
    let count = ready.reduce(0) { $0 + $1.count }
    guard count > 0 else { return [] }
    let held = running.reduce(Money.zero) { $0 + (self[$1].allowance ?? .zero) }
    let share = terms.budget.map { budget in
      Money(micros: max(0, (budget - cost - held).micros) / Int64(count))
    }
    var begun: [ElementPlace] = []
    for (step, count) in ready {
      for element in 0..<count {
        let place = ElementPlace(step: step, element: element)
        steps[step].elements.append(Element(job: job(at: place, now), began: now, allowance: share))
        begun.append(place)
      }
    }
    return begun
  }

  /// The same for the same place, and in the order of time. The random bits are those of the generation, mixed with the
  /// place by a permutation (Steele, Lea and Flood 2014, splitmix64), so that two places never have the same.
  private func job(at place: ElementPlace, _ now: Instant) -> Identifier {
    let salt = UInt64(place.step) << 32 | UInt64(place.element)
    return Identifier(
      at: now, random: Generation.mixed(id.high ^ salt), Generation.mixed(id.low &+ Generation.mixed(salt)))
  }

  private static func mixed(_ word: UInt64) -> UInt64 {
    var z = word &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  // MARK: Inputs

  /// What a job is given, made from the request and from earlier results: the same whenever asked.
  public struct Work: Hashable, Sendable {
    /// Nil to say what the input says.
    public var intent: String?
    public var input: JSONValue
  }

  public func work(at place: ElementPlace) throws(TemplateFault) -> Work {
    try filled(place, try items(of: place.step))
  }

  private func filled(_ place: ElementPlace, _ items: [JSONValue]?) throws(TemplateFault) -> Work {
    let step = recipe.steps[place.step]
    let scope = scope(item: items?[place.element], place: items == nil ? nil : place.element)
    let intent = try step.intent.flatMap { text throws(TemplateFault) in
      try scope.fill(.string(text))?.stringValue
    }
    return Work(
      intent: intent.flatMap { $0.isEmpty ? nil : $0 }, input: try scope.fill(step.input) ?? .object([]))
  }

  /// The list of a step; nil for one without.
  private func items(of step: Int) throws(TemplateFault) -> [JSONValue]? {
    guard let list = recipe.steps[step].forEach else { return nil }
    let value = try scope().fill(.string(list.list)) ?? .null
    let items: [JSONValue]
    if let split = list.split {
      guard let text = value.stringValue else {
        throw TemplateFault("\(list.list) is to be split and must be a text, got \(value.summary)")
      }
      items = split.parts(of: text).map { .string($0) }
    } else if let elements = value.arrayValue {
      items = elements
    } else {
      throw TemplateFault("\(list.list) must be a list, got \(value.summary)")
    }
    guard !items.isEmpty else { throw TemplateFault("\(list.list) is empty: there is nothing to do") }
    guard items.count <= list.most else {
      throw TemplateFault("\(list.list) has \(items.count) elements, and the step takes at most \(list.most)")
    }
    return items
  }

  private func scope(item: JSONValue? = nil, place: Int? = nil) -> Scope {
    var results: [String: JSONValue] = [:]
    for step in recipe.steps.indices { results[recipe.steps[step].name] = result(of: step) }
    return Scope(request: request, intent: intent, results: results, item: item, place: place)
  }

  /// What a step has made; nil unless it has succeeded. Of a step with a list `{"each", "texts", "urls"}`, each in the
  /// list's order.
  public func result(of step: Int) -> JSONValue? {
    guard steps[step].state == .succeeded else { return nil }
    let results = steps[step].elements.map { $0.result ?? .object([]) }
    guard recipe.steps[step].forEach == nil else {
      return [
        "each": .array(results), "texts": .array(results.map { $0["text"] ?? .null }),
        "urls": .array(results.map { $0["url"] ?? .null }),
      ]
    }
    guard recipe.steps[step].review != nil, let verdict else { return results.first }
    return .object(
      (results.first?.members ?? []) + [
        .init("score", .number(verdict.score)),
        .init("reason", verdict.reason.map { .string($0) } ?? .null),
      ])
  }
}
