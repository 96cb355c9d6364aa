import ArgumentParser
import Declarations
import Evaluation
import Persistence
import Routing
import Serving
import Wire

/// `pointsman replay`: fold the log again, as it was or under other parameters.
struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Fold a database's log again from its first entry.",
    discussion: """
      Without --governance: compare with what the database stores, bit for bit. With it: fold the same log under those \
      parameters too, and show every region's ranking side by side, with what the other policy would have earned there \
      (doubly robust, from the propensities of the log).
      """)

  @Option(help: ArgumentHelp("The database; a router may run on it.", valueName: "file"))
  var database: String

  @Option(
    help: ArgumentHelp(
      "Other parameters: YAML, a line each, such as half_life: 3d; the rest stays as it was.",
      valueName: "file"))
  var governance: String?

  @Option(help: "Only this capability; all that have a reward when not given.")
  var capability: Capability?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if governance == nil, capability != nil { throw ValidationError("--capability is for --governance") }
  }

  func run() async throws {
    guard let governance else { return try Verification.run(database, output) }
    let settings = try GovernanceFile.settings(ofFile: governance)
    guard !settings.isEmpty else { throw CommandFailure("\(governance) changes nothing") }
    let ledger = try SQLiteLedger(path: database, access: .readOnly)
    defer { try? ledger.close() }
    let comparisons = try RegionComparison.all(ledger, capability) { value in
      var changed = value
      try changed.apply(settings)
      return changed
    }
    guard !comparisons.isEmpty else { throw CommandFailure("no decision of the database has a reward yet") }
    output.show(["regions": .array(comparisons.map(\.json))]) {
      comparisons.map(\.text).joined(separator: "\n\n")
    }
  }
}

/// One region under the parameters as they are and under others.
struct RegionComparison {
  /// What is believed about a candidate on one side.
  struct Standing {
    /// From 1, by AgentRank.
    var place: Int
    var agentRank: Double
    var quality: Double
    /// P(it is served); nil where that depends on figures of the moment.
    var share: Double?
  }

  var capability: Capability
  var region: String
  /// Decisions with a reward.
  var decisions: Int
  /// The mean reward of what was served, with the others' DR estimate beside it.
  var logged: Estimate
  var other: Estimate
  /// By place now; nil where a side does not know the candidate.
  var candidates: [(id: String, now: Standing?, other: Standing?)]

  /// Compares every region with a rewarded decision, capabilities and regions in the order of the map.
  static func all(
    _ ledger: SQLiteLedger, _ capability: Capability?, change: @escaping (Governance) throws -> Governance
  ) throws -> [RegionComparison] {
    let whatIf = try WhatIf(ledger, change: change)
    var judged: Set<Capability> = []
    try RewardedDecision.all(ledger, map: whatIf.was.map) { judged.insert($0.decision.intent.capability) }
    let wanted = Capability.allCases.filter { judged.contains($0) && (capability ?? $0) == $0 }
    return try wanted.flatMap { capability -> [RegionComparison] in
      let feedback = try LoggedFeedback(ledger, capability: capability, change: change)
      let map = whatIf.was.map
      return try (0...map.rootRow(of: capability)).compactMap { row -> RegionComparison? in
        let region = map.regionID(capability, row: row)
        guard var part = feedback.part(context: region) else { return nil }
        let settings = EvaluationSettings(resamples: 1_000, seed: 1)
        let values = try part.evaluation(of: .rows, model: .tabular, settings: settings).estimates([.dr])
        var own = part.asLogged()
        let mean = try own.evaluation(of: .rows, model: .tabular, settings: settings).estimates([.ips])
        return RegionComparison(
          capability: capability, region: region, decisions: part.rows.count, logged: mean[0],
          other: values[0],
          candidates: standings(
            standings(whatIf.was, capability, row), standings(whatIf.other, capability, row)))
      }
    }
  }

  private static func standings(
    _ snapshot: Snapshot, _ capability: Capability, _ row: Int
  ) -> [(id: String, standing: Standing)] {
    let open = snapshot[capability].roster.open
    guard !open.isEmpty else { return [] }
    let table = snapshot.table(
      TableKey(
        capability: capability, row: row, eligible: open, allowsExploration: true, costWeight: 0, work: nil))
    let served = table.served
    return table.ranking.enumerated().map { place, arm in
      let figures = table.scene.arms[arm]
      return (
        figures.id,
        Standing(
          place: place + 1, agentRank: figures.agentRank, quality: figures.quality, share: served?[arm])
      )
    }
  }

  private static func standings(
    _ now: [(id: String, standing: Standing)], _ other: [(id: String, standing: Standing)]
  ) -> [(id: String, now: Standing?, other: Standing?)] {
    let others = Dictionary(uniqueKeysWithValues: other.map { ($0.id, $0.standing) })
    let known = Set(now.map(\.id))
    return now.map { ($0.id, $0.standing, others[$0.id]) }
      + other.filter { !known.contains($0.id) }.map { ($0.id, nil, $0.standing) }
  }
}

extension RegionComparison {
  var json: JSONValue {
    [
      "capability": .string(capability.name), "region": .string(region),
      "decisions": .integer(Int64(decisions)),
      "logged": RegionComparison.json(logged), "other": RegionComparison.json(other),
      "rankings": .array(
        candidates.map { candidate in
          [
            "candidate": .string(candidate.id), "now": candidate.now?.json ?? .null,
            "other": candidate.other?.json ?? .null,
          ]
        }),
    ]
  }

  private static func json(_ estimate: Estimate) -> JSONValue {
    [
      "value": estimate.value.map { .number($0.value) } ?? .null,
      "interval": estimate.value.map { value -> JSONValue in
        let range = value.bootstrap ?? value.asymptotic
        return [.number(range.lowerBound), .number(range.upperBound)]
      } ?? .null,
      "refused": estimate.refusal.map { .string("\($0)") } ?? .null,
    ]
  }

  var text: String {
    var table = TextTable(
      .text("candidate"), .number("place"), .number("agent rank"), .number("share"), .number("then: place"),
      .number("agent rank"), .number("share"))
    for candidate in candidates {
      let (now, other) = (candidate.now, candidate.other)
      table.add(
        candidate.id, now.map { "\($0.place)" } ?? "–", Figure.fixed(now?.agentRank, 3),
        Figure.fixed(now?.share, 3), other.map { "\($0.place)" } ?? "–", Figure.fixed(other?.agentRank, 3),
        Figure.fixed(other?.share, 3))
    }
    return """
      \(capability.name), region \(TextTable.shown(region)): \(Figure.plural(decisions, "rewarded decision"))
      mean reward as it was \(RegionComparison.text(logged)), of the other policy \(RegionComparison.text(other))
      \(table.text)
      """
  }

  private static func text(_ estimate: Estimate) -> String {
    guard let value = estimate.value else { return estimate.refusal.map { "refused: \($0)" } ?? "–" }
    let range = value.bootstrap ?? value.asymptotic
    let figures = [value.value, range.lowerBound, range.upperBound].map { Figure.fixed($0, 3) }
    return "\(figures[0]) (\(figures[1])–\(figures[2]))"
  }
}

extension RegionComparison.Standing {
  fileprivate var json: JSONValue {
    [
      "place": .integer(Int64(place)), "agent_rank": .number(agentRank), "quality": .number(quality),
      "propensity": share.map { .number($0) } ?? .null,
    ]
  }
}
