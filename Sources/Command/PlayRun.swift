import Experiments
import Routing
import Statistics
import Wire

/// The course of a `play`: passes, batches, epochs, and what was seen on the way.
struct PlayRun {
  struct Settings {
    var passes: Int
    var epochEvery: Int
    var capability: Capability
    var provider: String
    var seed: UInt64
    var costWeight: Double
    var patience: Double
  }

  /// The most decisions in one request, and bytes of intents: within what a router takes.
  static let batchCount = 1_000
  static let batchBytes = 4 << 20

  private(set) var summary: PlaySummary
  private(set) var tally = Tally()
  private let table: OutcomeTable
  private let settings: Settings
  private var connection: PatientClient
  private var progress: ProgressBar
  /// Position in the table's models by candidate id.
  private let models: [String: Int]
  /// By position in the table's models.
  private let ids: [String]
  /// Whether the router has candidates for the capability that the table does not know.
  private var hasStrangers = false

  init(_ table: OutcomeTable, _ client: Client, settings: Settings) {
    self.table = table
    self.settings = settings
    summary = PlaySummary(table)
    connection = PatientClient(client, patience: settings.patience)
    progress = ProgressBar(total: table.lines.count * settings.passes, unit: "decisions")
    ids = table.models.map { TableCatalogue.id(of: $0, provider: settings.provider) }
    models = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
  }

  mutating func play() async throws {
    try await meet()
    for pass in 0..<settings.passes {
      let order = PlayRun.order(table.lines.count, seed: settings.seed, pass: pass)
      for start in stride(from: 0, to: order.count, by: settings.epochEvery) {
        try await playEpoch(order[start..<min(start + settings.epochEvery, order.count)])
      }
    }
    progress.clear()
    tally.outages = connection.outages
  }

  /// The order of a pass: the rows shuffled by a generator of their own.
  static func order(_ count: Int, seed: UInt64, pass: Int) -> [Int] {
    var generator = Xoshiro256(seed: seed &+ UInt64(pass) &* 0x9E37_79B9_7F4A_7C15)
    return Array(0..<count).shuffled(using: &generator)
  }

  /// Makes sure that the router knows the table's models.
  private mutating func meet() async throws {
    let name = settings.capability.name
    let answer = try await connection.get("/v1/candidates", [("capability", name)])
    let known = (answer["candidates"]?.arrayValue ?? []).map { $0.text("candidate") }
    let missing = ids.filter { !known.contains($0) }
    guard missing.isEmpty else {
      throw CommandFailure(
        "the router has no candidate \(missing[0])\(missing.count > 1 ? " and \(missing.count - 1) more" : "") for \(name); "
          + "start it with the catalogue that `pointsman catalogue from-table` prints")
    }
    hasStrangers = known.count > ids.count
  }

  private mutating func playEpoch(_ rows: ArraySlice<Int>) async throws {
    var epoch: Int64 = -1
    var rest = rows
    while !rest.isEmpty {
      let batch = PlayRun.batch(rest) { table.lines[$0].intent.utf8.count }
      rest = rest.dropFirst(batch.count)
      let answer = try await connection.post(
        "/v1/decisions:batch", ["decisions": .array(batch.map { request(table.lines[$0]) })])
      let decisions = answer["decisions"]?.arrayValue ?? []
      guard decisions.count == batch.count else {
        throw CommandFailure("the router answered \(batch.count) requests with \(decisions.count) decisions")
      }
      let feedback = try take(decisions, batch)
      epoch = decisions.compactMap { $0["epoch"]?.integerValue }.max() ?? epoch
      if !feedback.isEmpty {
        tally.add(try await connection.post("/v1/feedback", ["feedback": .array(feedback)]))
      }
      progress.advance(by: batch.count)
    }
    if epoch >= 0 { try await connection.closeEpoch(epoch) }
    tally.epochs += 1
  }

  /// As many of the first rows as one request takes, at least one.
  static func batch(_ rows: ArraySlice<Int>, _ bytes: (Int) -> Int) -> ArraySlice<Int> {
    var total = 0
    let fitting = rows.prefix(batchCount).prefix { row in
      total += bytes(row)
      return total <= batchBytes
    }
    return fitting.isEmpty ? rows.prefix(1) : fitting
  }

