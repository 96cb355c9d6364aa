import ArgumentParser
import Persistence
import Serving
import Wire

/// `pointsman verify`: whether what a database says it learned follows from its log.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Check that a database's log folds to the state that it stores, bit for bit, and its books to their balances."
  )

  @Argument(help: "The database.")
  var database: String

  @OptionGroup var output: OutputOptions

  func run() async throws { try Verification.run(database, output) }
}

/// What it and `pointsman replay` print.
enum Verification {
  static func run(_ path: String, _ output: OutputOptions) throws {
    let ledger = try SQLiteLedger(path: path, access: .readOnly)
    defer { try? ledger.close() }
    var verification = try Replay.verify(ledger)
    verification.differences += try BooksAudit.faults(of: ledger)
    output.show(json(verification)) { text(verification) }
    guard verification.differences.isEmpty else {
      throw CommandFailure(
        "\(path) does not follow from its log; restore a backup, or fold the log into a new database")
    }
  }

  static func json(_ verification: Replay.Verification) -> JSONValue {
    [
      "epochs": .integer(Int64(verification.epochs)), "decisions": .integer(verification.decisions),
      "judgements": .integer(verification.judgements), "jobs": .integer(verification.jobs),
      "unfinished_jobs": .integer(verification.unfinishedJobs),
      "agrees": .bool(verification.differences.isEmpty),
      "differences": .array(verification.differences.map { .string($0) }),
    ]
  }

  static func text(_ verification: Replay.Verification) -> String {
    var table = TextTable(.text("replayed"), .number(""))
    table.add("epochs", "\(verification.epochs)")
    table.add("decisions", "\(verification.decisions)")
    table.add("judgements", "\(verification.judgements)")
    table.add("jobs", "\(verification.jobs)")
    table.add("unfinished jobs", "\(verification.unfinishedJobs)")
    let differences = verification.differences.map { "- \(TextTable.shown($0))" }.joined(separator: "\n")
    let verdict = differences.isEmpty ? "the log folds to the stored snapshot, bit for bit" : differences
    return table.text + "\n\n" + verdict
  }
}
