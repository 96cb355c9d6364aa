import Crypto
import Foundation
import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import pointsman

/// A customer is told how a job ended, through real connections.
@Suite("Customers of the street")
struct StreetDeliveryTests {
  /// The secret that deliveries are signed with from now on.
  static func secret(_ router: StreetWorld.Router) async throws -> String {
    let answer = try await router.client.post("/v1/callback-secrets")
    return try #require(answer["secret"]?.stringValue)
  }

  static func delivery(_ job: JSONValue, _ router: StreetWorld.Router) async throws -> JSONValue? {
    let id = try #require(job["id"]?.stringValue)
    return try await router.client.get("/v1/deliveries", [("job", id)])["deliveries"]?.arrayValue?.first
  }

  /// What Standard Webhooks says, by another implementation than ours.
  static func isSigned(_ call: CustomerEndpoint.Call, _ secret: String) throws -> Bool {
    let key = try #require(Data(base64Encoded: String(secret.dropFirst("whsec_".count))))
    let head = "\(call.headers["webhook-id"] ?? "").\(call.headers["webhook-timestamp"] ?? "")."
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(head.utf8) + call.body, using: SymmetricKey(data: key))
    return call.headers["webhook-signature"] == "v1,\(Data(code).base64EncodedString())"
  }

  @Test(
    "A provider dies, the next one's webhook comes three times, the endpoint fails twice: one event arrives")
  func endToEnd() async throws {
    let plan = StreetWorld.Plan(
      models: [StreetModel.fal, StreetModel.replicate],
      faults: [
        "{fault: fails, vendor: fal, calls: [1]}",
        "{fault: duplicate_webhook, vendor: replicate, calls: [1]}",
      ], hasWebhooks: true)
    try await CustomerEndpoint.open([503, 500]) { endpoint in
      try await StreetWorld.open(plan) { world in
        try await world.serving { router in
          let secret = try await Self.secret(router)
          let job = try await router.done(
            "image_generation", ["prompt": "a fox in the snow"],
            [.init("callback_url", .string(endpoint.url))])
          #expect(job["state"]?.stringValue == "succeeded", "\(job)")
          #expect(job["executed"]?.stringValue == "replicate/flux-schnell")
          #expect(try await eventually { try await Self.delivery(job, router)?["state"] == "delivered" })
          #expect(await eventually { (try? await world.webhookAnswers().count) ?? 0 >= 3 })
          let calls = endpoint.calls
          #expect(calls.count == 3)
          #expect(Set(calls.map { $0.headers["webhook-id"] }).count == 1)
          #expect(Set(calls.map(\.body)).count == 1)
          for call in calls { #expect(try Self.isSigned(call, secret)) }
          let last = try #require(calls.last)
          let payload = try JSONValue.parse(last.body)
          #expect(payload["type"] == "job.succeeded" && payload["data"]?["id"] == job["id"])
          #expect(payload["data"]?["attempts"]?.arrayValue?.count == 2)
          // All that came later made no second event.
          let id = try #require(last.headers["webhook-id"])
          let list = try await router.client.get("/v1/deliveries")
          #expect(list["deliveries"]?.arrayValue?.map { $0["id"]?.stringValue } == [id])
          let record = try await router.client.get("/v1/deliveries/\(id)")
          #expect(record["log"]?.arrayValue?.map { $0["status"]?.integerValue } == [503, 500, 204])
          if let verdict = try PackagedVerifier.verdict(on: last, secret) {
            #expect(verdict == "job.succeeded", "PyPI's standardwebhooks says: \(verdict)")
          }
        }
      }
    }
  }

  @Test(
    "PyPI's standardwebhooks takes what we sign, before and after the secret was changed",
    .enabled(
      if: PackagedVerifier.isReady,
      "run Tests/VendorStreetTests/Scripts/packages.sh, which installs it or says what is missing"))
  func packaged() async throws {
    try await CustomerEndpoint.open([]) { endpoint in
      try await StreetWorld.open(.init(models: [StreetModel.fal])) { world in
        try await world.serving { router in
          let old = try await Self.secret(router)
          let new = try await Self.secret(router)
          let job = try await router.done(
            "image_generation", ["prompt": "a fox"], [.init("callback_url", .string(endpoint.url))])
          #expect(try await eventually { try await Self.delivery(job, router)?["state"] == "delivered" })
          var call = try #require(endpoint.calls.first)
          for secret in [old, new] {
            #expect(try PackagedVerifier.verdict(on: call, secret) == "job.succeeded")
          }
          let other = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
          #expect(try PackagedVerifier.verdict(on: call, other) == "refused: No matching signature found")
          call.body.append(UInt8(ascii: " "))
          #expect(try PackagedVerifier.verdict(on: call, new) == "refused: No matching signature found")
        }
      }
    }
  }

  @Test("Killed between two attempts: the next router makes the next one, of the same event")
  func killed() async throws {
    try await CustomerEndpoint.open([500]) { endpoint in
      try await StreetWorld.open(.init(models: [StreetModel.fal])) { world in
        let first = try await world.start()
        let secret = try await Self.secret(first)
        let job = try await first.done(
          "image_generation", ["prompt": "a fox"], [.init("callback_url", .string(endpoint.url))])
        #expect(await eventually { !endpoint.calls.isEmpty })
        await first.kill()
        try await world.serving { second in
          let isDelivered = try await eventually {
            try await Self.delivery(job, second)?["state"] == "delivered"
          }
          #expect(isDelivered)
          #expect(Set(endpoint.calls.map { $0.headers["webhook-id"] }).count == 1)
          #expect(endpoint.calls.count >= 2)
          for call in endpoint.calls { #expect(try Self.isSigned(call, secret)) }
        }
      }
    }
  }

  @Test("Dead letters are listed and retried on a database that no router runs on, and then delivered")
  func retriedByCommand() async throws {
    try await CustomerEndpoint.open([500, 500, 500, 500, 500]) { endpoint in
      try await StreetWorld.open(.init(models: [StreetModel.fal])) { world in
        let first = try await world.start()
        _ = try await Self.secret(first)
        let job = try await first.done(
          "image_generation", ["prompt": "a fox"], [.init("callback_url", .string(endpoint.url))])
        #expect(try await eventually { try await Self.delivery(job, first)?["state"] == "dead" })
        await first.stop()
        let ledger = try SQLiteLedger(path: world.database, access: .readOnly)
        let list = try StoredDeliveries.list(ledger, .dead, nil, 50)
        try ledger.close()
        #expect(DeliveriesCommand.text(list).contains("answered 500"))
        let id = try #require(list["deliveries"]?.arrayValue?.first?["id"]?.stringValue)
        let now = SystemClock().now
        let retried = try StoredDeliveries.retry(try #require(Identifier(id)), world.database, at: now)
        #expect(retried["state"] == "pending" && retried["attempts"] == 5)
        #expect(throws: CommandFailure.self) {
          _ = try StoredDeliveries.retry(try #require(Identifier(id)), world.database, at: now)
        }
        try await world.serving { second in
          let isDelivered = try await eventually {
            try await Self.delivery(job, second)?["state"] == "delivered"
          }
          #expect(isDelivered)
          #expect(endpoint.calls.count == 6)
        }
      }
    }
  }
}

/// PyPI's `standardwebhooks`, unmodified, as `packages.sh` puts it into `.cache/street-venv`.
enum PackagedVerifier {
  private static let python = StreetWorld.data.deletingLastPathComponent()
    .appending(path: ".cache/street-venv/bin/python")

  static let isReady = (try? run("import standardwebhooks", []))?.status == 0

  /// The event's type, or why the package does not believe it; nil where the package is not installed.
  static func verdict(on call: CustomerEndpoint.Call, _ secret: String) throws -> String? {
    guard isReady else { return nil }
    let headers = JSONValue.object(
      call.headers.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
    let arguments = [
      secret, String(decoding: headers.serialized(), as: UTF8.self),
      String(decoding: call.body, as: UTF8.self),
    ]
    return try run(script, arguments).output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static let script = """
    import json, sys
    from standardwebhooks import Webhook, WebhookVerificationError
    secret, headers, body = sys.argv[1:]
    try: print(Webhook(secret).verify(body, json.loads(headers))["type"])
    except WebhookVerificationError as error: print(f"refused: {error}")
    """

  private static func run(
    _ script: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = python
    process.arguments = ["-c", script] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
