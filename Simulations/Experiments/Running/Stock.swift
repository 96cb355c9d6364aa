import Routing
import World

/// The catalogue that an operator would keep of a world: who serves, at what price, with what prior.
struct Stock {
  private let world: any WorldModel
  private let capability: Capability
  private let meanCosts: [Double?]
  private var conditions: Conditions?
  private var hasBeenListed: [Bool]
  private(set) var catalogue = Versioned(version: 0, value: Catalogue.empty)

  static let provider = "simulated"

  init(_ setup: Setup) {
    world = setup.world
    capability = setup.capability
    meanCosts = setup.world.candidates.indices.map { setup.world.meanCost(of: $0) }
    hasBeenListed = Array(repeating: false, count: world.candidates.count)
  }

  /// Brings the catalogue up to what the conditions of the moment say; a new version only where it changes.
  mutating func take(_ now: Conditions) {
    let isSame = conditions.map {
      $0.isListed == now.isListed && $0.priceFactors == now.priceFactors && $0.priors == now.priors
    }
    conditions = now
    if isSame == true { return }
    var candidates: [Candidate] = []
    for (index, id) in world.candidates.enumerated() {
      if now.isListed[index] { hasBeenListed[index] = true }
      guard hasBeenListed[index] else { continue }
      var candidate = Candidate(id: id, provider: Stock.provider, model: id, capabilities: [capability])
      candidate.prior = now.priors[index]
      if let cost = meanCosts[index] {
        var price = Price()
        price.perRequest = cost * now.priceFactors[index]
        candidate.price = price
      }
      if !now.isListed[index] { candidate.lifecycle = Lifecycle(stage: .retired) }
      candidates.append(candidate)
    }
    let provider = Provider(id: Stock.provider, name: "Simulated", kind: .local)
    // What a scenario or a table may declare is what a catalogue may hold; ``Experiment`` refuses the rest.
    guard let value = try? Catalogue(providers: [provider], candidates: candidates) else { return }
    catalogue = Versioned(version: catalogue.version + 1, value: value)
  }
}
