import ArgumentParser
import Persistence
import Routing
import Serving
import Statistics
import Wire

/// `pointsman explain`: a recorded decision made again, with every number on the way.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Make a recorded decision again from its record, and show every number on the way.",
    discussion: "The exit code is 1 when what comes out is not what was logged.")

  @Argument(help: "The decision's id.")
  var decision: Identifier

  @OptionGroup var source: SourceOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let answer: JSONValue
    if let path = source.database {
      let ledger = try SQLiteLedger(path: path, access: .readOnly)
      defer { try? ledger.close() }
      answer = try StoredExplanation.json(decision, ledger)
    } else {
      answer = try await source.server.client().get(
        Client.path("v1", "decisions", decision.description, "explanation"))
    }
    output.show(answer) { ExplainCommand.text(answer) }
    if answer["agrees"]?.boolValue == false {
      throw CommandFailure("decision \(decision) does not come out as it was logged")
    }
  }

  static func text(_ answer: JSONValue) -> String {
    let decision = answer["decision"] ?? .null
    let placement = answer["placement"] ?? .null
    var lines = [DecisionText.heading(decision)]
    if let intent = answer["intent"]?.stringValue {
      lines.append("intent: " + TextTable.shown(intent, limit: 300))
    }
    lines.append(
      "placed in \(placement.text("region")) with similarity \(Figure.fixed(placement["similarity"]?.doubleValue, 3)) by "
        + "region map \(placement.text("map_version"))")
    let affordable = answer["affordable_exploration"]?.doubleValue
    lines.append(
      "exploration that the account affords: \(Figure.percent(affordable)) of full probability matching")
    var table = TextTable(
      .text(""), .text("candidate"), .number("agent rank"), .number("index"), .number("shift"),
      .number("weight"),
      .number("quality"),
      .number("observations"), .number("posterior"), .number("P(best)"), .number("probability"))
    let chosen = decision["chosen"]?.text("candidate")
    for arm in answer["arms"]?.arrayValue ?? [] {
      let alpha = Figure.fixed(arm["posterior"]?["alpha"]?.doubleValue, 1)
      let beta = Figure.fixed(arm["posterior"]?["beta"]?.doubleValue, 1)
      table.add(
        arm.text("candidate") == chosen ? "→" : "", arm.text("candidate"),
        Figure.fixed(arm["agent_rank"]?.doubleValue, 4), Figure.fixed(arm["index"]?.doubleValue, 4),
        Figure.fixed(arm["shift"]?.doubleValue, 4),
        Figure.fixed(arm["weight"]?.doubleValue, 3),
        Figure.fixed(arm["quality"]?.doubleValue, 4), Figure.count(arm["observations"]?.doubleValue),
        "Beta(\(alpha), \(beta))", Figure.fixed(arm["best_probability"]?.doubleValue, 4),
        Figure.fixed(arm["probability"]?.doubleValue, 4))
    }
    lines.append("\n" + table.text + "\n")
    let reason = decision["chosen"]?.text("reason") ?? ""
    let propensity = decision["chosen"]?.text("propensity") ?? ""
    lines.append("chosen: \(chosen ?? "") (\(reason), propensity \(propensity))")
    let agrees = answer["agrees"]?.boolValue ?? false
    lines.append(agrees ? "this is what was logged, bit for bit" : "this is NOT what was logged")
    return lines.joined(separator: "\n")
  }
}

/// An explanation from a database, in the shape in which a router answers.
enum StoredExplanation {
  static func json(_ id: Identifier, _ ledger: SQLiteLedger) throws -> JSONValue {
    guard let decision = try ledger.decision(id) else {
      throw CommandFailure("no decision has the id \(id); `pointsman export decisions` lists them")
    }
    return json(try SnapshotArchive(ledger).explain(decision))
  }

  static func json(_ explanation: Explanation) -> JSONValue {
    let (decision, snapshot, choice) = (explanation.decision, explanation.snapshot, explanation.choice)
    let capability = decision.intent.capability
    let scene = choice.table.scene
    let best = scene.bestProbabilities()
    let region = snapshot.map.regionID(capability, row: decision.placement.row)
    let similarity = JSONValue.number(Double(decision.placement.similarity))
    let arms: [JSONValue] = choice.table.ranking.map { index in
      [
        "candidate": .string(scene.arms[index].id), "agent_rank": .number(scene.arms[index].agentRank),
        "index": .number(scene.arms[index].index),
        "shift": explanation.shift(ofArm: index).map { .number($0) } ?? .null,
        "weight": .number(scene.arms[index].weight),
        "quality": .number(scene.arms[index].quality),
        "posterior": posterior(scene.arms[index]), "observations": .number(scene.arms[index].observations),
        "best_probability": .number(best[index]), "probability": .number(choice.probability(ofArm: index)),
      ]
    }
    return [
      "agrees": .bool(explanation.agrees),
      "decision": [
        "decision_id": .string(decision.id.description), "epoch": .integer(Int64(decision.epoch)),
        "policy": .string(scene.rules.policy.rawValue), "mode": .string(scene.rules.mode.rawValue),
        "region": ["id": .string(region), "similarity": similarity],
        "chosen": arm(choice.arm, of: choice, ["reason": .string(choice.reason.name)]),
        "fallbacks": .array(
          choice.table.ranking.filter { $0 != choice.arm }.map { arm($0, of: choice, [:]) }),
      ],
      "intent": decision.intent.text.map { .string($0) } ?? .null,
      "placement": [
        "region": .string(region), "similarity": similarity,
        "map_version": .integer(Int64(decision.mapVersion)),
      ],
      "arms": .array(arms),
      "affordable_exploration": .number(scene.affordable),
    ]
  }

  private static func arm(_ index: Int, of choice: Choice, _ more: JSONValue) -> JSONValue {
    let arm = choice.table.scene.arms[index]
    let propensity = index == choice.arm ? choice.propensity : choice.probability(ofArm: index)
    let members: [JSONValue.Member] = [.init("candidate", .string(arm.id))] + (more.members ?? [])
    return .object(
      members + [
        .init("propensity", .number(propensity)), .init("agent_rank", .number(arm.agentRank)),
        .init("quality", .number(arm.quality)), .init("observations", .number(arm.observations)),
        .init("posterior", posterior(arm)),
      ])
  }

  private static func posterior(_ arm: Scene.Arm) -> JSONValue {
    ["alpha": .number(arm.posterior.alpha), "beta": .number(arm.posterior.beta)]
  }
}
