import Declarations
import Embedding
import Foundation
import Jobs
import Logging
import Persistence
import Routing
import Serving
import ServiceLifecycle
import TestSupport
import Testing
import Wire

@testable import pointsman

@Suite("Executors, wired")
struct ExecutorsTests {
  static let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "data/catalogue.yaml").path

  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// A machine without a single credential, and the shipped catalogue.
  func running(_ body: (Executors, RoutingService) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "executors-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = ServeSettings()
    settings.database = folder.appending(path: "p.db").path
    settings.catalogue = Self.shipped
    settings.vendors = URL(filePath: Self.shipped).deletingLastPathComponent().appending(path: "vendors").path
    let router = try await RoutingService.start(
      on: MemoryLedger(), embedder: HashingEmbedding(), catalogue: CatalogueFile.load(path: Self.shipped),
      logger: logger)
    let executors = try await Executors.start(router, settings, variable: { _ in nil }, logger: logger)
    let runs = ([executors.jobs] + executors.services).map { service in Task { try await service.run() } }
    do {
      try await body(executors, router)
    } catch {
      Issue.record(error)
    }
    for run in runs { run.cancel() }
    for run in runs { _ = await run.result }
    await router.stop()
  }

  func order(_ capability: Capability, _ input: JSONValue, only: [String]?) throws -> JobOrder {
    JobOrder(
      intent: Intent(
        capability: capability, text: "a fox in the snow", constraints: Constraints(only: only)),
      input: try WorkInput(input), inputJSON: input.serialized())
  }

  @Test(
    "On a machine without credentials the first job runs on the sandbox, and its picture lies in the folder")
  func firstJob() async throws {
    try await running { executors, _ in
      let input: JSONValue = ["prompt": "a fox in the snow"]
      let job = try await executors.jobs.submit(
        try order(.imageGeneration, input, only: ["sandbox/steady"]))
      let view = try await executors.jobs.wait(for: job.job.id, atMost: .seconds(60))
      #expect(view?.job.state == .succeeded)
      let artefact = try #require(view?.job.result?.artefacts.first)
      #expect(artefact.contentType == "image/png" && artefact.isCopied)
      let name = String(artefact.url.split(separator: "/").last ?? "")
      #expect(artefact.url == "/v1/artefacts/\(name)")
      let stored = try #require(try await executors.artefacts.artefact(named: name))
      let bytes = try await executors.artefacts.read(stored, 0..<stored.byteCount)
      #expect(bytes.count == artefact.byteCount && bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }

  @Test("Only who can be asked is asked how he is, and the answer is in the ledger")
  func health() async throws {
    try await running { executors, router in
      #expect(await eventually { executors.health.health(of: "sandbox")?.history.count == 1 })
      #expect(executors.health.health(of: "openai") == nil && executors.health.health(of: "xai") == nil)
      #expect(await eventually { (try? router.ledger.healthChecks(of: "sandbox", limit: 5))?.count == 1 })
      let unasked = try router.ledger.healthChecks(of: "openai", limit: 5)
      #expect(unasked == [])
    }
  }

  @Test("A catalogue that is read again holds from the next epoch on")
  func reload() async throws {
    try await running { executors, router in
      #expect(await executors.catalogue.reload())
      #expect(router.snapshot.catalogue.version == 1)
      let smaller = try Executors.parseCatalogue(CatalogueReloadTests.good)
      _ = try await router.stock(smaller, from: .request)
      #expect(await executors.catalogue.follow(smaller))
      #expect(router.snapshot.catalogue.version == 1)
      _ = try await router.keeper.close()
      #expect(router.snapshot.catalogue.value == smaller)
      #expect(await executors.jobs.providers().map(\.provider) == ["acme", "sandbox"])
    }
  }
}
