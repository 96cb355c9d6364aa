import Declarations
import Routing
import Wire
import World

extension Scenario {
  /// What can be checked before a table is known; told to the fields.
  func check(_ root: YAMLFields) {
    for policy in policies where !PolicyName.all.contains(policy) {
      let near =
        NearestName.suggestion(for: policy, among: PolicyName.all).map { "; did you mean '\($0)'?" } ?? ""
      root.fail(
        "policies",
        "names '\(policy)', which is no policy; allowed: \(PolicyName.all.joined(separator: ", "))\(near)")
    }
    let names = policies + variants.map(\.name)
    for (place, name) in names.enumerated() where names[..<place].contains(name) {
      root.fail("policies", "and variants have the name '\(name)' twice")
    }
    for claim in claims {
      for name in [claim.policy] + (claim.against.map { [$0] } ?? []) where !names.contains(name) {
        root.fail("claims", "speak of the policy '\(name)', which does not take part")
      }
    }
    guard case .synthetic(let plan) = world, case .decisions(let length) = length else {
      if case .synthetic = world {
        root.fail("passes", "goes with a table; a synthetic world needs 'decisions'")
      }
      if case .table = world, case .given = regions {
        root.fail("regions", "are given, which needs a synthetic world")
      }
      return
    }
    let faults = resolve(
      candidates: plan.candidates.map(\.id), groups: plan.regions.map(\.id), ranking: plan.ranking,
      start: plan.start, length: length
    ).faults
    for fault in faults { root.fail(atLine: fault.line, fault.message) }
    for case .trafficShare(let candidate) in claims.map(\.measure)
    where !plan.candidates.contains(where: { $0.id == candidate }) {
      root.fail("claims", "speak of the candidate '\(candidate)', which is not declared")
    }
  }

  /// The timeline of the scenario's events in a world, or all that is impossible in it.
  func resolve(
    candidates: [String], groups: [String], ranking: [Int], start: Conditions, length: Int
  ) -> (timeline: Timeline, faults: [DeclarationError]) {
    var faults: [DeclarationError] = []
    let resolved = events.compactMap { event in
      event.resolved(candidates: candidates, groups: groups, ranking: ranking, length: length) {
        faults.append(DeclarationError(file: file, line: event.line, message: "impossible event: \($0)"))
      }
    }
    faults += comingsAndGoings(candidates: candidates, length: length)
    var start = start
    start.feedback.raters = raters
    let timeline = Timeline(start: start, events: resolved, length: length)
    if faults.isEmpty, let gap = timeline.emptiness {
      let line = events.map(\.line).first ?? 0
      faults.append(
        DeclarationError(
          file: file, line: line, message: "impossible events: from decision \(gap.decision) on \(gap.reason)"
        ))
    }
    return (timeline, faults)
  }
}

extension Scenario {
  /// Candidates that come or go twice, or go before they come.
  private func comingsAndGoings(candidates: [String], length: Int) -> [DeclarationError] {
    func fault(_ event: EventLine, _ message: String) -> DeclarationError {
      DeclarationError(file: file, line: event.line, message: "impossible event: \(message)")
    }
    return candidates.flatMap { candidate -> [DeclarationError] in
      let entries = events.filter { if case .entrant(candidate, _) = $0.kind { true } else { false } }
      let exits = events.filter { $0.kind == .retirement(candidate: candidate) }
      var faults = entries.dropFirst().map { fault($0, "'\(candidate)' has entered already") }
      faults += exits.dropFirst().map { fault($0, "'\(candidate)' is retired already") }
      if let entry = entries.first, let exit = exits.first,
        exit.from.decision(of: length) <= entry.from.decision(of: length)
      {
        faults.append(fault(exit, "'\(candidate)' is retired before it has entered"))
      }
      return faults
    }
  }
}

extension Scenario.SyntheticPlan {
  /// Candidates by their mean quality over the regions, weighted by rates; the best first.
  var ranking: [Int] {
    let means = candidates.map { candidate in
      zip(candidate.qualities, regions).reduce(0) { $0 + $1.0 * $1.1.rate }
    }
    return candidates.indices.sorted { means[$0] == means[$1] ? $0 < $1 : means[$0] > means[$1] }
  }

  /// What holds where no event says otherwise.
  var start: Conditions {
    Conditions(rates: regions.map(\.rate), priors: candidates.map(\.prior))
  }
}
