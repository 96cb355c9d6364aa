import ArgumentParser
import Routing
import Wire

/// `pointsman decide`: who serves an intent.
struct DecideCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decide", abstract: "Ask which candidate serves an intent; the decision is recorded.")

  @Argument(help: "What is to be made, in words.")
  var intent: String

  @Option(help: "What the candidate must be able to make, such as text_to_video.")
  var capability: Capability

  @Option(help: "How much a dearer candidate is marked down; 0 is not at all.")
  var costWeight: Double?

  @Option(help: ArgumentHelp("The most it may be expected to cost, in dollars.", valueName: "usd"))
  var maxCost: Double?

  @Option(help: ArgumentHelp("The longest it may be expected to take, in milliseconds.", valueName: "ms"))
  var maxLatency: Int64?

  @Option(help: "Consider only this candidate or provider; may be given several times.")
  var only: [String] = []

  @Option(help: "Leave out this candidate or provider; may be given several times.")
  var exclude: [String] = []

  @Option(help: "Requests of one session stay with one candidate.")
  var session: String?

  @Option(help: "The same key with the same request gives the same decision.")
  var idempotencyKey: String?

  @Flag(help: "Do not explore on this request.")
  var noExplore = false

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if intent.allSatisfy(\.isWhitespace) {
      throw ValidationError("the intent is empty; say what is to be made")
    }
    if let costWeight, !(costWeight >= 0 && costWeight.isFinite) {
      throw ValidationError("--cost-weight must be a number ≥ 0, got \(costWeight)")
    }
    if let maxCost, !(maxCost >= 0 && maxCost.isFinite) {
      throw ValidationError("--max-cost must be a number ≥ 0, got \(maxCost)")
    }
    if let maxLatency, maxLatency < 1 {
      throw ValidationError("--max-latency must be at least 1, got \(maxLatency)")
    }
  }

  func run() async throws {
    let answer = try await server.client().post("/v1/decisions", request)
    output.show(answer) { DecisionText.whole(answer) }
  }

  var request: JSONValue {
    var members: [JSONValue.Member] = [
      .init("capability", .string(capability.name)), .init("intent", .string(intent)),
    ]
    var constraints: [JSONValue.Member] = []
    if let maxCost { constraints.append(.init("max_cost_usd", .number(maxCost))) }
    if let maxLatency { constraints.append(.init("max_latency_ms", .integer(maxLatency))) }
    if !only.isEmpty { constraints.append(.init("only", .array(only.map { .string($0) }))) }
    if !exclude.isEmpty { constraints.append(.init("exclude", .array(exclude.map { .string($0) }))) }
    if !constraints.isEmpty { members.append(.init("constraints", .object(constraints))) }
    if let costWeight { members.append(.init("objective", ["cost_weight": .number(costWeight)])) }
    if noExplore { members.append(.init("explore", false)) }
    if let session { members.append(.init("session", .string(session))) }
    if let idempotencyKey { members.append(.init("idempotency_key", .string(idempotencyKey))) }
    return .object(members)
  }
}

extension OutputOptions {
  /// Prints JSON as it came, or what `text` makes of it for people.
  func show(_ value: JSONValue, _ text: () -> String) {
    if json { Terminal.write(value.serialized(pretty: true) + [0x0A]) } else { Terminal.print(text()) }
  }
}

/// A decision in words.
enum DecisionText {
  static func whole(_ answer: JSONValue) -> String {
    var text = heading(answer)
    var table = TextTable(
      .text(""), .text("candidate"), .text("reason"), .number("agent rank"), .number("propensity"),
      .number("quality"),
      .number("observations"), .number("bid"), .number("cost USD"))
    add(answer["chosen"] ?? .null, "→", to: &table)
    for (index, fallback) in (answer["fallbacks"]?.arrayValue ?? []).enumerated() {
      add(fallback, "\(index + 1).", to: &table)
    }
    text += "\n\n" + table.text
    let excluded = answer["excluded"]?.arrayValue ?? []
    if !excluded.isEmpty {
      var table = TextTable(.text("left out"), .text("reason"), .text("detail"))
      for exclusion in excluded {
        table.add(exclusion.text("candidate"), exclusion.text("reason"), exclusion.text("detail"))
      }
      text += "\n\n" + table.text
    }
    return text
  }

  /// Where it was decided: two lines.
  static func heading(_ answer: JSONValue) -> String {
    let region = answer["region"]?["id"]?.stringValue ?? "root"
    let similarity = Figure.fixed(answer["region"]?["similarity"]?.doubleValue, 2)
    var second = "epoch \(Figure.count(answer["epoch"]?.doubleValue)), policy \(answer.text("policy")), "
    second += "mode \(answer.text("mode")), region \(region) (similarity \(similarity))"
    if let subsidy = answer["subsidy_usd"]?.doubleValue, subsidy > 0 {
      second += ", subsidy \(Figure.dollars(subsidy)) USD"
    }
    return "decision \(answer.text("decision_id"))\n" + TextTable.shown(second)
  }

  private static func add(_ entry: JSONValue, _ place: String, to table: inout TextTable) {
    table.add(
      place, entry.text("candidate"), entry.text("reason"), Figure.fixed(entry["agent_rank"]?.doubleValue, 3),
      Figure.fixed(entry["propensity"]?.doubleValue, 3), Figure.fixed(entry["quality"]?.doubleValue, 3),
      Figure.count(entry["observations"]?.doubleValue), Figure.fixed(entry["bid"]?.doubleValue, 2),
      Figure.dollars(entry["expected_cost_usd"]?.doubleValue))
  }
}

extension JSONValue {
  /// The string or number called `name` as text; empty for none.
  func text(_ name: String) -> String {
    switch self[name] {
    case .string(let text): text
    case .integer(let integer): "\(integer)"
    case .number(let number): "\(number)"
    case .bool(let flag): "\(flag)"
    default: ""
    }
  }

  /// An array of strings as text.
  func list(_ name: String) -> String {
    (self[name]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
  }
}
