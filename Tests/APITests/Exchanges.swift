import HTTPTypes
import Routing
import Serving
import Synchronization
import TestSupport
import Testing
import Wire

/// One of everything, as it goes over the wire.
enum Exchanges {
  static func record(_ router: TestRouter) async throws -> JSONValue {
    let recorder = ExchangeRecorder(router)
    try await decisions(recorder)
    try await feedback(recorder)
    try await settings(recorder)
    try await reading(recorder)
    return recorder.exchanges
  }

  /// Some and then all candidates are kept out by what is known of the moment.
  private static func moment(_ record: ExchangeRecorder, _ intent: JSONValue) async throws {
    let service = record.router.service
    let soon = service.clock.now + .seconds(24)
    for ids in [["fal/veo-3"], ["fal/veo-3", "luma/ray-3", "xai/grok-video"]] {
      let state = LiveState(obstacle: LiveObstacle(.circuitOpen, until: soon, detail: "6 of 8 failed"))
      service.adopt(market: LiveMarket(states: Dictionary(uniqueKeysWithValues: ids.map { ($0, state) })))
      try await record.send(.post, "/v1/decisions", intent)
    }
    service.adopt(market: LiveMarket())
  }

  private static func decisions(_ record: ExchangeRecorder) async throws {
    let intent: JSONValue = ["capability": "text_to_video", "intent": "a cinematic drone shot"]
    let vector = JSONValue.array((0..<256).map { $0 == 7 ? 1 : 0 })
    for body in [
      intent, ["capability": "text_to_video", "embedding": vector, "intent": .null],
      [
        "capability": "text_to_video", "intent": "fjords", "embedding": vector, "explore": .null,
        "session": "s",
        "constraints": [
          "max_cost_usd": 2, "max_latency_ms": 100_000.5, "width": 1_280, "height": 720, "duration_s": 5.5,
          "only": ["fal", "xai"], "exclude": [],
        ], "units": ["input_tokens": 900, "output_tokens": 400, "images": 1, "characters": 20],
        "objective": ["cost_weight": 0.3], "idempotency_key": "k",
      ],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/decisions", body)
    }
    for body in [
      [], ["capability": "text_to_video"], ["capability": "video", "intent": "x"], ["intent": "x"],
      ["capability": "text_to_video", "intent": " "], ["capability": "text_to_video", "intent": ""],
      ["capability": "text_to_video", "intent": .null, "embedding": .null],
      ["capability": "text_to_video", "intent": "x", "explore": 1],
      ["capability": "text_to_video", "intent": "x", "more": 1],
      ["capability": "text_to_video", "embedding": ["a"]],
      ["capability": "text_to_video", "intent": "x", "units": ["images": 0]],
      ["capability": "text_to_video", "intent": "x", "constraints": ["only": []]],
      ["capability": "text_to_video", "intent": "x", "constraints": ["max_cost_usd": -1]],
      ["capability": "text_to_video", "intent": "x", "objective": ["cost_weight": 11]],
      ["capability": "text_to_video", "intent": "x", "session": ""],
      ["capability": "text_to_video", "intent": "x", "idempotency_key": 7],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/decisions", body)
    }
    for body in [
      ["capability": "text_to_video", "embedding": [1]],
      ["capability": "text_to_video", "embedding": .array(Array(repeating: 0, count: 256))],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/decisions", body, isBeyondSchema: true)
    }
    try await record.send(.post, "/v1/decisions", ["capability": "voice_cloning", "intent": "x"])
    try await moment(record, intent)
    try await record.send(
      .post, "/v1/decisions", ["capability": "text_to_video", "intent": "y", "idempotency_key": "k"])
    try await record.send(
      .post, "/v1/decisions",
      ["capability": "embedding", "intent": .string(String(repeating: "x", count: 300_000))])
    try await record.send(.get, "/v1/decisions")
    try await record.send(.post, "/v1/decisions?x=1", intent, isBeyondSchema: true)
    try await record.send(
      .post, "/v1/decisions:batch",
      [
        "decisions": [intent, ["capability": "voice_cloning", "intent": "x"], 7, ["intent": "x"]]
      ])
    try await record.send(.post, "/v1/decisions:batch", ["decision": []])
    try await record.send(
      .post, "/v1/decisions:batch", ["decisions": .array(Array(repeating: intent, count: 1_001))])
  }

