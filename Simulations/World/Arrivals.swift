import Statistics

/// Which intent each decision is about.
///
/// A table is played in passes, each in an order of its own, as long as all rates are 1; otherwise, and in a synthetic
/// world, each decision draws a group by the rates of the moment and then one of its intents. (Rates of a table are per
/// intent: at equal rates a large domain comes oftener.)
public struct Arrivals: Sendable {
  public enum Kind: Sendable {
    /// Every intent once a pass; under uneven rates drawn, a group by rate × its intents.
    case passes
    /// A group by rate, then one of its intents.
    case drawn
  }

  private let seed: UInt64
  private let kind: Kind
  private let members: [[Int32]]
  private let intents: Int
  private var order: [Int32] = []
  private var pass = -1
  private var rates: [Double] = []
  private var groups: AliasTable?

  public init(_ world: some WorldModel, kind: Kind, seed: UInt64) {
    self.seed = seed
    self.kind = kind
    intents = world.intentCount
    var members = [[Int32]](repeating: [], count: world.groups.count)
    for (intent, group) in world.groupOfIntent.enumerated() { members[group].append(Int32(intent)) }
    self.members = members
  }

  /// The intent of a decision, under the rates of the moment. Decisions must be asked for in order only in so far as
  /// another pass costs another shuffle.
  public mutating func intent(of decision: Int, rates: [Double]) -> Int {
    if rates != self.rates { settle(rates) }
    if groups == nil {
      if decision / intents != pass { shuffle(decision / intents) }
      return Int(order[decision % intents])
    }
    var generator = Chance.arrival.generator(seed: seed, index: UInt64(decision))
    let group = groups!.draw(using: &generator)
    let place = generator.next().multipliedFullWidth(by: UInt64(members[group].count)).high
    return Int(members[group][Int(place)])
  }

  private mutating func settle(_ rates: [Double]) {
    self.rates = rates
    switch kind {
    case .passes where rates.allSatisfy({ $0 == rates.first }): groups = nil
    case .passes:
      groups = AliasTable(probabilities: zip(rates, members).map { $0 * Double($1.count) })
    case .drawn:
      groups = AliasTable(probabilities: zip(rates, members).map { $1.isEmpty ? 0 : $0 })
    }
  }

  /// Fisher & Yates, from the stream of the pass.
  private mutating func shuffle(_ pass: Int) {
    self.pass = pass
    var generator = Chance.order.generator(seed: seed, index: UInt64(pass))
    order = (0..<Int32(intents)).map { $0 }
    for last in stride(from: intents - 1, to: 0, by: -1) {
      let other = Int(generator.next().multipliedFullWidth(by: UInt64(last + 1)).high)
      order.swapAt(last, other)
    }
  }
}
