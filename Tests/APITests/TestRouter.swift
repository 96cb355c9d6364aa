import API
import Embedding
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// A router behind its HTTP API, on a clock that the test moves and with ids that are the same in every run.
struct TestRouter: Sendable {
  let client: any Caller
  let service: RoutingService
  let clock: ManualClock

  static let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }()

  /// - Parameters:
  ///   - isLive: listens on a socket, with the epoch keeper beside it; otherwise the routes are called without one.
  static func run<Result: Sendable>(
    on ledger: any Ledger = MemoryLedger(), catalogue: Catalogue? = Market.catalogue, seed: UInt64 = 7,
    settings: [(key: String, value: Setting)] = [], clock: ManualClock = ManualClock(),
    parts: RouterParts = RouterParts(), limits: RequestLimits = RequestLimits(), isLive: Bool = false,
    _ body: @escaping @Sendable (TestRouter) async throws -> Result
  ) async throws -> Result {
    let service = try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(), catalogue: catalogue, settings: settings, clock: clock,
      mint: IdentifierMint(seed: seed), logger: quiet)
    do {
      let test: @Sendable (any Caller) async throws -> Result = { client in
        try await body(TestRouter(client: client, service: service, clock: clock))
      }
      let result =
        try await isLive
        ? LiveServer.run(
          {
            RouterAPI.application(
              service, parts: parts, host: "127.0.0.1", port: 0, limits: limits, logger: quiet,
              onListening: $0)
          }, test)
        : Application(
          router: RouterAPI.router(service, parts: parts, limits: limits), logger: quiet
        ).test(.router) { try await test(RouteCaller(client: $0)) }
      await service.stop()
      return result
    } catch {
      await service.stop()
      throw error
    }
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, headers: HTTPFields = [:]
  ) async throws -> Reply {
    try await client.call(method, path, headers: headers, body: body)
  }

  func get(_ path: String) async throws -> Reply { try await send(.get, path) }
  func delete(_ path: String) async throws -> Reply { try await send(.delete, path) }
  func post(_ path: String, _ body: JSONValue) async throws -> Reply {
    try await send(.post, path, body: body.serialized())
  }
  func post(_ path: String, text: String) async throws -> Reply {
    try await send(.post, path, body: Array(text.utf8))
  }
  func patch(_ path: String, _ body: JSONValue) async throws -> Reply {
    try await send(.patch, path, body: body.serialized())
  }

  func decide(_ body: JSONValue) async throws -> Reply { try await post("/v1/decisions", body) }

  /// Decides a video intent, and gives the decision's id.
  func decision(_ intent: String = "a drone shot over fjords") async throws -> String {
    let reply = try await decide(["capability": "text_to_video", "intent": .string(intent)])
    return try #require(reply["/decision_id"]?.stringValue)
  }

  func feedback(_ item: JSONValue) async throws -> Reply { try await post("/v1/feedback", item) }

  @discardableResult
  func closeEpoch(after span: Span = .minutes(15)) async throws -> Reply {
    clock.advance(by: span)
    let reply = try await send(.post, "/v1/epochs")
    try #require(reply.status == 200, "\(reply.text)")
    return reply
  }

  /// Changes settings and makes them hold.
  func govern(_ parameters: JSONValue) async throws {
    let reply = try await patch("/v1/governance", ["parameters": parameters])
    try #require(reply.status == 200, "\(reply.text)")
    try await closeEpoch()
  }

  /// What is on disk once everything handed over is.
  func counts() async throws -> LedgerCounts {
    try await service.recorder.flush()
    return try service.ledger.counts()
  }
}

/// An answer of the API.
struct Reply: Sendable {
  let status: Int
  let headers: HTTPFields
  let bytes: [UInt8]

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var json: JSONValue { (try? JSONValue.parse(bytes)) ?? .null }

  /// The value at a JSON pointer (without escapes).
  subscript(_ pointer: String) -> JSONValue? { json.at(pointer) }

  /// The last part of a problem's type, if this is one, by its media type and its status too.
  var slug: String? {
    guard headers[.contentType] == "application/problem+json", self["/status"]?.integerValue == Int64(status)
    else {
      return nil
    }
    return self["/type"]?.stringValue.map { $0.replacingOccurrences(of: "urn:pointsman:", with: "") }
  }

  /// The pointers of a problem's errors.
  var pointers: [String] { self["/errors"]?.arrayValue?.compactMap { $0["pointer"]?.stringValue } ?? [] }
}

extension JSONValue {
  func at(_ pointer: String) -> JSONValue? {
    var value: JSONValue? = self
    for step in pointer.split(separator: "/") {
      value = Int(step).flatMap { value?[$0] } ?? value?[String(step)]
    }
    return value
  }

  func text(_ pointer: String) -> String? { at(pointer)?.stringValue }
  func number(_ pointer: String) -> Double? { at(pointer)?.doubleValue }
}

/// A database of its own, removed with everything beside it.
func withDatabase<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "api-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder.appending(path: "ledger.db").path)
}

/// A small market with one of everything that can be wrong with a candidate.
enum Market {
  static let catalogue: Catalogue = {
    var veo = candidate("fal/veo-3", .textToVideo) { $0.perSecond = 0.15 }
    veo.limits.maximumWidth = 1_920
    veo.limits.maximumHeight = 1_080
    veo.limits.minimumDuration = 1
    veo.limits.maximumDuration = 10
    veo.limits.maximumInputTokens = 1_000
    veo.latencyP90 = .seconds(90)
    veo.prior = Prior(quality: 0.8, mass: 4)
    var grok = candidate("xai/grok-video", .textToVideo) { $0.perRequest = 0.4 }
    grok.priority = 10
    grok.limits.maximumCharacters = 500
    var sora = candidate("openai/sora-2", .textToVideo) { $0.perSecond = 0.1 }
    sora.lifecycle = Lifecycle(stage: .retired, ends: Instant("2026-09-24")!, replacement: "openai/sora-3")
    var gen = candidate("runway/gen-4", .textToVideo) { $0.perSecond = 0.05 }
    gen.isEnabled = false
    var ray = candidate("luma/ray-3", .textToVideo) { $0.perRequest = 1 }
    ray.price = nil
    let candidates = [
      veo, grok, sora, gen, ray, candidate("fal/flux", .imageGeneration) { $0.perImage = 0.03 },
      candidate("xai/aurora", .imageGeneration) { $0.perImage = 0.07 },
    ]
    return try! Catalogue(
      providers: Set(candidates.map(\.provider)).sorted().map { Provider(id: $0, name: $0.capitalized) },
      candidates: candidates)
  }()

  private static func candidate(_ id: String, _ capability: Capability, _ set: (inout Price) -> Void)
    -> Candidate
  {
    let parts = id.split(separator: "/").map(String.init)
    var price = Price()
    set(&price)
    return Candidate(id: id, provider: parts[0], model: parts[1], capabilities: [capability], price: price)
  }
}

/// SplitMix64 (Steele, Lea & Flood 2014), so that every sweep is the same in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number in [0, 1).
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