  private static func feedback(_ record: ExchangeRecorder) async throws {
    let router = record.router
    let id = JSONValue.string(try await router.decision())
    let other = JSONValue.string(try await router.decision())
    let unknown: JSONValue = "019a9f3c-6f00-7c3e-9a55-0b8f6c1d2e3f"
    for body in [
      [
        "id": "r:1", "decision_id": id, "signal": "user.rating", "value": 4, "rater": "ana",
        "at": "2026-11-20T09:00:00.5+01:00", "comment": "sharp", "other_decision_id": .null, "trust": .null,
      ], ["decision_id": id, "signal": "user.download"],
      ["decision_id": id, "signal": "user.view", "value": true],
      ["id": "duel", "decision_id": id, "signal": "comparison", "value": "win", "other_decision_id": other],
      ["decision_id": unknown, "signal": "score", "value": 0.5, "at": "2026-11-20"],
      ["decision_id": other, "signal": "reputation.erc8004", "value": 0.5, "trust": 0.5],
      [
        "feedback": [
          ["decision_id": other, "signal": "user.thumb", "value": "down"], 7, ["signal": "user.thumb"],
        ]
      ],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/feedback", body)
    }
    for body in [
      ["signal": "score", "value": 1], ["decision_id": "x", "signal": "score", "value": 1],
      ["decision_id": id, "signal": "scores", "value": 1],
      ["decision_id": id, "signal": "score", "value": [1]],
      ["decision_id": id, "signal": "score", "value": 1, "note": "x"],
      ["decision_id": id, "signal": "score", "value": 1, "id": ""],
      ["decision_id": id, "signal": "score", "value": 1, "at": "today"], ["feedback": 7],
      ["feedback": [], "more": 1],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/feedback", body)
    }
    for (signal, value) in [
      ("score", 2), ("score", .null), ("user.rating", 0.5), ("user.rating", "4"), ("user.thumb", "sideways"),
      ("user.download", 0.5), ("user.view", false), ("comparison", "win"), ("review.agent", true),
    ] as [(String, JSONValue)] {
      try await record.send(
        .post, "/v1/feedback", ["decision_id": id, "signal": .string(signal), "value": value])
    }
    for body in [
      ["decision_id": id, "signal": "score", "value": 1, "trust": 1],
      ["decision_id": id, "signal": "score", "value": 1, "other_decision_id": other],
      ["decision_id": id, "signal": "comparison", "other_decision_id": other],
    ] as [JSONValue] {
      try await record.send(.post, "/v1/feedback", body)
    }
    try await record.send(
      .post, "/v1/feedback",
      ["decision_id": id, "signal": "score", "value": 1, "at": "2030-01-01T00:00:00Z"],
      isBeyondSchema: true)
    try await record.send(
      .post, "/v1/feedback", ["id": "r:1", "decision_id": other, "signal": "score", "value": 1])
    let path = "/v1/decisions/\(id.stringValue!)"
    try await record.send(
      .post, "\(path)/outcome",
      [
        "candidate": "fal/veo-3", "state": "bad_output", "latency_ms": 10.5, "cost_usd": 0.75,
        "at": "2026-11-20T10:00:00Z",
      ])
    try await record.send(
      .post, "\(path)/outcome", ["candidate": "xai/grok-video", "state": "succeeded", "cost_usd": .null])
    try await record.send(.post, "\(path)/outcome", ["candidate": "no/body", "state": "failed"])
    try await record.send(.post, "\(path)/outcome", ["candidate": "fal/veo-3", "state": "done"])
    try await record.send(.get, "\(path)/outcome")
    try await record.send(.delete, "/v1/feedback/r:1")
    try await record.send(.delete, "/v1/feedback/nobody")
    try await record.send(.delete, "/v1/feedback/duel?x=1")
    for path in [path, "/v1/decisions/\(other.stringValue!)", "/v1/decisions/\(unknown.stringValue!)"] {
      try await record.send(.get, path)
      try await record.send(.get, "\(path)/explanation")
    }
    try await record.send(.get, "\(path)?x=1")
    try await record.send(.get, "\(path)/explanation?x=1")
    try await record.send(.delete, "\(path)/explanation")
  }

