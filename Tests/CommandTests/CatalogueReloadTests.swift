import API
import Adapters
import Declarations
import Foundation
import Logging
import Persistence
import Routing
import Serving
import Synchronization
import TestSupport
import Testing
import Transport
import Wire

@testable import pointsman

@Suite("Reading the catalogue again")
struct CatalogueReloadTests {
  static let good = """
    version: 1
    providers:
      - {id: acme, name: Acme}
      - {id: sandbox, kind: local}
    models:
      - {id: acme/one, capabilities: [embedding]}
      - {id: sandbox/steady, capabilities: [embedding], only_by_name: true}
    """

  /// What became of a catalogue, and what the log said.
  final class Seen: Sendable {
    let recorded = Mutex<[Routing.Catalogue]>([])
    let adopted = Mutex<[[String]]>([])
    let lines = Mutex<[String]>([])
  }

  struct Log: LogHandler {
    let seen: Seen
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { seen.lines.withLock { $0.append("\(event.level): \(event.message)") } }
  }

  let seen = Seen()
  let path = FileManager.default.temporaryDirectory.appending(path: "reload-\(UUID().uuidString).yaml").path

  func reload(recordFails: Bool = false) throws -> CatalogueReload {
    struct Refused: Error, CustomStringConvertible { var description: String { "the disk is full" } }
    let context = AdapterContext(
      transport: try HTTPTransport(), store: MemoryArtefacts(), clock: ManualClock(), variable: { _ in nil },
      receivesWebhooks: false)
    return CatalogueReload(
      path: path, build: { AdapterStock(shelf: AdapterShelf($0, declarations: [], context)) },
      record: { [seen] catalogue in
        if recordFails { throw Refused() }
        seen.recorded.withLock { $0.append(catalogue) }
      },
      adopt: { [seen] stock in
        seen.adopted.withLock { $0.append(stock.adapters.shelf.adapters.map(\.provider)) }
      }, told: [], logger: Logger(label: "test") { [seen] _ in Log(seen: seen) })
  }

  func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

  @Test("A good one is recorded, then the executors have it; a provider that is skipped is named once")
  func good() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try write(Self.good)
    let reload = try reload()
    #expect(await reload.reload())
    #expect(await reload.reload())
    #expect(seen.recorded.withLock { $0.map(\.candidates.count) } == [2, 2])
    #expect(seen.adopted.withLock { $0 } == [["sandbox"], ["sandbox"]])
    let skipped = "notice: provider 'acme' has no adapter: no declaration is called 'acme'"
    #expect(seen.lines.withLock { $0.count { $0 == skipped } } == 1)
  }

  @Test("A faulty one changes nothing, and every fault is logged with its line")
  func faulty() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try write(
      Self.good.replacing("capabilities: [embedding]}", with: "capabilities: [embeding]}")
        + "\n  - {id: nobody/x, capabilities: [embedding]}")
    let reload = try reload()
    #expect(await reload.reload() == false)
    #expect(seen.recorded.withLock { $0 }.isEmpty && seen.adopted.withLock { $0 }.isEmpty)
    let lines = seen.lines.withLock { $0 }
    #expect(
      lines.count == 3 && lines[0] == "error: the catalogue was not read again, nothing has changed: \(path)")
    #expect(lines[1].hasPrefix("error: \(path):6: unknown capability 'embeding'"))
    #expect(lines[2].hasPrefix("error: \(path):8: model 'nobody/x' belongs to provider 'nobody'"))
  }

  @Test("A file that is gone, or a ledger that takes nothing, leaves the executors as they are")
  func unrecorded() async throws {
    let missing = try reload()
    #expect(await missing.reload() == false)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try write(Self.good)
    let failing = try reload(recordFails: true)
    #expect(await failing.reload() == false)
    #expect(seen.adopted.withLock { $0 }.isEmpty)
    #expect(seen.lines.withLock { $0.last }?.hasSuffix("the disk is full") == true)
  }

  @Test("One that came in over HTTP is recorded already and only followed; a text is read as the file is")
  func following() async throws {
    let reload = try reload()
    #expect(await reload.follow(try Executors.parseCatalogue(Self.good)))
    #expect(seen.recorded.withLock { $0 }.isEmpty && seen.adopted.withLock { $0.count } == 1)
    let error = #expect(throws: CatalogueFaults.self) {
      try Executors.parseCatalogue("version: 1\nmodels: []\n")
    }
    #expect(error?.description == "line 1: catalogue lacks the key 'providers' (a list of mappings)")
  }

  @Test("Adapters are found by provider, and those without have their reason")
  func stock() throws {
    let catalogue = try CatalogueFile.parse(Self.good, file: "c.yaml")
    let context = AdapterContext(
      transport: try HTTPTransport(), store: MemoryArtefacts(), clock: ManualClock(), variable: { _ in nil },
      receivesWebhooks: false)
    let stock = AdapterStock(shelf: AdapterShelf(catalogue, declarations: [], context))
    #expect(stock["sandbox"]?.provider == "sandbox" && stock["acme"] == nil && stock["nobody"] == nil)
    #expect(stock.gaps == ["acme": "provider 'acme' has no adapter: no declaration is called 'acme'"])
  }
}

