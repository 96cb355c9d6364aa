import ArgumentParser
import Declarations
import Evaluation
import Experiments
import Foundation
import Persistence
import Reporting
import Routing
import Wire

/// `pointsman evaluate`: what another policy would have earned, from the log of the one that ran.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Estimate what a policy would have earned, from the log of another one.",
    discussion: """
      The log is NDJSON, a line {"context", "candidate", "reward", "propensity"}, or a campaign's CSV of the Open Bandit \
      dataset, or a router's database. The policy is uniform, fixed:CANDIDATE, or a file: lines {"context", \
      "probabilities": {candidate: p}} or an action-distribution CSV; without one, every line of the log says it as \
      "probabilities". Of a database it may also be a kind, \(PolicyKind.evaluable), with --governance for its parameters: it \
      is then asked about every decision with what the log had taught it by that epoch. Estimators: \(Estimator.all.map(\.name).joined(separator: ", ")); clipped_ips, switch_dr and dros \
      take their parameter after a colon. An estimate with too little behind it is refused, with the reason.
      """)

  @Option(help: ArgumentHelp("The log: NDJSON, or the Open Bandit CSV.", valueName: "file"))
  var log: String?

  @Option(help: ArgumentHelp("A router's database; the router may run on it.", valueName: "file"))
  var database: String?

  @Option(help: "Of a database: which capability, if there are several.")
  var capability: Capability?

  @Option(
    help: ArgumentHelp("uniform, fixed:CANDIDATE, a file, or of a database a kind.", valueName: "policy"))
  var policy: String?

  @Option(
    help: ArgumentHelp(
      "Parameters of a kind of policy: YAML, a line each, such as exploration_share: 0.02.", valueName: "file"
    ))
  var governance: String?

  @Option(help: "Separated by commas; all when not given.")
  var estimators: String?

  @Option(help: "The reward model of dm, dr and the like: tabular or ridge.")
  var model = LoggedFeedback.Model.tabular

  @Option(help: "Resamples of the bootstrap; 0 leaves the normal interval.")
  var resamples = 2_000

  @Option(help: "The same seed gives the same intervals.")
  var seed: UInt64 = 1

  @Option(help: "Below this effective sample size an estimate is refused.")
  var minimumSampleSize = 50.0

  @Option(
    help: "Above this share of the policy's probability on what the log never did, estimates are refused.")
  var maximumUnsupported = 0.1

  @OptionGroup var report: ReportOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (log == nil) != (database == nil) else {
      throw ValidationError("give --log or --database, one of them")
    }
    if database != nil, policy == nil {
      throw ValidationError("--database needs a --policy, such as uniform")
    }
    if governance != nil, database == nil || kind == nil {
      throw ValidationError(
        "--governance is for a --database and a kind of policy: \(PolicyKind.evaluable)")
    }
    if let kind, kind.liveOrder != nil {
      throw ValidationError(
        "\(kind.rawValue) goes by load and latency of the moment, which a database does not hold: nobody can say what it "
          + "would have chosen; there are \(PolicyKind.evaluable)")
    }
    if database == nil, capability != nil { throw ValidationError("--capability is for a --database") }
    if database != nil, model == .ridge {
      throw ValidationError("--model ridge is for a --log: regions are told apart by the tabular model")
    }
    if resamples < 0 { throw ValidationError("--resamples must be 0 or more, got \(resamples)") }
    if !(minimumSampleSize >= 0) { throw ValidationError("--minimum-sample-size must be 0 or more") }
    if !(0...1).contains(maximumUnsupported) {
      throw ValidationError("--maximum-unsupported must be from 0 to 1, got \(maximumUnsupported)")
    }
    _ = try chosen()
  }

  func run() async throws {
    let folder = try report.folder()
    var feedback = try read()
    let target = try target(&feedback)
    let evaluation: OffPolicyEvaluation
    do {
      evaluation = try feedback.evaluation(
        of: target, model: model,
        settings: EvaluationSettings(
          resamples: resamples, seed: seed, minimumEffectiveSampleSize: minimumSampleSize,
          maximumUnsupportedShare: maximumUnsupported))
    } catch {
      EvaluateCommand.complain(feedback.faults, log ?? "")
      throw error
    }
    EvaluateCommand.complain(feedback.faults, log ?? "")
    var progress = ProgressBar(total: resamples, unit: "resamples")
    let estimates = evaluation.estimates(try chosen()) { _ in progress.advance(by: 1) }
    progress.clear()
    if let folder {
      let made = try EvaluationReport(
        evaluation: evaluation, estimates: estimates, policy: policyName,
        log: ReportOptions.name(of: log ?? database ?? ""), provenance: try provenance(rows: evaluation.rows)
      ).report()
      try folder.write(made.files(), force: report.force)
    }
    output.show(EvaluateCommand.json(evaluation, estimates, skipped: feedback.faults.count)) {
      EvaluateCommand.text(evaluation, estimates)
    }
  }

  private func read() throws -> LoggedFeedback {
    if let log { return try LoggedFeedback(path: log, needsProbabilities: policy == nil) }
    let ledger = try SQLiteLedger(path: database ?? "", access: .readOnly)
    defer { try? ledger.close() }
    guard let kind else { return try LoggedFeedback(ledger, capability: capability) }
    let settings = try governance.map { try GovernanceFile.settings(ofFile: $0) } ?? []
    return try LoggedFeedback(ledger, capability: capability) { governance in
      var changed = governance
      // Parameters first, so that the kind that was asked for holds for every capability.
      try changed.apply(settings)
      try changed.choose(kind)
      return changed
    }
  }

  /// The kind of policy that is asked for by name.
  private var kind: PolicyKind? { database == nil ? nil : policy.flatMap { PolicyKind(rawValue: $0) } }

  private func target(_ feedback: inout LoggedFeedback) throws -> LoggedFeedback.Policy {
    guard let policy, kind == nil else { return .rows }
    if policy == "uniform" { return .uniform }
    if policy.hasPrefix("fixed:") { return .fixed(String(policy.dropFirst("fixed:".count))) }
    return try feedback.policy(path: policy)
  }

  private var policyName: String {
    policy.map { ReportOptions.name(of: $0) } ?? "the policy of the log's lines"
  }

  private func provenance(rows: Int) throws -> Provenance {
    var sources: [Provenance.Source] = []
    // A database goes on changing, and so has no checksum to give.
    if let log { sources.append(try EvaluationReport.source(log, rows: rows)) }
    let files = [policy, governance].compactMap { $0 }.filter { FileManager.default.fileExists(atPath: $0) }
    for file in files { sources.append(try EvaluationReport.source(file)) }
    return Provenance(
      command: ReportOptions.command(), seeds: [seed], revision: report.revision ?? "not given",
      sources: sources,
      facts: [
        .init("Resamples", ValueUnit.count.text(Double(resamples))), .init("Reward model", model.rawValue),
      ])
  }

  private func chosen() throws -> [Estimator] {
    guard let estimators else { return Estimator.all }
    return try estimators.split(separator: ",").map { word in
      let name = word.trimmingCharacters(in: .whitespaces)
      guard let estimator = Estimator(name) else {
        let known = Estimator.all.map(\.name)
        throw ValidationError("there is no estimator '\(name)'; there are \(known.joined(separator: ", "))")
      }
      return estimator
    }
  }

  /// Says which lines were passed over.
  static func complain(_ faults: [TableFault], _ path: String) {
    for fault in faults.prefix(10) {
      Terminal.complain("\(path): \(TextTable.shown(fault.description)); skipped")
    }
    if faults.count > 10 { Terminal.complain("\(path): \(faults.count) lines skipped in all") }
  }

  static func json(_ evaluation: OffPolicyEvaluation, _ estimates: [Estimate], skipped: Int) -> JSONValue {
    func pair(_ range: ClosedRange<Double>) -> JSONValue {
      [number(range.lowerBound), number(range.upperBound)]
    }
    return [
      "rows": .integer(Int64(evaluation.rows)), "skipped": .integer(Int64(skipped)),
      "unsupported_share": number(evaluation.unsupportedShare),
      "estimates": .array(
        estimates.map { estimate in
          [
            "estimator": .string(estimate.estimator.name),
            "parameter": estimate.estimator.parameter.map(number) ?? .null,
            "value": estimate.value.map { number($0.value) } ?? .null,
            "interval": estimate.value.map { pair($0.bootstrap ?? $0.asymptotic) } ?? .null,
            "asymptotic_interval": estimate.value.map { pair($0.asymptotic) } ?? .null,
            "effective_sample_size": number(estimate.weights.effectiveSampleSize),
            "max_weight": number(estimate.weights.maximum),
            "refused": estimate.refusal.map { .string($0.description) } ?? .null,
          ]
        }),
    ]
  }

  /// JSON has no infinity, as the spread of one row is.
  private static func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }

  static func text(_ evaluation: OffPolicyEvaluation, _ estimates: [Estimate]) -> String {
    var table = TextTable(
      .text("estimator"), .number("value"), .number("95 % interval"), .number("normal interval"),
      .number("effective rows"), .number("max weight"), .text("", limit: 240))
    for estimate in estimates {
      let parameter = estimate.estimator.parameter.map { ":" + Figure.count($0) } ?? ""
      table.add(
        estimate.estimator.name + parameter, figure(estimate.value?.value), range(estimate.value?.bootstrap),
        range(estimate.value?.asymptotic), Figure.fixed(estimate.weights.effectiveSampleSize, 1),
        Figure.fixed(estimate.weights.maximum, 2),
        estimate.refusal.map { "refused: \($0)" } ?? "")
    }
    let share = Figure.percent(evaluation.unsupportedShare)
    return
      "\(Figure.plural(evaluation.rows, "row")); \(share) of the policy's probability is on what the log never did\n\n"
      + table.text
  }

  private static func figure(_ value: Double?) -> String { Figure.fixed(value, 6) }

  private static func range(_ range: ClosedRange<Double>?) -> String {
    range.map { "\(figure($0.lowerBound))–\(figure($0.upperBound))" } ?? "–"
  }
}

extension LoggedFeedback.Model: ExpressibleByArgument {}

extension PolicyKind {
  /// The names of those that a snapshot is enough for.
  static var evaluable: String {
    allCases.filter { $0.liveOrder == nil }.map(\.rawValue).joined(separator: ", ")
  }
}

extension Governance {
  /// Lets one kind of policy decide everything: without holdout, in every capability.
  mutating func choose(_ kind: PolicyKind) throws {
    let owned = settings.map(\.key).filter { key in
      ["policy", "mode", "holdout"].contains { key.hasSuffix(".\($0)") }
    }
    try apply(owned.map { ($0, .none) })
    try apply([("policy", .text(kind.rawValue)), ("mode", .text("apply")), ("holdout", .number(0))])
  }
}
