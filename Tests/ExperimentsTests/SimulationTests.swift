import Foundation
import Routing
import Testing
import Vectors
import World

@testable import Experiments

@Suite("Runs")
struct SimulationTests {
  /// One run of a policy in the small scenario with more lines.
  static func run(
    _ more: String = "", policy: String = "agentrank", seed: UInt64 = 1
  ) throws -> (run: RunResult, simulation: Simulation) {
    let scenario = try Scenario.parse(
      ScenarioFileTests.text(more, policies: "[agentrank, thompson, ucb1, round_robin, random]"),
      file: "s.yaml")
    let experiment = try Experiment(
      scenario, ExperimentOptions(policies: [policy], seeds: 1, buckets: 200))
    var simulation = Simulation(
      experiment.setup, experiment.contenders[0], seed: seed, course: RegionCourse(experiment.setup))
    let run = try simulation.run { _ in }
    return (run, simulation)
  }

  static func traffic(_ run: RunResult, _ candidate: Int, _ decisions: Range<Int>) -> Int {
    run.buckets.filter { decisions.contains($0.start) }.reduce(0) { $0 + $1.traffic[candidate] }
  }

  @Test("Choosing evenly earns what the truth says: (0.9 + 0.4)/2 in x, (0.2 + 0.4)/2 in y")
  func uniform() throws {
    let run = try Self.run(policy: "random").run
    let decisions = run.buckets.reduce(0) { $0 + $1.decisions }
    #expect(decisions == 1_000)
    #expect(run.buckets.count == 200)
    // x comes a third of the time: 0.65/3 + 0.3·2/3 = 0.41667; best 0.9/3 + 0.4·2/3 = 0.56667.
    let uniform = run.buckets.reduce(0) { $0 + $1.uniform } / 1_000
    let best = run.buckets.reduce(0) { $0 + $1.best } / 1_000
    // Five standard errors of the share of x (0.0149) times the differences 0.35 and 0.5.
    #expect((uniform - 0.41667).magnitude < 0.0261)
    #expect((best - 0.56667).magnitude < 0.0373)
    let served = run.buckets.reduce(0) { $0 + $1.traffic[0] }
    #expect((served - 500).magnitude < 80)
    // a costs 0.1 and b 0.2.
    let cost = run.buckets.reduce(0) { $0 + $1.cost }
    #expect((cost - (0.1 * Double(served) + 0.2 * Double(1_000 - served))).magnitude < 1e-9)
  }

  @Test("At the end the snapshot keeps every invariant, and has seen as much as was said")
  func sound() throws {
    for policy in ["agentrank", "thompson", "ucb1", "round_robin"] {
      let simulation = try Self.run(policy: policy).simulation
      #expect(simulation.snapshot.check() == [])
      #expect(simulation.snapshot.epoch == 10)
      let knowledge = simulation.snapshot[.textGeneration]
      let observed = (0..<2).reduce(0.0) { $0 + knowledge.cells[knowledge.rootRow * 2 + $1].observations }
      // A thousand, discounted by less than a thousandth per epoch.
      #expect(observed > 995 && observed <= 1_000)
    }
  }

  @Test(
    "The first epoch's decisions are those of the production path: place, table, draw by the decision's id")
  func production() throws {
    for policy in ["agentrank", "thompson", "ucb1"] {
      let scenario = try Scenario.parse(
        ScenarioFileTests.text(policies: "[agentrank, thompson, ucb1]"), file: "s.yaml")
      let experiment = try Experiment(
        scenario, ExperimentOptions(policies: [policy], seeds: 1, buckets: 10))
      var simulation = Simulation(
        experiment.setup, experiment.contenders[0], seed: 6, course: RegionCourse(experiment.setup))
      let tables = TableCache(simulation.snapshot)
      let world = experiment.setup.world
      var arrivals = Arrivals(world, kind: .drawn, seed: 6)
      var chosen = [0, 0]
      for decision in 0..<100 {
        let intent = arrivals.intent(of: decision, rates: [1, 2])
        let embedding = Array(world.embeddings.row(intent))
        let answer = try tables.decide(
          Intent(capability: .textGeneration), tables.snapshot.map.place(embedding, .textGeneration),
          id: simulation.identifier(decision), at: simulation.instant(of: decision))
        chosen[Int(answer.decision.chosen)] += 1
      }
      let run = try simulation.run { _ in }
      #expect(run.buckets[0].traffic == chosen)
      #expect(run.buckets[0].decisions == 100)
    }
  }

