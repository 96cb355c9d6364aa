/// When a fault strikes: at which vendor, which operation, and how often.
struct FaultRule: Sendable, Hashable {
  /// How a rule chooses among the calls that match it, counted from 1.
  enum Frequency: Sendable, Hashable {
    case probability(Double)
    case every(Int)
    case calls([Int])
  }

  /// nil is any of the kinds that can strike the call, each equally likely.
  var kind: FaultKind?
  var numbers: Fault
  /// nil is every vendor.
  var vendor: String?
  /// nil is every operation.
  var operation: CallKind?
  var frequency: Frequency

  func matches(_ vendor: String, _ operation: CallKind) -> Bool {
    guard self.vendor == nil || self.vendor == vendor else { return false }
    guard self.operation == nil || self.operation == operation else { return false }
    return kind?.strikes(operation) ?? true
  }

  /// The fault of the `count`-th matching call; nil when it is spared.
  ///
  /// - Parameter digest: of the seed and the rule's place in the list.
  func strike(count: Int, operation: CallKind, digest: Digest) -> Fault? {
    let draw = digest.adding(count)
    switch frequency {
    case .probability(let probability): if draw.unit >= probability { return nil }
    case .every(let period): if count % period != 0 { return nil }
    case .calls(let calls): if !calls.contains(count) { return nil }
    }
    if kind != nil { return numbers }
    let kinds = FaultKind.allCases.filter { $0.strikes(operation) }
    var fault = numbers
    fault.kind = kinds[draw.adding("kind").index(kinds.count)]
    return fault
  }
}

/// The rules in force and how often each was asked. A value: whoever asks owns the counting.
struct FaultPlan: Sendable {
  private(set) var rules: [FaultRule]
  private var counts: [Int]
  private let seed: UInt64

  init(_ rules: [FaultRule], seed: UInt64) {
    self.rules = rules
    self.seed = seed
    counts = rules.map { _ in 0 }
  }

  /// The fault of the next call, by the first rule that strikes; every matching rule before it counts the
  /// call.
  mutating func next(_ vendor: String, _ operation: CallKind) -> Fault? {
    for (place, rule) in rules.enumerated() where rule.matches(vendor, operation) {
      counts[place] += 1
      let digest = Digest(seed: seed).adding("fault").adding(place)
      if let fault = rule.strike(count: counts[place], operation: operation, digest: digest) { return fault }
    }
    return nil
  }
}