  private static func settings(_ record: ExchangeRecorder) async throws {
    try await record.send(
      .post, "/v1/regions",
      ["id": "cinematic", "capability": "text_to_video", "examples": ["a cinematic drone shot"]])
    try await record.send(
      .post, "/v1/regions", ["id": "foxes", "capability": .null, "examples": ["foxes in snow"]])
    try await record.send(.post, "/v1/regions", ["id": "root", "examples": ["x y"]])
    try await record.send(.post, "/v1/regions", ["id": "r", "examples": []])
    try await record.send(.post, "/v1/regions", ["id": "r", "examples": ["!?"]], isBeyondSchema: true)
    try await record.send(.post, "/v1/regions:fit", ["count": 2, "seed": 7, "capability": "text_to_video"])
    try await record.send(.post, "/v1/regions:fit", ["count": 1_000, "capability": .null])
    try await record.send(.post, "/v1/regions:fit", ["count": 0])
    try await record.send(
      .patch, "/v1/governance",
      [
        "parameters": [
          "half_life": "7d", "text_to_video.mode": "observe", "default_reward": .null, "holdout": 0.125,
        ],
        "author": "ana", "reason": "to see",
      ])
    try await record.send(.get, "/v1/governance")
    try await record.send(.patch, "/v1/governance", ["parameters": [:]])
    try await record.send(.patch, "/v1/governance", ["parameters": ["holdout": [1]]])
    try await record.send(.patch, "/v1/governance", ["parameters": ["holdout": 7]], isBeyondSchema: true)
    try await record.send(.put, "/v1/governance")
    try await record.send(.post, "/v1/epochs")
    try await record.send(.post, "/v1/epochs?x=1")
    try await record.send(
      .post, "/v1/decisions", ["capability": "text_to_video", "intent": "a cinematic drone shot"])
    _ = try await record.router.closeEpoch()
  }

  private static func reading(_ record: ExchangeRecorder) async throws {
    for path in [
      "/healthz", "/readyz", "/openapi.yaml", "/v1/candidates", "/v1/candidates?capability=text_to_video",
      "/v1/providers",
      "/v1/providers/fal/health", "/v1/providers/nobody/health", "/v1/regions", "/v1/governance",
      "/v1/governance/history",
      "/v1/epochs", "/v1/epochs?from=0&limit=1", "/v1/epochs/0", "/v1/epochs/1", "/v1/epochs/99",
      "/v1/rankings?capability=text_to_video", "/v1/rankings?capability=text_to_video&region=cinematic",
      "/v1/rankings?capability=text_to_video&region=nowhere", "/v1/rankings",
      "/v1/rankings?capability=embedding",
      "/v1/frontier?capability=text_to_video&history=5",
      "/v1/frontier?capability=image_generation&region=foxes&history=5",
      "/v1/frontier?capability=text_to_video&region=nowhere",
      "/v1/frontier?capability=text_to_video&history=9999",
      "/healthz?x=1", "/readyz?x=1", "/openapi.yaml?x=1", "/v1/candidates?x=1", "/v1/providers?x=1",
      "/v1/providers/fal/health?x=1", "/v1/regions?x=1", "/v1/governance?x=1", "/v1/governance/history?x=1",
      "/v1/epochs?limit=0",
      "/v1/epochs/0?x=1",
    ] {
      try await record.send(.get, path)
      try await record.send(.delete, path.prefix { $0 != "?" }.description)
    }
  }
}

/// Sends requests and keeps what went over the wire.
final class ExchangeRecorder: Sendable {
  let router: TestRouter
  private let kept = Mutex<[JSONValue]>([])

  init(_ router: TestRouter) { self.router = router }

  var exchanges: JSONValue { .array(kept.withLock { $0 }) }

  /// - Parameters:
  ///   - bytes: a body that is not held against a schema.
  ///   - isBeyondSchema: the fault, if there is one, is none that a schema can state.
  func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, bytes: [UInt8]? = nil,
    headers: HTTPFields = [:], isBeyondSchema: Bool = false
  ) async throws {
    let reply = try await router.send(
      method, path, body: bytes ?? body.map { $0.serialized() }, headers: headers)
    kept.withLock {
      $0.append([
        "method": .string(method.rawValue.lowercased()),
        "path": .string(path.prefix { $0 != "?" }.description),
        "request": body ?? .null, "status": .integer(Int64(reply.status)),
        "is_beyond_schema": .bool(isBeyondSchema),
        "media_type": .string(reply.headers[.contentType] ?? ""), "answer": .string(reply.text),
      ])
    }
  }
}
