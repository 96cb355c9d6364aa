import Declarations
import Routing
import Testing
import World

@testable import Experiments

@Suite("Scenario files")
struct ScenarioFileTests {
  /// A small scenario with a place for more lines at its end (from line 19 on).
  static func text(_ more: String = "", policies: String = "[agentrank, random]") -> String {
    """
    version: 1
    scenario: small
    about: two models
    world:
      kind: synthetic
      dimension: 8
      intents: 40
      regions:
        - {id: x}
        - {id: y, rate: 2}
    candidates:
      - {id: b, cost_usd: 0.2, quality: 0.4}
      - {id: a, cost_usd: 0.1, qualities: {x: 0.9, y: 0.2}}
    decisions: 1000
    policies: \(policies)
    claims:
      - {says: it learns, measure: captured_gain, policy: agentrank, at_least: 0.1}
    regions: {source: given}

    """ + more
  }

  static func errors(_ text: String) -> [String] {
    do {
      _ = try Scenario.parse(text, file: "s.yaml")
      return []
    } catch {
      return error.errors.map(\.description)
    }
  }

  @Test("A whole scenario is read: candidates by id, percentages and defaults")
  func reading() throws {
    let scenario = try Scenario.parse(
      Self.text(
        """
        seeds: 3
        governance: {half_life: 3d, exploration_share: 0.1}
        variants:
          - {name: patient, policy: agentrank, governance: {half_life: 30d}}
        events:
          - {event: drift, course: sudden, best: 1, factor: 0.5, from: 50%}
          - {event: outage, candidate: a, from: 100, until: 200}
        """), file: "s.yaml")
    guard case .synthetic(let plan) = scenario.world else {
      Issue.record("not a synthetic world")
      return
    }
    #expect(plan.candidates.map(\.id) == ["a", "b"])
    #expect(plan.candidates[0].qualities == [0.9, 0.2])
    #expect(plan.candidates[1].qualities == [0.4, 0.4])
    // Weighted by rates: a (0.9 + 2 · 0.2)/3 = 0.433, b 0.4.
    #expect(plan.ranking == [0, 1])
    #expect(scenario.epochSize == 100 && scenario.seeds == 3)
    #expect(scenario.events.map(\.line) == [24, 25])
    let experiment = try Experiment(scenario, ExperimentOptions())
    #expect(experiment.contenders.map(\.name) == ["agentrank", "random", "patient"])
    #expect(experiment.setup.timeline.events.map(\.during) == [500..<1_000, 100..<200])
    #expect(experiment.contenders[2].governance.rules(for: nil).halfLife == .days(30))
    #expect(experiment.contenders[0].governance.rules(for: nil).halfLife == .days(3))
  }

