import Crypto
import Foundation
import HTTPTypes
import Synchronization
import Wire

/// fal: a queue with status, result and cancel, webhooks signed with Ed25519, and the direct host.
///
/// Where the real fal has three hosts, the street has three paths: `/fal` is `queue.fal.run`, `/fal/sync` is
/// `fal.run`, and `/fal/.well-known/jwks.json` is that of `rest.fal.ai`. Written after fal-client 1.0.3
/// (Python) and fal's documents of the queue, of request errors and of model errors.
struct Fal: Vendor {
  let name = "fal"
  let fileLifetime = Duration.seconds(7 * 86_400)
  private let seal: FalSeal

  init(seed: UInt64) { seal = FalSeal(seed: seed) }

  func key(of call: Call) -> String? { call.token("Key") }

  var routes: [Route] {
    [
      Route(.get, ".well-known/jwks.json", .other, needsKey: false) { _ in .json(200, seal.keys) },
      Route(.get, "{app...}/requests/{id}/status/stream", .status, statusStream),
      Route(.get, "{app...}/requests/{id}/status", .status) { call in
        let job = try job(call)
        let status = FalStatus(job, call)
        return .json(status.code, status.json, headers: headers(job.id))
      },
      Route(.get, "{app...}/requests/{id}", .result) { call in try result(of: job(call), call) },
      Route(.put, "{app...}/requests/{id}/cancel", .cancel, cancel),
      Route(.post, "sync/{app...}", .submit) { call in
        let order = try order(call)
        let job = try await call.wait(for: call.create(order.immediate))
        return try result(of: job, call)
      },
      Route(.post, "{app...}", .submit, submit),
    ]
  }

  // MARK: Submitting

  private func submit(_ call: Call) async throws -> Answer {
    if let limit = call.header("x-fal-request-timeout"), (Double(limit) ?? 0) <= 1 {
      throw Refusal(.invalid, "X-Fal-Request-Timeout must be greater than 1 second.")
    }
    var order = try order(call)
    if let webhook = call.query("fal_webhook") {
      guard URL(string: webhook)?.scheme?.hasPrefix("http") == true else {
        throw Refusal(.invalid, "fal_webhook is not a valid URL.")
      }
      order.webhook = webhook
    }
    let job = try call.create(order)
    let event = WebhookEvent(id: job.id, name: "completed", due: job.endsAt, sign: seal.sign) { job, now in
      guard job.stage(at: now).isTerminal else { return nil }
      return webhookBody(job, call).serialized()
    }
    call.desk.webhooks.schedule([event], of: job)
    return .json(200, FalStatus(job, call).submitted, headers: headers(job.id))
  }

  private func order(_ call: Call) throws -> JobOrder {
    let input = try call.json()
    let app = call["app"]
    guard app.split(separator: "/").count >= 2, !app.contains("no-such") else {
      throw Refusal(.notFound, "Application '\(app.split(separator: "/").last ?? "")' not found")
    }
    let prompt = MediaInput(input).prompt
    let product = Product.guess(
      from: app, prompt: prompt, size: MediaInput(input).size, seconds: MediaInput(input).seconds)
    let count = max(1, min(4, Int(input["num_images"]?.integerValue ?? 1)))
    let products = if case .image = product { (0..<count).map { _ in product } } else { [product] }
    return JobOrder(
      id: call.newDigest().uuid, model: app, prompt: prompt, products: products,
      microUSD: MediaInput.price(product) * products.count, echo: input)
  }

  // MARK: Asking

  /// The job of a status, result or cancel call, whose path must name the app without its sub-path.
  private func job(_ call: Call) throws -> VendorJob {
    let job = try call.job(call["id"])
    guard call["app"] == FalStatus.application(job.model) else {
      throw Refusal(.methodNotAllowed, "Path /\(call["app"])/requests/\(job.id) not found")
    }
    return job
  }

  private func result(of job: VendorJob, _ call: Call) throws -> Answer {
    let (status, body) = FalOutcome(job, call).result
    var headers = headers(job.id)
    if let type = body.string("error_type") { headers[.falErrorType] = type }
    return .json(status, body, headers: headers)
  }