  /// One region over both kinds of intents, so that only their own directions tell x from y.
  private static func heard(decisions: Int, _ more: String = "") throws -> (
    run: RunResult, simulation: Simulation
  ) {
    let text = ScenarioFileTests.text("governance: {novelty_floor: -1, change_threshold: 1000000\(more)}")
      .replacing("{source: given}", with: "{source: fitted, count: 1}")
    let experiment = try Experiment(
      try Scenario.parse(text, file: "s.yaml"),
      ExperimentOptions(policies: ["agentrank"], seeds: 1, decisions: decisions, buckets: decisions / 100))
    var simulation = Simulation(
      experiment.setup, experiment.contenders[0], seed: 3, course: RegionCourse(experiment.setup))
    let run = try simulation.run { _ in }
    return (run, simulation)
  }

  @Test("Where intents are heard one by one, an epoch's decisions are those of the production path, too")
  func heardIntents() throws {
    let tables = TableCache(try Self.heard(decisions: 900).simulation.snapshot)
    let (run, simulation) = try Self.heard(decisions: 1_000)
    let setup = simulation.setup
    #expect(tables.snapshot[.textGeneration].scorer != nil)
    var arrivals = Arrivals(setup.world, kind: .drawn, seed: 3)
    var chosen = [0, 0]
    var preferred: Set<UInt32?> = []
    for decision in 0..<1_000 {
      let intent = arrivals.intent(of: decision, rates: [1, 2])
      guard decision >= 900 else { continue }
      let embedding = Array(setup.world.embeddings.row(intent))
      let place = tables.snapshot.map.place(embedding, .textGeneration)
      let answer = try tables.decide(
        Intent(capability: .textGeneration), place,
        direction: tables.snapshot.direction(of: embedding, row: place.row, .textGeneration),
        id: simulation.identifier(decision), at: simulation.instant(of: decision))
      chosen[Int(answer.decision.chosen)] += 1
      preferred.insert(answer.decision.preferred)
    }
    #expect(run.buckets[9].traffic == chosen)
    #expect(preferred.count == 2, "some prefer the region's first, some the other")
  }

  @Test(
    "One region over two kinds of intents: heard one by one they earn more than 95 % of the best, else three quarters"
  )
  func hearing() throws {
    // The last half: a for x, b for y; 0.9/3 + 0.4·2/3 = 0.567 a decision at best, 0.433 for who is right for one kind.
    func share(_ more: String) throws -> Double {
      let buckets = try Self.heard(decisions: 4_000, more).run.buckets.suffix(20)
      return buckets.reduce(0) { $0 + $1.reward } / buckets.reduce(0) { $0 + $1.best }
    }
    #expect(try share("") > 0.95)
    #expect(try share(", residual_weight: 0") < 0.8)
  }

  @Test("In an outage the candidate serves nobody, its work falls to the other, and all is answered")
  func outage() throws {
    let run = try Self.run("events: [{event: outage, candidate: a, from: 300, until: 600}]", policy: "random")
      .run
    #expect(Self.traffic(run, 0, 300..<600) == 0)
    #expect(Self.traffic(run, 1, 300..<600) == 300)
    #expect(Self.traffic(run, 0, 600..<1_000) > 100)
    #expect(run.buckets.allSatisfy { $0.unserved == 0 })
    // While a is away, b is all there is to choose from.
    #expect(run.buckets[60].uniform == run.buckets[60].reward)
  }

