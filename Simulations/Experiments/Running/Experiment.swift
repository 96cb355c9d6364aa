import Crypto
import Declarations
import Embedding
import Foundation
import Routing
import Vectors
import Wire
import World

/// A scenario made ready to run: its world loaded, its events resolved, its contenders named.
public struct Experiment: Sendable {
  public let scenario: Scenario
  /// What makes the result; see ``Header``.
  public let header: Header
  /// Lines of the table that could not be read.
  public let faults: [TableFault]
  let setup: Setup
  let contenders: [Contender]

  /// Everything that a result depends on, as it stands at the head of a report.
  public struct Header: Hashable, Sendable {
    public var scenario: String
    public var policies: [String]
    /// Consecutive.
    public var seeds: [UInt64]
    public var epochSize: Int
    public var decisions: Int
    /// λ.
    public var costWeight: Double
    /// What was set on top of the scenario, as `key=value`.
    public var settings: [String]
    /// Of the scenario's text: SHA-256.
    public var scenarioChecksum: String
    /// The table's file name and checksum, where there is one.
    public var table: String?
    public var tableChecksum: String?
    /// Intents of the world, and the lines of the table that could not be read.
    public var intents: Int
    public var skippedLines: Int
    public var embedding: String
    /// SHA-256 of all of the above: results of the same digest are the same.
    public var digest: String
  }

  /// - Throws: ``DeclarationErrors`` with lines, ``TableError``, ``ExperimentError``.
  public init(_ scenario: Scenario, _ options: ExperimentOptions) throws {
    self.scenario = scenario
    let made = try Experiment.world(scenario, options)
    faults = made.faults
    let world = made.world
    let length = try Experiment.length(scenario, options, intents: world.intentCount)
    let (timeline, wrong) = scenario.resolve(
      candidates: world.candidates, groups: world.groups, ranking: made.ranking, start: made.start,
      length: length)
    guard wrong.isEmpty else { throw DeclarationErrors(wrong) }
    let epochSize = options.epochSize ?? scenario.epochSize
    let buckets = options.buckets ?? min(max(length / max(epochSize, 1), 1), 200)
    guard epochSize > 0, buckets > 0 else {
      throw ExperimentError("an epoch needs at least one decision, and a result one bucket")
    }
    let costWeight = options.costWeight ?? scenario.costWeight
    guard (0...100).contains(costWeight) else {
      throw ExperimentError("the cost weight must be a number from 0 to 100, got \(costWeight)")
    }
    let isTable = made.checksum != nil
    setup = Setup(
      world: world, timeline: timeline, arrivals: isTable ? .passes : .drawn,
      capability: scenario.capability, epochSize: epochSize, regions: scenario.regions.source,
      costWeight: costWeight, embedding: isTable ? options.embedding.name : "synthetic",
      noveltyFloor: isTable ? options.embedding.noveltyFloor : 0.15,
      buckets: min(buckets, length))
    contenders = try Experiment.contenders(scenario, options, world)
    let seeds = options.seeds ?? scenario.seeds
    guard seeds > 0 else { throw ExperimentError("an experiment needs at least one seed") }
    var header = Header(
      scenario: scenario.name, policies: contenders.map(\.name),
      seeds: (0..<UInt64(seeds)).map { options.firstSeed &+ $0 }, epochSize: epochSize, decisions: length,
      costWeight: costWeight, settings: options.settings.map { "\($0.key)=\($0.value)" },
      scenarioChecksum: TableSource.hexadecimal(SHA256.hash(data: Array(scenario.text.utf8))),
      table: made.file, tableChecksum: made.checksum, intents: world.intentCount,
      skippedLines: faults.count, embedding: setup.embedding, digest: "")
    header.digest = header.computedDigest(buckets: setup.buckets)
    self.header = header
  }

  /// Runs everything in memory; see ``run(to:force:threads:progress:)`` for what can be interrupted.
  ///
  /// - Parameters:
  ///   - threads: how many runs go on at the same time; the result is the same for any number.
  ///   - progress: told from any thread.
  public func run(
    threads: Int, progress: @escaping @Sendable (RunProgress) -> Void = { _ in }
  ) async throws -> ExperimentResult {
    let runs = try await RunPool(self, threads: threads, progress: progress).run(known: [:]) { _ in }
    return ExperimentResult(header: header, scenario: scenario, runs: runs)
  }
}

extension Experiment {
  private struct Made {
    var world: any WorldModel
    var start: Conditions
    var ranking: [Int]
    var faults: [TableFault] = []
    var file: String?
    var checksum: String?
  }

