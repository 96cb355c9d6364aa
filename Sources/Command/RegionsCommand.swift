import ArgumentParser
import Embedding
import Foundation
import Logging
import Persistence
import Routing
import Serving
import Wire

/// `pointsman regions`: the parts of intent space in which quality is learned apart.
struct RegionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regions", abstract: "Show, name or learn the regions of intent space.",
    subcommands: [List.self, Add.self, Fit.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the regions in force.")

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        let ledger = try SQLiteLedger(path: path, access: .readOnly)
        defer { try? ledger.close() }
        answer = try StoredRegions.list(ledger)
      } else {
        answer = try await source.server.client().get("/v1/regions")
      }
      output.show(answer) { RegionsCommand.text(answer) }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Name a region by example phrases; the same id again replaces it. From the next epoch on.")

    @Argument(help: "The region's id, such as cinematic.")
    var id: String

    @Option(help: "A phrase that belongs to the region; may be given several times.")
    var example: [String] = []

    @Option(help: "Divide the intents of this capability only.")
    var capability: Capability?

    @OptionGroup var source: SourceOptions
    @OptionGroup var table: EmbeddingTableOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
      if id.isEmpty || id == RegionMap.rootID {
        throw ValidationError("a region cannot be called '\(id)'; choose another id")
      }
      if example.isEmpty { throw ValidationError("a region needs at least one --example") }
      if example.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
        throw ValidationError("an --example is empty")
      }
    }

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        answer = try await StoredRegions.add(
          NamedRegion(id: id, capability: capability, examples: example), path,
          embeddingTable: table.embeddingTable)
      } else {
        var members: [JSONValue.Member] = [.init("id", .string(id))]
        if let capability { members.append(.init("capability", .string(capability.name))) }
        members.append(.init("examples", .array(example.map { .string($0) })))
        answer = try await source.server.client().post("/v1/regions", .object(members))
      }
      output.show(answer) {
        let version = answer.text("map_version")
        return "region \(id) is in map \(version), in force from epoch \(answer.text("effective_epoch")) on"
      }
    }
  }

  struct Fit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Learn regions from past intents by spherical k-means; they replace those learned before.")

    @Option(help: "How many regions.")
    var count: Int

    @Option(help: "The same seed and intents give the same regions.")
    var seed: Int64 = 1

    @Option(help: "Learn those of this capability only; of all that have enough intents when not given.")
    var capability: Capability?

    @OptionGroup var source: SourceOptions
    @OptionGroup var table: EmbeddingTableOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
      if !(1...1_024).contains(count) {
        throw ValidationError("--count must be from 1 to 1024, got \(count)")
      }
      if seed < 0 { throw ValidationError("--seed must be at least 0, got \(seed)") }
    }

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        answer = try await StoredRegions.fit(
          count: count, seed: UInt64(seed), capability, path, embeddingTable: table.embeddingTable)
      } else {
        var members: [JSONValue.Member] = [
          .init("count", .integer(Int64(count))), .init("seed", .integer(seed)),
        ]
        if let capability { members.append(.init("capability", .string(capability.name))) }
        answer = try await source.server.client().post("/v1/regions:fit", .object(members))
      }
      output.show(answer) {
        var table = TextTable(.text("capability"), .number("intents"), .number("regions"))
        for fit in answer["fitted"]?.arrayValue ?? [] {
          table.add(fit.text("capability"), fit.text("intents"), fit.text("regions"))
        }
        let version = answer.text("map_version")
        return table.text + "\n\nmap \(version), in force from epoch \(answer.text("effective_epoch")) on"
      }
    }
  }

  static func text(_ answer: JSONValue) -> String {
    var heading =
      "map \(answer.text("map_version")), embedding \(answer.text("embedding")) (\(answer.text("dimension")))"
    let pending = answer.text("pending_version")
    if !pending.isEmpty { heading += "; map \(pending) follows at the next epoch" }
    var table = TextTable(.text("region"), .text("capability"), .text("origin"), .text("examples", limit: 80))
    for region in answer["regions"]?.arrayValue ?? [] {
      let capability = region.text("capability")
      table.add(
        region.text("id"), capability.isEmpty ? "all" : capability, region.text("origin"),
        region.list("examples"))
    }
    let note = "no regions yet: every intent belongs to the root; `pointsman regions add` or `fit` makes some"
    return heading + "\n\n" + (table.rows.isEmpty ? note : table.text)
  }
}

