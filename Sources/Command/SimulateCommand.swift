import ArgumentParser
import Embedding
import Experiments
import Foundation
import Logging
import Reporting
import Routing
import Synchronization
import Wire

/// `pointsman simulate`: what would happen.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run a scenario: the production policy and fold against others, in a world that is known.",
    discussion: """
      Simulations/*.yaml are scenarios; Simulations/table.yaml plays any outcome table (--table). Seeds run on all \
      processors, and the result does not depend on how many there are. With --out a report is written; an interrupted \
      run is taken up where it stood by the same command.
      """)

  @Argument(help: "The scenario's file.")
  var scenario: String

  @Option(help: ArgumentHelp("The outcome table of a table scenario.", valueName: "file"))
  var table: String?

  @Option(help: "How often every line of a table is played; the scenario's when not given.")
  var passes: Int?

  @Option(help: "Decisions of a run, instead of passes or the scenario's.")
  var decisions: Int?

  @Option(
    help: "Names separated by commas; all of the scenario's when not given. The report is about the first.")
  var policies: String?

  @Option(help: "How many seeds; the scenario's when not given.")
  var seeds: Int?

  @Option(help: "The first seed; the others follow it.")
  var firstSeed: UInt64 = 1

  @Option(help: "Decisions from one epoch to the next; the scenario's when not given.")
  var epochSize: Int?

  @Option(help: "How much a dearer candidate is marked down; the scenario's when not given.")
  var costWeight: Double?

  @Option(
    help: ArgumentHelp("A governance parameter for every policy; may be given again.", valueName: "key=value")
  )
  var set: [String] = []

  @Option(help: "What embeds the intents of a table: static, hashing, or auto, static if its table is there.")
  var embedding = EmbeddingChoice.auto

  @Option(help: ArgumentHelp("Folder of the static embedding's table.", valueName: "folder"))
  var embeddingTable = ".cache/embedding"

  @Option(help: "Runs that go on at the same time; all processors when not given.")
  var threads: Int?

  @OptionGroup var report: ReportOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    for (name, value) in [
      ("passes", passes), ("decisions", decisions), ("seeds", seeds), ("epoch-size", epochSize),
      ("threads", threads),
    ] {
      if let value, value < 1 { throw ValidationError("--\(name) must be at least 1, got \(value)") }
    }
    if let costWeight, !(costWeight >= 0 && costWeight.isFinite) {
      throw ValidationError("--cost-weight must be a number ≥ 0, got \(costWeight)")
    }
    _ = try settings
    if passes != nil, decisions != nil { throw ValidationError("give --passes or --decisions, not both") }
  }

  private var settings: [(key: String, value: Setting)] {
    get throws {
      try set.map { text in
        guard let equals = text.firstIndex(of: "=") else {
          throw ValidationError("--set takes KEY=VALUE, such as half_life=3d, got '\(text)'")
        }
        return (String(text[..<equals]), Setting(typed: String(text[text.index(after: equals)...])))
      }
    }
  }

  func run() async throws {
    let folder = try report.folder()
    let scenario = try Scenario.load(scenario)
    let experiment = try Experiment(
      scenario,
      ExperimentOptions(
        policies: policies.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } },
        seeds: seeds, firstSeed: firstSeed, epochSize: epochSize, decisions: decisions, passes: passes,
        table: table, costWeight: costWeight, settings: try settings,
        embedding: try embedding.embedder(table: embeddingTable, logger: Logger(label: "pointsman"))))
    for fault in experiment.faults.prefix(10) { Terminal.complain("\(table ?? ""): \(fault); skipped") }
    if experiment.faults.count > 10 { Terminal.complain("\(experiment.faults.count) lines skipped in all") }
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let total = experiment.header.decisions * experiment.header.seeds.count * experiment.header.policies.count
    let bar = Mutex(ProgressBar(total: total, unit: "decisions"))
    let progress: @Sendable (RunProgress) -> Void = { state in
      bar.withLock { $0.advance(by: state.done - $0.done) }
    }
    let result: ExperimentResult
    if let folder {
      let (command, revision, force) = (ReportOptions.command(), report.revision ?? "not given", report.force)
      result = try await experiment.run(beside: folder.path, threads: threads, progress: progress) { result in
        let made = try SimulationReport(result, of: scenario).report(command: command, revision: revision)
        try folder.write(made.files(with: try result.files), force: force)
      }
    } else {
      result = try await experiment.run(threads: threads, progress: progress)
    }
    bar.withLock { $0.clear() }
    output.show(SimulateCommand.json(result)) { SimulateCommand.text(result) }
  }

  /// The short form for programs: api.md's; the report's folder has everything.
  static func json(_ result: ExperimentResult) -> JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    return [
      "scenario": .string(result.header.scenario),
      "seeds": .integer(Int64(result.header.seeds.count)),
      "decisions": .integer(Int64(result.header.decisions)),
      "policies": .array(
        result.summaries.map { summary in
          let gain = summary["captured_gain"]
          var members: [JSONValue.Member] = [
            .init("policy", .string(summary.policy)),
            .init("mean_reward", number(summary["mean_reward"]?.mean)),
            .init("last_quarter_reward", number(summary["last_quarter.mean_reward"]?.mean)),
            .init("captured_gain", number(gain?.mean)),
            .init(
              "interval", gain?.interval.map { [.number($0.lowerBound), .number($0.upperBound)] } ?? .null),
            .init("deviation", number(gain?.deviation)),
          ]
          members += [
            "last_quarter.captured_gain", "regret", "exploration_share", "cost", "quality_share",
            "cost_share",
          ]
          .map { .init($0.replacingOccurrences(of: ".", with: "_"), number(summary[$0]?.mean)) }
          return .object(members)
        }),
      "claims": .array(
        result.verdicts.map { verdict in
          [
            "claim": .string(verdict.claim.says),
            "held": verdict.outcome == .notMeasured ? .null : .bool(verdict.outcome == .held),
            "measure": .string(verdict.claim.measure.name), "value": number(verdict.figure?.mean),
          ]
        }),
    ]
  }

  static func text(_ result: ExperimentResult) -> String {
    var table = TextTable(
      .text("policy"), .number("mean reward"), .number("captured gain"), .number("± seeds"),
      .number("last quarter"), .number("explored"), .number("cost"))
    for summary in result.summaries {
      let gain = summary["captured_gain"]
      table.add(
        summary.policy, Figure.fixed(summary["mean_reward"]?.mean, 4), Figure.fixed(gain?.mean, 3),
        Figure.fixed(gain?.deviation, 3), Figure.fixed(summary["last_quarter.captured_gain"]?.mean, 3),
        summary["exploration_share"].map { Figure.percent($0.mean) } ?? "–",
        summary["cost"].map { $0.mean == 0 ? "–" : Figure.fixed($0.mean, 6) } ?? "–")
    }
    let claims = result.verdicts.map { verdict in
      let mark =
        switch verdict.outcome {
        case .held: "held"
        case .failed: "FAILED"
        case .notMeasured: "not measured"
        }
      let figure = verdict.figure.map { " (\(verdict.claim.measure.name) \(Figure.fixed($0.mean, 3)))" } ?? ""
      return "\(mark): \(TextTable.shown(verdict.claim.says))\(figure)"
    }
    let decisions = Figure.plural(result.header.decisions, "decision")
    let seeds = Figure.plural(result.header.seeds.count, "seed")
    return ([TextTable.shown(result.title), "\(decisions), \(seeds)\n", table.text, ""] + claims)
      .joined(separator: "\n")
  }
}