  @Test("A retired candidate is closed from the next epoch on and serves nobody from its decision on")
  func retirement() throws {
    let (run, simulation) = try Self.run(
      "events: [{event: retirement, candidate: a, at: 450}]", policy: "random")
    #expect(Self.traffic(run, 0, 450..<1_000) == 0)
    #expect(simulation.snapshot[.textGeneration].roster.closed.map { $0?.reason } == ["retired", nil])
  }

  @Test("An entrant serves from the epoch after its coming, with its prior")
  func entrant() throws {
    let (run, simulation) = try Self.run(
      "events: [{event: entrant, candidate: a, at: 500, prior: {quality: 0.7, mass: 20}}]", policy: "random")
    #expect(Self.traffic(run, 0, 0..<500) == 0)
    #expect(Self.traffic(run, 0, 500..<1_000) > 150)
    #expect(
      simulation.snapshot[.textGeneration].roster.candidates[0].prior == Prior(quality: 0.7, mass: 20))
    #expect(run.buckets[10].potential[0] == 0)
  }

  @Test("A price counts from its decision on, and the catalogue says so from the next epoch on")
  func price() throws {
    let (run, simulation) = try Self.run(
      "events: [{event: price, candidate: b, factor: 3, at: 500}]", policy: "round_robin")
    // Each in turn: 250 decisions of each half are b's, at 0.2 and then at 0.6; a's 500 cost 0.1.
    #expect((run.buckets.reduce(0) { $0 + $1.cost } - (50 + 50 + 150)).magnitude < 1e-6)
    let price = try #require(simulation.snapshot[.textGeneration].roster.candidates[1].price)
    #expect((price.perRequest - 0.6).magnitude < 1e-12)
  }

  @Test("A sudden drift changes what everybody would have brought, from its decision on")
  func drift() throws {
    let run = try Self.run(
      "events: [{event: drift, course: sudden, candidates: [b], factor: 0.5, from: 500}]"
    ).run
    #expect(
      run.buckets[..<100].allSatisfy { ($0.potential[1] - 0.4 * Double($0.decisions)).magnitude < 1e-9 })
    #expect(
      run.buckets[100...].allSatisfy { ($0.potential[1] - 0.2 * Double($0.decisions)).magnitude < 1e-9 })
  }

  @Test("Arrivals follow a changed rate: with rate 0 no intent of y comes")
  func arrival() throws {
    let run = try Self.run("events: [{event: arrival, region: y, rate: 0, from: 75%}]", policy: "random").run
    #expect(run.lastQuarterTraffic[2] + run.lastQuarterTraffic[3] == 0)
    #expect(run.lastQuarterTraffic.reduce(0, +) == 250)
  }

  @Test("While the clock stands still no epoch closes")
  func stall() throws {
    // Epochs would end at 100, 200, … 1,000; those at 300, 400 and 500 do not.
    #expect(try Self.run("events: [{event: stall, from: 300, until: 600}]").run.epochs == 7)
    #expect(try Self.run().run.epochs == 10)
  }

  @Test("Missing feedback leaves nothing to learn from")
  func missing() throws {
    let simulation = try Self.run("events: [{event: missing, share: 1}]").simulation
    #expect(simulation.snapshot[.textGeneration].cells.allSatisfy { $0.observations == 0 })
  }

  @Test("Feedback that is 250 decisions late counts in the epoch in which it arrives")
  func delay() throws {
    let simulation = try Self.run("events: [{event: delay, distribution: constant, decisions: 250}]")
      .simulation
    let masses = simulation.snapshot.history.map { epoch in
      epoch.sums.filter { $0.cell.row == 2 }.reduce(0) { $0 + $1.mass }
    }
    // Decision d arrives during decision d + 250: the third epoch (200…299) has those of 0…49.
    #expect(masses == [0, 0, 50, 100, 100, 100, 100, 100, 100, 100])
  }

  @Test("A burst of five signals a decision is one observation a decision, all in one epoch")
  func burst() throws {
    let simulation = try Self.run("events: [{event: burst, signals: 5, from: 100, until: 400}]").simulation
    let masses = simulation.snapshot.history.map { epoch in
      epoch.sums.filter { $0.cell.row == 2 }.reduce(0) { $0 + $1.mass }
    }
    for (found, expected) in zip(masses, [100.0, 0, 0, 0, 400, 100, 100, 100, 100, 100]) {
      #expect((found - expected).magnitude < 1e-6)
    }
  }

  @Test("One rater who writes everything about a candidate is held to a fifth of the evidence there")
  func ring() throws {
    let more = """
      feedback: {raters: 1000}
      epoch_size: 500
      regions: {source: none}
      events: [{event: ring, raters: 1, share: 0.5, lifts: [b], sinks: []}]
      """
    let text = ScenarioFileTests.text(more, policies: "[round_robin]").replacing(
      "regions: {source: given}\n", with: ""
    ).replacing("policy: agentrank", with: "policy: round_robin")
    let experiment = try Experiment(try Scenario.parse(text, file: "s.yaml"), ExperimentOptions(seeds: 1))
    var simulation = Simulation(
      experiment.setup, experiment.contenders[0], seed: 1, course: RegionCourse(experiment.setup))
    _ = try simulation.run { _ in }
    let first = try #require(simulation.snapshot.history.first)
    // Of b's 250 observations about 125 are the rater's; they count as 0.2 · 250 = 50.
    let sum = try #require(first.sums.last)
    let honest = sum.mass - 50
    #expect((honest - 125).magnitude < 40)
    #expect(sum.sum >= 50)
  }

  @Test("Regions are learned as they come: at 500 distinct intents, and the past is counted again")
  func learned() throws {
    let text = ScenarioFileTests.text(
      "regions: {source: learned}\ngovernance: {learned_regions: 4, learned_regions_from: 10}"
    ).replacing("regions: {source: given}\n", with: "")
    let experiment = try Experiment(
      try Scenario.parse(text, file: "s.yaml"), ExperimentOptions(policies: ["agentrank"], seeds: 1))
    var simulation = Simulation(
      experiment.setup, experiment.contenders[0], seed: 1, course: RegionCourse(experiment.setup))
    let run = try simulation.run { _ in }
    let map = simulation.snapshot.map
    let intents = try #require(map.plan.mean(of: .textGeneration)).intents
    let rules = experiment.contenders[0].governance.rules(for: nil)
    // Four would do for ten intents; there were more.
    #expect(map.regions(of: .textGeneration).count > 4)
    #expect(
      map.regions(of: .textGeneration).count == RegionFitting.regionsWanted(intents: intents, rules))
    #expect(simulation.snapshot.check() == [])
    #expect(Set(run.posteriors.map(\.region)).contains("text_generation/04"))
    let knowledge = simulation.snapshot[.textGeneration]
    let regional = knowledge.cells.prefix(knowledge.rootRow * 2).reduce(0) { $0 + $1.observations }
    let root = knowledge.cells.suffix(2).reduce(0) { $0 + $1.observations }
    // Everything since the first decision lies in some region or, by the novelty floor, in the root alone.
    #expect(root > 990 && regional > 0.9 * root && regional <= root + 1e-9)
  }

  @Test("The best single candidate in hindsight is the one with the largest sum of true qualities")
  func hindsight() throws {
    let scenario = try Scenario.parse(
      ScenarioFileTests.text(policies: "[agentrank, best_single]"), file: "s.yaml")
    let experiment = try Experiment(scenario, ExperimentOptions())
    // a brings 0.9/3 + 0.4/3 = 0.433 a decision, b 0.4.
    #expect(Hindsight(experiment.setup, seed: 1).order == ["a", "b"])
    var simulation = Simulation(
      experiment.setup, experiment.contenders[1], seed: 1, course: RegionCourse(experiment.setup))
    let run = try simulation.run { _ in }
    #expect(run.bestSingle == 0)
    #expect(run.buckets.allSatisfy { $0.traffic[1] == 0 && $0.explored == 0 })
  }
}
