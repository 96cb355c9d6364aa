import ArgumentParser
import Experiments
import Routing
import Wire

/// `pointsman play`: an outcome table against a running router.
struct PlayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "play",
    abstract: "Play an outcome table against a running router, and show how much it gains.",
    discussion: """
      Every pass goes through all rows in an order of its own: the router decides, the chosen model's true score goes \
      back as feedback, and the epoch is closed after every --epoch-every decisions. The router needs the table's models \
      in its catalogue; `pointsman catalogue from-table` makes one. A router that goes away is waited for.
      """)

  @Argument(help: "The outcome table, one JSON object a line.")
  var table: String

  @Option(help: "How often every row is played.")
  var passes = 4

  @Option(help: "Decisions from one epoch to the next.")
  var epochEvery = 100

  @Option(help: "What is asked for.")
  var capability = Capability.textGeneration

  @Option(help: "The provider that has the table's models in the catalogue.")
  var provider = "table"

  @Option(help: "The same seed gives the same orders.")
  var seed: UInt64 = 1

  @Option(help: "How much a dearer candidate is marked down; 0 is not at all.")
  var costWeight = 0.0

  @Option(help: ArgumentHelp("How long a router that does not answer is waited for.", valueName: "seconds"))
  var patience = 60.0

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if passes < 1 { throw ValidationError("--passes must be at least 1, got \(passes)") }
    if epochEvery < 1 { throw ValidationError("--epoch-every must be at least 1, got \(epochEvery)") }
    if !(patience >= 0) { throw ValidationError("--patience must be at least 0, got \(patience)") }
    if !(costWeight >= 0 && costWeight.isFinite) {
      throw ValidationError("--cost-weight must be a number ≥ 0, got \(costWeight)")
    }
    try CatalogueCommand.check(provider: provider)
  }

  func run() async throws {
    let client = try server.client()
    let outcomes = try OutcomeTable(path: table)
    outcomes.complain(about: table)
    var run = PlayRun(
      outcomes, client,
      settings: .init(
        passes: passes, epochEvery: epochEvery, capability: capability, provider: provider, seed: seed,
        costWeight: costWeight, patience: patience))
    try await run.play()
    let json: JSONValue = .object(
      [
        .init("table", .string(table)), .init("capability", .string(capability.name)),
        .init("passes", .integer(Int64(passes))), .init("epoch_every", .integer(Int64(epochEvery))),
        .init("seed", .integer(Int64(clamping: seed))),
        .init("skipped_lines", .integer(Int64(outcomes.faults.count))),
      ] + run.summary.json + run.tally.json)
    output.show(json) { run.summary.text + "\n\n" + run.tally.text }
  }
}