/// Where the static embedding's table is, for work on a database.
struct EmbeddingTableOption: ParsableArguments {
  @Option(help: ArgumentHelp("Folder of the static embedding's table, with --database.", valueName: "folder"))
  var embeddingTable = ".cache/embedding"
}

/// Regions of a database that no router runs on, in the shapes in which a router answers.
enum StoredRegions {
  static func list(_ ledger: SQLiteLedger) throws -> JSONValue {
    let recovery = try ledger.recover()
    let version = recovery.state?.mapVersion ?? 0
    let newest = recovery.map
    let current = newest?.version == version ? newest : try ledger.map(version: version)
    let isPending = newest.map { $0.version != version } ?? false
    let plan = current?.plan ?? newest?.plan
    return [
      "map_version": .integer(Int64(version)), "embedding": plan.map { .string($0.embedding) } ?? .null,
      "dimension": plan.map { .integer(Int64($0.dimension)) } ?? .null,
      "pending_version": isPending ? newest.map { .integer(Int64($0.version)) } ?? .null : .null,
      "regions": .array((current?.plan.regions ?? []).map(json)),
    ]
  }

  static func add(_ region: NamedRegion, _ path: String, embeddingTable: String) async throws -> JSONValue {
    try await withService(path, embeddingTable) { service, embedder in
      let named = try await Region(named: region, embedder)
      let map = try await service.keeper.rebase { $0.replaceNamed(named) }
      return [
        "region": json(named), "map_version": .integer(Int64(map.version)),
        "effective_epoch": .integer(Int64(service.snapshot.epoch + 1)),
      ]
    }
  }

  static func fit(
    count: Int, seed: UInt64, _ capability: Capability?, _ path: String, embeddingTable: String
  ) async throws -> JSONValue {
    try await withService(path, embeddingTable) { service, _ in
      var fitted: [JSONValue] = []
      for capability in capability.map({ [$0] }) ?? Capability.allCases {
        let intents = try await service.keeper.fit(capability, count: count, seed: seed)
        guard intents > 0 else { continue }
        fitted.append([
          "capability": .string(capability.name), "intents": .integer(Int64(intents)),
          "regions": .integer(Int64(count)),
        ])
      }
      guard !fitted.isEmpty else {
        throw CommandFailure(
          "\(count) regions need at least \(count) distinct intents of a capability; decide some first")
      }
      let version = await service.keeper.pending.map.version
      return [
        "fitted": .array(fitted), "map_version": .integer(Int64(version)),
        "effective_epoch": .integer(Int64(service.snapshot.epoch + 1)),
      ]
    }
  }

  /// A router on the database for as long as `body` takes, deciding nothing, with the embedding it was learned by.
  private static func withService(
    _ path: String, _ embeddingTable: String,
    _ body: (RoutingService, any Embedder) async throws -> JSONValue
  ) async throws -> JSONValue {
    guard FileManager.default.fileExists(atPath: path) else { throw LedgerError.missing(path: path) }
    let ledger = try SQLiteLedger(path: path, access: .readWrite)
    defer { try? ledger.close() }
    let stored = try ledger.recover().map?.plan.embedding
    let hashing = HashingEmbedding()
    let embedder: any Embedder =
      stored == hashing.name ? hashing : try StaticEmbedding(directory: embeddingTable)
    var logger = Logger(label: "pointsman", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .error
    let service = try await RoutingService.start(on: ledger, embedder: embedder, logger: logger)
    do {
      let answer = try await body(service, embedder)
      await service.stop()
      return answer
    } catch {
      await service.stop()
      throw error
    }
  }

  private static func json(_ region: Region) -> JSONValue {
    [
      "id": .string(region.id), "capability": region.capability.map { .string($0.name) } ?? .null,
      "origin": .string(region.origin.rawValue), "examples": .array(region.examples.map { .string($0) }),
    ]
  }
}