  private static func world(_ scenario: Scenario, _ options: ExperimentOptions) throws -> Made {
    switch scenario.world {
    case .synthetic(let plan):
      guard options.table == nil, options.passes == nil else {
        throw ExperimentError("\(scenario.name) is a synthetic world: it takes no table and no passes")
      }
      let ids = plan.candidates.map(\.id)
      let world = SyntheticWorld(
        candidates: ids, regions: plan.regions.map(\.id),
        qualities: plan.regions.indices.flatMap { region in plan.candidates.map { $0.qualities[region] } },
        costs: plan.candidates.map(\.cost), shape: plan.shape, scatter: plan.scatter, seed: plan.seed)
      return Made(world: world, start: plan.start, ranking: plan.ranking)
    case .table(let path):
      guard let path = options.table ?? path else {
        throw ExperimentError("\(scenario.name) plays an outcome table: name one (--table PATH)")
      }
      let table = try OutcomeTable(path: path)
      guard table.models.count >= 2 else {
        throw ExperimentError(
          "\(path) has one model (\(table.models.first ?? "")): there is nothing to choose between")
      }
      guard table.models.count <= Catalogue.maximumCandidates else {
        throw ExperimentError(
          "\(path) has \(table.models.count) models; at most \(Catalogue.maximumCandidates) can be simulated")
      }
      let vectors = table.lines.flatMap { options.embedding.vector(of: $0.intent) }
      let world = TableWorld(
        models: table.models,
        lines: table.lines.map {
          TableWorld.Line(domain: $0.domain, qualities: $0.qualities, costs: $0.costs)
        },
        embeddings: Matrix(rows: table.lines.count, columns: options.embedding.dimension, storage: vectors))
      let means = table.models.indices.map { model in
        table.lines.reduce(0) { $0 + $1.quality(orMeanFor: model) }
      }
      return Made(
        world: world,
        start: Conditions(
          rates: world.groups.map { _ in 1 }, priors: world.candidates.map { _ in nil }),
        ranking: means.indices.sorted { means[$0] == means[$1] ? $0 < $1 : means[$0] > means[$1] },
        faults: table.faults, file: URL(fileURLWithPath: path).lastPathComponent, checksum: table.checksum)
    }
  }

  private static func length(_ scenario: Scenario, _ options: ExperimentOptions, intents: Int) throws -> Int {
    let length: Scenario.Length =
      options.decisions.map { .decisions($0) } ?? options.passes.map { .passes($0) } ?? scenario.length
    let decisions =
      switch length {
      case .decisions(let count): count
      case .passes(let count): count * intents
      }
    guard decisions > 0 else { throw ExperimentError("a run needs at least one decision") }
    return decisions
  }

  private static func contenders(
    _ scenario: Scenario, _ options: ExperimentOptions, _ world: any WorldModel
  ) throws -> [Contender] {
    let known = scenario.policies + scenario.variants.map(\.name)
    let names = options.policies ?? known
    guard !names.isEmpty else { throw ExperimentError("no policy is named") }
    return try names.enumerated().map { place, name in
      guard !names[..<place].contains(name) else {
        throw ExperimentError("the policy '\(name)' is named twice")
      }
      let variant = scenario.variants.first { $0.name == name }
      let policy = variant?.policy ?? name
      guard PolicyName.all.contains(policy) else {
        let all = PolicyName.all + scenario.variants.map(\.name)
        let near = NearestName.suggestion(for: name, among: all).map { "; did you mean '\($0)'?" } ?? ""
        throw ExperimentError("there is no policy '\(name)'; allowed: \(all.joined(separator: ", "))\(near)")
      }
      let settings =
        scenario.governance.map { ($0.key, $0.value) } + options.settings
        + (variant?.governance ?? []).map { ($0.key, $0.value) }
      let kind = Contender.Kind(policy, world, variant)
      let rule = PolicyKind(rawValue: policy).map { $0.rawValue } ?? PolicyKind.fixed.rawValue
      do throws(GovernanceErrors) {
        let governance = try Governance(settings + [("policy", .text(rule))])
        if let fixed = governance.rules(for: scenario.capability).fixed, !world.candidates.contains(fixed) {
          throw GovernanceErrors(items: [.init(key: "fixed", message: "names no candidate: '\(fixed)'")])
        }
        return Contender(name: name, governance: governance, kind: kind)
      } catch {
        // A scenario's own were checked when it was read: what is wrong is the combination, or an option.
        let reasons = error.items.map { "\($0.key) \($0.message)" }.joined(separator: "; ")
        throw ExperimentError("the governance of '\(name)' is not accepted: \(reasons)")
      }
    }
  }
}

extension Contender.Kind {
  /// - Parameter policy: one of ``PolicyName/all``.
  init(_ policy: String, _ world: any WorldModel, _ variant: Scenario.Variant?) {
    switch policy {
    case "random": self = .contender(UniformPolicy())
    case "linucb": self = .contender(variant?.width.map { LinUCBPolicy(width: $0) } ?? LinUCBPolicy())
    case "lints":
      self = .contender(variant?.width.map { LinearThompsonPolicy(width: $0) } ?? LinearThompsonPolicy())
    case "knn":
      self = .contender(
        variant?.neighbours.map { NearestNeighboursPolicy(neighbours: $0) } ?? NearestNeighboursPolicy())
    case "best_single": self = .bestSingle
    case "best_per_region": self = .contender(BestPerGroupOracle(candidates: world.candidates))
    default: self = .production
    }
  }
}

extension Scenario.RegionPlan {
  var source: RegionSource {
    switch self {
    case .learned: .learned
    case .fitted(let count): .fitted(count: count)
    case .given: .given
    case .none: .none
    }
  }
}

extension Experiment.Header {
  func computedDigest(buckets: Int) -> String {
    let parts = [
      scenario, policies.joined(separator: ","), seeds.map(String.init).joined(separator: ","),
      "\(epochSize)",
      "\(decisions)", "\(costWeight)", settings.joined(separator: ","), scenarioChecksum, tableChecksum ?? "",
      "\(intents)", embedding, "\(buckets)",
    ]
    return TableSource.hexadecimal(SHA256.hash(data: Array(parts.joined(separator: "\n").utf8)))
  }
}