  @Test(
    "A wrong line is named by its number and the reason",
    arguments: [
      ("epoch_sise: 5", "s.yaml:19: unknown key 'epoch_sise' in scenario", "did you mean 'epoch_size'?"),
      ("cost_weight: -1", "s.yaml:19: 'cost_weight' in scenario must be a number from 0 to 100", ""),
      ("passes: 2", "s.yaml:19: 'passes' in scenario does not go with 'decisions'", ""),
      ("governance: {half_lief: 3d}", "s.yaml:19:", "half_lief"),
      ("governance: {policy: ucb1}", "s.yaml:19:", "cannot be set in a scenario"),
      ("events: [{event: outrage, candidate: a}]", "s.yaml:19:", "did you mean 'outage'?"),
      (
        "events:\n  - {event: outage, candidate: aa, from: 1, until: 5}",
        "s.yaml:20: impossible event: there is no candidate 'aa' in this world", "did you mean 'a'?"
      ),
      (
        "events:\n  - {event: stall, from: 5, until: 10}\n  - {event: outage, candidate: a, from: 60%, until: 40%}",
        "s.yaml:21: impossible event: it ends (400) before it starts (600)", ""
      ),
      (
        "events: [{event: retirement, candidate: a, at: 1000}]",
        "s.yaml:19: impossible event: it begins at decision 1000, but the run has only 1000", ""
      ),
      (
        "events: [{event: drift, course: sudden, candidates: [a], regions: [z], factor: 2}]",
        "s.yaml:19: impossible event: there is no region or domain 'z' in this world", ""
      ),
      (
        "events: [{event: outage, candidate: a, from: 10, until: 20}, {event: retirement, candidate: b, at: 15}]",
        "s.yaml:19: impossible events: from decision 15 on no candidate is left to answer", ""
      ),
      (
        "events:\n  - {event: entrant, candidate: a, at: 50%}\n  - {event: retirement, candidate: a, at: 400}",
        "s.yaml:21: impossible event: 'a' is retired before it has entered", ""
      ),
      (
        "events:\n  - {event: entrant, candidate: a, at: 50%}\n  - {event: entrant, candidate: a, at: 60%}",
        "s.yaml:21: impossible event: 'a' has entered already", ""
      ),
      (
        "events: [{event: outage, candidate: a, share: 1, from: 2}]",
        "s.yaml:19: unknown key 'share' in event", ""
      ),
      ("events: [{event: burst, signals: 3}]", "s.yaml:19:", "must say 'until' when"),
      (
        "events: [{event: drift, course: linear, candidates: [a], factor: 2}]", "s.yaml:19:",
        "must say 'until' when"
      ),
      ("events: [{event: noise}]", "s.yaml:19:", "needs 'flip' or 'deviation'"),
      ("events: [{event: missing, share: 1.5}]", "s.yaml:19:", "must be a number from 0 to 1"),
      ("variants: [{name: x, policy: knn, width: 2}]", "s.yaml:19:", "goes with linucb and lints only"),
      ("variants: [{name: x, policy: agentrnk, governance: {}}]", "s.yaml:19:", "did you mean 'agentrank'?"),
    ])
  func wrong(more: String, start: String, part: String) throws {
    let errors = Self.errors(Self.text(more))
    let error = try #require(errors.first)
    #expect(error.hasPrefix(start), "\(error)")
    #expect(part.isEmpty || error.contains(part), "\(error)")
  }

  @Test("Claims must speak of those who take part, and decide by one bound")
  func claims() {
    func claim(_ text: String) -> [String] {
      Self.errors(
        Self.text().replacing(
          "- {says: it learns, measure: captured_gain, policy: agentrank, at_least: 0.1}", with: text))
    }
    #expect(
      claim("- {says: s, measure: regret, policy: ucb1, at_most: 0}").first?.contains(
        "'ucb1', which does not take part") == true)
    #expect(
      claim("- {says: s, measure: regret, policy: agentrank}").first?.contains(
        "s.yaml:17: a claim needs one of 'at_least' and 'at_most'") == true)
    #expect(
      claim("- {says: s, measure: regrets, policy: agentrank, at_most: 0}").first?.contains(
        "did you mean 'regret'?") == true)
    #expect(
      claim("- {says: s, measure: traffic_share, policy: agentrank, at_most: 0}").first?.contains(
        "needs a 'candidate'") == true)
    #expect(
      claim("- {says: s, measure: traffic_share, candidate: q, policy: agentrank, at_most: 0}").first?
        .contains(
          "'q', which is not declared") == true)
    #expect(
      Self.errors(Self.text(policies: "[agentrank, agentrank]")).first?.contains("'agentrank' twice") == true)
    #expect(
      Self.errors(Self.text(policies: "[agentrank, linusb]")).first?.contains("did you mean 'linucb'?")
        == true)
  }

  @Test("Candidates say one quality or one for each region, and there are two at least")
  func candidates() {
    func candidates(_ lines: String) -> [String] {
      Self.errors(
        Self.text().replacing("  - {id: b, cost_usd: 0.2, quality: 0.4}\n", with: lines))
    }
    #expect(candidates("").first?.contains("must be two at least") == true)
    #expect(candidates("  - {id: a, quality: 0.4}\n").first?.contains("'a' is declared twice") == true)
    #expect(candidates("  - {id: b}\n").first?.contains("needs one of 'quality'") == true)
    #expect(candidates("  - {id: b, qualities: {x: 0.4}}\n").first?.contains("lacks the region 'y'") == true)
    #expect(
      candidates("  - {id: b, qualities: {x: 0.4, y: 0.1, z: 1}}\n").first?.contains("no region 'z'") == true)
  }

  @Test(
    "Moments are decisions or percentages", arguments: [("0", 0), ("750", 750), ("50%", 500), ("12.5%", 125)])
  func moments(text: String, decision: Int) {
    #expect(Moment(text)?.decision(of: 1_000) == decision)
    #expect(["-1", "101%", "half", "1.5", ""].allSatisfy { Moment($0) == nil })
  }
}