  private func cancel(_ call: Call) async throws -> Answer {
    guard let job = call.desk.jobs.find(call["id"], of: name) else {
      return .json(404, ["status": "NOT_FOUND"])
    }
    let now = call.now
    if job.stage(at: now).isTerminal { return .json(400, ["status": "ALREADY_COMPLETED"]) }
    _ = call.desk.jobs.cancel(job.id, of: name, at: now)
    return .json(202, ["status": "CANCELLATION_REQUESTED"], headers: headers(job.id))
  }

  private func statusStream(_ call: Call) async throws -> Answer {
    let id = try job(call).id
    let hasEnded = Atomic(false)
    return .stream { [call] place in
      if hasEnded.load(ordering: .relaxed) { return nil }
      if place > 0 {
        // One event for each change, and one a second where nothing changes.
        let now = call.now
        let change = try call.job(id).nextChange(after: now) ?? now + .seconds(1)
        try await Task.sleep(for: change - now)
      }
      let status = FalStatus(try call.job(id), call)
      hasEnded.store(status.code == 200, ordering: .relaxed)
      return Answer.event(status.json.text)
    }
  }

  private func headers(_ id: String) -> HTTPFields { [.falRequestID: id] }

  // MARK: Words

  /// `{"request_id", "gateway_request_id", "status": "OK"|"ERROR", "payload", "error"}`
  private func webhookBody(_ job: VendorJob, _ call: Call) -> JSONValue {
    let (status, body) = FalOutcome(job, call).result
    let isFine = (200..<300).contains(status)
    let webhook: JSONValue = [
      "request_id": .string(job.id), "gateway_request_id": .string(job.id),
      "status": isFine ? "OK" : "ERROR", "payload": body,
    ]
    return isFine ? webhook : webhook.with("error", .string("Unexpected status code: \(status)"))
  }

  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    var headers = refusalHeaders(refusal)
    let type: String? =
      switch refusal.reason {
      case .server: refusal.status == 504 ? "request_timeout" : "runner_scheduling_failure"
      case .invalid: "bad_request"
      default: nil
      }
    if let type { headers[.falErrorType] = type }
    let status = refusal.reason == .outOfCredit ? 403 : refusal.status
    let detail =
      refusal.reason == .outOfCredit
      ? "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
      : refusal.message
    let body: JSONValue = ["detail": .string(detail)]
    return .json(status, body.with("error_type", type.map { .string($0) }), headers: headers)
  }
}

/// fal's webhook signature: Ed25519 over `request id, user id, timestamp, hex(sha256(body))`, one a line; the
/// public key in a JSON Web Key Set (RFC 8037).
struct FalSeal: Sendable {
  private let key: Curve25519.Signing.PrivateKey
  private let user = "street-user"

  init(seed: UInt64) {
    let secret = SHA256.hash(data: Array("pointsman street \(seed) fal".utf8))
    // Any 32 bytes are a key of this curve; a fresh one would serve as well.
    key =
      (try? Curve25519.Signing.PrivateKey(rawRepresentation: Data(secret))) ?? Curve25519.Signing.PrivateKey()
  }

  var keys: JSONValue {
    let encoded = key.publicKey.rawRepresentation.base64EncodedString()
      .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
    return ["keys": [["kty": "OKP", "crv": "Ed25519", "kid": "street", "use": "sig", "x": .string(encoded)]]]
  }

  @Sendable func sign(_ id: String, _ timestamp: Int, _ body: [UInt8]) -> HTTPFields {
    let digest = WebhookSignature.hexadecimal(SHA256.hash(data: body))
    let message = "\(id)\n\(user)\n\(timestamp)\n\(digest)"
    let signature = (try? key.signature(for: Data(message.utf8))) ?? Data()
    return HTTPFields([
      WebhookSignature.field("x-fal-webhook-request-id", id),
      WebhookSignature.field("x-fal-webhook-user-id", user),
      WebhookSignature.field("x-fal-webhook-timestamp", String(timestamp)),
      WebhookSignature.field("x-fal-webhook-signature", WebhookSignature.hexadecimal(signature)),
    ])
  }
}