/// The real executable.
@Suite("A router that runs", .serialized)
struct RunningRouterTests {
  @Test(
    "SIGHUP reads the catalogue again: a faulty file changes nothing, a good one holds from the next epoch on"
  )
  func hangup() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "pointsman-hup-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let router = try await ServedRouter(database: folder.appending(path: "ledger.db").path, folder: folder)
    defer { router.terminate() }
    let file = folder.appending(path: "catalogue.yaml")
    let before = try String(contentsOf: file, encoding: .utf8)
    #expect(FileManager.default.fileExists(atPath: folder.appending(path: "artefacts").path))

    func names() async throws -> [String] {
      _ = try await router.client.post("/v1/epochs")
      let answer = try await router.client.get("/v1/candidates")
      return (answer["candidates"]?.arrayValue ?? []).compactMap { $0["candidate"]?.stringValue }
    }
    try before.replacing("[text_generation]", with: "[text_generatoin]").write(
      to: file, atomically: true, encoding: .utf8)
    router.hangUp()
    #expect(try await names() == ["t/one", "t/three", "t/two"])
    try (before + "\n  - {id: t/four, capabilities: [text_generation]}\n").write(
      to: file, atomically: true, encoding: .utf8)
    router.hangUp()
    #expect(await eventually { (try? await names()) == ["t/four", "t/one", "t/three", "t/two"] })
  }

  @Test("The sandbox of the shipped catalogue decides for whoever names it, and for nobody else")
  func sandbox() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "pointsman-box-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "data/catalogue.yaml").path
    let router = try await ServedRouter(
      database: folder.appending(path: "ledger.db").path, folder: folder, catalogue: shipped)
    defer { router.terminate() }
    for capability in Capability.allCases {
      var request: JSONValue = [
        "capability": .string(capability.name), "intent": "a fox", "constraints": ["only": ["sandbox"]],
      ]
      let named = try await router.client.post("/v1/decisions", request)
      #expect(named["chosen"]?["provider"] == "sandbox")
      request = ["capability": .string(capability.name), "intent": "a fox"]
      let open = try await router.client.post("/v1/decisions", request)
      let all = [open["chosen"]] + (open["fallbacks"]?.arrayValue ?? [])
      #expect(!all.contains { $0?["provider"] == "sandbox" })
      let reasons = (open["excluded"]?.arrayValue ?? []).filter {
        $0["candidate"]?.stringValue?.hasPrefix("sandbox/") == true
      }
      #expect(reasons.compactMap { $0["reason"]?.stringValue } == ["only_by_name", "only_by_name"])
    }
  }
}