  private func request(_ row: OutcomeTable.Line) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("capability", .string(settings.capability.name)), .init("intent", .string(row.intent)),
    ]
    // Only those of which the table knows what they would have scored.
    let tried = ids.indices.filter { row.qualities[$0] != nil }
    if hasStrangers || tried.count < ids.count {
      members.append(.init("constraints", ["only": .array(tried.map { .string(ids[$0]) })]))
    }
    if settings.costWeight > 0 {
      members.append(.init("objective", ["cost_weight": .number(settings.costWeight)]))
    }
    return .object(members)
  }

  /// Looks up what the chosen models really scored.
  ///
  /// - Returns: the feedback to be given, under ids that count once however often they are sent.
  private mutating func take(_ decisions: [JSONValue], _ batch: ArraySlice<Int>) throws -> [JSONValue] {
    var feedback: [JSONValue] = []
    var refusal: Problem?
    for (decision, row) in zip(decisions, batch) {
      guard let id = decision["decision_id"]?.stringValue,
        let chosen = decision["chosen"]?["candidate"]?.stringValue,
        let model = models[chosen], let quality = table.lines[row].qualities[model]
      else {
        tally.refused += 1
        refusal = refusal ?? Problem(decision)
        continue
      }
      summary.add(quality)
      tally.cost += table.lines[row].costs[model] ?? 0
      if decision["chosen"]?["reason"]?.stringValue == "explore" { tally.explored += 1 }
      feedback.append([
        "id": .string("play:\(id)"), "decision_id": .string(id), "signal": "score", "value": .number(quality),
      ])
    }
    // One intent that is too long is a pity; all of them refused is a fault that will not go away.
    if feedback.isEmpty, let refusal {
      throw CommandFailure("the router refuses the table's intents: \(refusal)")
    }
    return feedback
  }

  /// What happened besides the scores.
  struct Tally {
    var explored = 0
    /// Intents that got no decision.
    var refused = 0
    var accepted: Int64 = 0
    var duplicates: Int64 = 0
    /// Feedback on decisions that the router lost when it was killed.
    var parked: Int64 = 0
    var rejected: [String] = []
    var epochs = 0
    var outages = 0
    /// Dollars, as far as the table knows them.
    var cost = 0.0

    mutating func add(_ receipt: JSONValue) {
      accepted += receipt["accepted"]?.integerValue ?? 0
      duplicates += receipt["duplicates"]?.integerValue ?? 0
      parked += receipt["parked"]?.integerValue ?? 0
      rejected += (receipt["rejected"]?.arrayValue ?? []).map { $0.text("error") }
    }

    var json: [JSONValue.Member] {
      [
        .init("explored", .integer(Int64(explored))), .init("refused", .integer(Int64(refused))),
        .init(
          "feedback",
          [
            "accepted": .integer(accepted), "duplicates": .integer(duplicates), "parked": .integer(parked),
            "rejected": .integer(Int64(rejected.count)),
          ]),
        .init("epochs", .integer(Int64(epochs))), .init("outages", .integer(Int64(outages))),
        .init("cost_usd", .number(cost)),
      ]
    }

    var text: String {
      var parts = [
        "\(Figure.plural(epochs, "epoch")) closed", "\(explored) decisions explored",
        "\(accepted) scores taken",
      ]
      if cost > 0 { parts.append("\(Figure.dollars(cost)) USD spent") }
      if duplicates > 0 { parts.append("\(duplicates) known already") }
      if parked > 0 { parts.append("\(parked) waiting for decisions that the router lost") }
      if refused > 0 { parts.append("\(refused) intents refused") }
      if let first = rejected.first {
        parts.append("\(rejected.count) scores rejected (\(TextTable.shown(first)))")
      }
      if outages > 0 { parts.append("waited for the router \(outages == 1 ? "once" : "\(outages) times")") }
      return parts.joined(separator: ", ")
    }
  }
}
