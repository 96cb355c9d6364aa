import ArgumentParser
import Foundation
import Persistence
import Routing
import Serving
import Wire

/// `pointsman export`: the log as rows, streamed to standard output.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Print the decisions, feedback or outcomes of a database, one row each, oldest first.")

  enum Subject: String, CaseIterable, ExpressibleByArgument { case decisions, feedback, outcomes }
  enum Format: String, CaseIterable, ExpressibleByArgument { case ndjson, csv }

  @Argument(help: "decisions, feedback or outcomes.")
  var subject: Subject

  @Option(help: "ndjson or csv.")
  var format = Format.ndjson

  @OptionGroup var source: DatabaseOption

  /// Entries read at a time: the database is let go while they are printed, however slow the reader is.
  private static let page = 10_000

  func run() async throws {
    let ledger = try SQLiteLedger(path: source.database, access: .readOnly)
    defer { try? ledger.close() }
    var progress = ProgressBar(total: try total(ledger), unit: subject.rawValue)
    defer { progress.clear() }
    if format == .csv { Terminal.write(CSV.line(columns.map { .string($0) })) }
    var maps: [Int: RegionMap] = [:]
    var last: Int64 = 0
    while true {
      let (rows, end) = try page(after: last, ledger, &maps)
      guard end > last else { return }
      last = end
      Terminal.write(rows.flatMap { format == .csv ? CSV.line($0) : row($0) })
      progress.advance(by: rows.count)
    }
  }

  /// The rows of the entries that follow one, and the sequence of the last of them.
  private func page(
    after first: Int64, _ ledger: SQLiteLedger, _ maps: inout [Int: RegionMap]
  ) throws -> (rows: [[JSONValue]], end: Int64) {
    guard subject == .decisions else {
      var entries: [RecordedFeedback] = []
      try ledger.feedback(after: first) { entry in
        entries.append(entry)
        return entries.count < Self.page
      }
      let rows = entries.compactMap { subject == .feedback ? ExportRow.feedback($0) : ExportRow.outcome($0) }
      return (rows, entries.last?.sequence ?? first)
    }
    var decisions: [Decision] = []
    var end = first
    try ledger.decisions(after: first) { sequence, decision in
      decisions.append(decision)
      end = sequence
      return decisions.count < Self.page
    }
    // Afterwards: the ledger does not take one question inside another.
    for version in Set(decisions.map(\.mapVersion)) where maps[version] == nil {
      maps[version] = try ledger.map(version: version)
    }
    let roll = try ledger.recover().roll
    return (decisions.map { ExportRow.decision($0, roll, maps[$0.mapVersion]) }, end)
  }

  private var columns: [String] {
    switch subject {
    case .decisions: ExportRow.decisionColumns
    case .feedback: ExportRow.feedbackColumns
    case .outcomes: ExportRow.outcomeColumns
    }
  }

  private func total(_ ledger: SQLiteLedger) throws -> Int {
    let counts = try ledger.counts()
    return Int(subject == .decisions ? counts.decisions : counts.judgements)
  }

  private func row(_ cells: [JSONValue]) -> [UInt8] {
    JSONValue.object(zip(columns, cells).map { .init($0, $1) }).serialized() + [0x0A]
  }
}

/// `pointsman backup`: a copy of the database while it is in use.
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy the database as it is now into a new file; a router may go on running on it.")

  @Argument(help: "The new file.")
  var to: String

  @OptionGroup var source: DatabaseOption

  func run() async throws {
    let ledger = try SQLiteLedger(path: source.database, access: .readOnly)
    defer { try? ledger.close() }
    try ledger.backup(to: to)
    Terminal.print("\(source.database) is copied to \(to); `pointsman verify \(to)` checks it")
  }
}

/// The columns of an export, and the cells of a row.
enum ExportRow {
  static let decisionColumns = [
    "decision_id", "decided_at", "epoch", "capability", "intent", "region", "similarity", "map_version",
    "chosen",
    "reason", "propensity", "eligible", "explore", "cost_weight", "shadow", "session",
    "preferred",
  ]

  static func decision(_ decision: Decision, _ roll: Roll, _ map: RegionMap?) -> [JSONValue] {
    let intent = decision.intent
    let region = map?.regionID(intent.capability, row: decision.placement.row) ?? RegionMap.rootID
    return [
      .string(decision.id.description), .string(decision.decided.description),
      .integer(Int64(decision.epoch)),
      .string(intent.capability.name), text(intent.text), .string(region),
      .number(Double(decision.placement.similarity)), .integer(Int64(decision.mapVersion)),
      .string(roll.id(of: decision.chosen)), .string(decision.reason.name), .number(decision.propensity),
      .integer(Int64(decision.eligible.count)), .bool(intent.allowsExploration), .number(intent.costWeight),
      text(decision.shadow.map { roll.id(of: $0) }), text(intent.session),
      text(decision.preferred.map { roll.id(of: $0) }),
    ]
  }

  static let feedbackColumns = [
    "id", "decision_id", "signal", "value", "reward", "other_decision_id", "rater", "at", "received_at",
    "comment",
    "superseded",
  ]

  /// Nil for what is no feedback but an outcome, and for the second half of a comparison: it was said once.
  static func feedback(_ entry: RecordedFeedback) -> [JSONValue]? {
    if entry.isOtherHalf { return nil }
    let submission = entry.submission
    let said: [JSONValue]
    switch submission.content {
    case .signal(let kind, let reward, _, let other):
      let value: JSONValue =
        switch submission.value {
        case .number(let number): .number(number)
        case .word(let word): .string(word)
        case .nothing: .null
        }
      // What an event is worth is governance's to say, when it is folded.
      said = [
        .string(kind.name), value, kind.hasConfigurableValue ? .null : .number(reward),
        text(other?.description),
      ]
    case .revocation: said = ["revocation", .null, .null, .null]
    case .outcome: return nil
    }
    return [.string(submission.id), .string(submission.decision.description)] + said + [
      text(submission.rater), .string(submission.at.description), .string(submission.received.description),
      text(submission.comment), .bool(entry.isSuperseded),
    ]
  }

  static let outcomeColumns = [
    "decision_id", "candidate", "state", "latency_ms", "cost_usd", "at", "superseded",
  ]

  /// Nil for what is no outcome.
  static func outcome(_ entry: RecordedFeedback) -> [JSONValue]? {
    guard case .outcome(let outcome) = entry.submission.content else { return nil }
    return [
      .string(entry.submission.decision.description), .string(outcome.candidate),
      .string(outcome.state.rawValue),
      outcome.latency.map { .number(Double($0.microseconds) / 1e3) } ?? .null,
      outcome.cost.map { .number($0.dollars) } ?? .null, .string(entry.submission.at.description),
      .bool(entry.isSuperseded),
    ]
  }

  private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

/// Comma-separated values (RFC 4180), with LF at the end of a line.
enum CSV {
  static func line(_ cells: [JSONValue]) -> [UInt8] {
    Array((cells.map(cell).joined(separator: ",") + "\n").utf8)
  }

  /// Null is empty; a text is quoted where it must be.
  private static func cell(_ value: JSONValue) -> String {
    switch value {
    case .null: return ""
    case .string(let text):
      guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
      return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        + "\""
    default: return String(decoding: value.serialized(), as: UTF8.self)
    }
  }
}
