import Foundation
import HTTPTypes
import Wire

/// Black Forest Labs: FLUX. A submission is answered with the URL to poll, or, when a webhook was asked for,
/// without it; at most 24 tasks may be in flight; pictures live ten minutes.
///
/// Written after the published OpenAPI document; there is no package of the vendor's own. The signature of
/// webhooks is that of the vendor's skills repository and not part of that document.
struct BlackForestLabs: Vendor {
  let name = "bfl"
  let fileLifetime = Duration.seconds(600)
  private static let inFlight = 24
  private static let models = [
    "flux-2-pro", "flux-2-max", "flux-2-flex", "flux-2-klein-4b", "flux-2-klein-9b", "flux-2-pro-preview",
    "flux-pro-1.1", "flux-pro-1.1-ultra", "flux-kontext-pro", "flux-kontext-max", "flux-pro-1.0-fill",
    "flux-pro-1.0-expand", "flux-dev",
  ]

  func key(of call: Call) -> String? { call.header("x-key") }

  var routes: [Route] {
    [
      Route(.get, "v1/get_result", .status, result),
      Route(.get, "v1/credits", .other) { _ in .json(200, ["credits": 1_000.0]) },
      Route(.post, "v1/{model}", .submit, submit),
    ]
  }

  private func submit(_ call: Call) async throws -> Answer {
    let model = call["model"]
    guard Self.models.contains(model) else { throw Refusal(.noSuchPath, "Not Found") }
    let body = try call.json()
    let prompt = body.string("prompt") ?? ""
    if prompt.isEmpty, body["input_image"] == nil, body["image"] == nil {
      throw Refusal(.invalid, "Field required", field: "prompt", status: 422)
    }
    func side(_ name: String) throws -> Int {
      do { return try body.optionalWhole(name, 64...4_096) ?? 1_024 } catch var refusal as Refusal {
        refusal.status = 422
        throw refusal
      }
    }
    let size = (try side("width"), try side("height"))
    // Credits are cents: four for the first megapixel and two for each further one, begun ones included.
    let megapixels = (size.0 * size.1 + 999_999) / 1_000_000
    let credits = 4 + 2 * (megapixels - 1)
    let webhook = body.string("webhook_url")
    let job = try call.create(
      JobOrder(
        id: call.newDigest().uuid, model: model, prompt: prompt,
        products: [.image(width: size.0, height: size.1)], microUSD: credits * 10_000,
        echo: ["credits": .integer(Int64(credits)), "seed": body["seed"] ?? 42], webhook: webhook),
      limit: Self.inFlight)
    let cost: [JSONValue.Member] = [
      .init("cost", .integer(Int64(credits))),
      .init("input_mp", 0), .init("output_mp", .integer(Int64(megapixels))),
    ]
    if let webhook {
      let secret = body.string("webhook_secret")
      let sign = secret.map { Self.signature(Array($0.utf8)) } ?? WebhookSignature.none
      let event = WebhookEvent(id: job.id, name: "ready", due: job.endsAt, sign: sign) { job, _ in
        task(job, call).serialized()
      }
      call.desk.webhooks.schedule([event], of: job)
      return .json(
        200,
        .object(
          [
            .init("id", .string(job.id)), .init("status", "Pending"), .init("webhook_url", .string(webhook)),
          ] + cost))
    }
    let url = call.ownBase + "/v1/get_result?id=\(job.id)"
    let polling: [JSONValue.Member] =
      call.fault?.kind == .missingPollingURL ? [] : [.init("polling_url", .string(url))]
    return .json(200, .object([.init("id", .string(job.id))] + polling + cost))
  }

  private static func signature(_ secret: [UInt8]) -> @Sendable (String, Int, [UInt8]) -> HTTPFields {
    WebhookSignature.hexadecimal("x-bfl-signature", secret: secret) { _, body in
      body
    } value: { _, code in
      "sha256=\(code)"
    }
  }

  private func result(_ call: Call) async throws -> Answer {
    guard let id = call.query("id") else {
      throw Refusal(.invalid, "Field required", field: "id", status: 422)
    }
    // A task that is not there is a status, not an error.
    guard let job = call.desk.jobs.find(id, of: name) else {
      return .json(404, ["id": .string(id), "status": "Task not found", "result": nil])
    }
    return .json(200, task(job, call))
  }

  private func task(_ job: VendorJob, _ call: Call) -> JSONValue {
    var json: JSONValue = ["id": .string(job.id), "status": "Pending", "result": nil, "progress": nil]
    switch job.stage(at: call.now) {
    case .queued: break
    case .running(let share): json = json.with("progress", .number(share))
    case .ended(.succeeded):
      json = json.with("status", "Ready").with(
        "result",
        [
          "sample": .string(call.fileURL(job)),
          "prompt": .string(job.prompt), "seed": job.echo["seed"] ?? nil,
          "start_time": .number(job.unix(job.startsAt)), "end_time": .number(job.unix(job.endsAt)),
          "duration": .number((job.endsAt - job.startsAt) / .seconds(1)),
        ])
    case .ended(.empty): json = json.with("status", "Ready").with("result", [:])
    case .ended(.moderated):
      json = json.with("status", "Content Moderated").with(
        "details", ["Moderation Reasons": ["Derivative Works Filter"]])
    default: json = json.with("status", "Error")
    }
    return call.fault?.kind == .unknownStatus ? json.with("status", "Drying") : json
  }

  /// FastAPI's two forms: a sentence, or a list of faults for a body that is wrong.
  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    let detail: JSONValue =
      refusal.status == 422
      ? [
        ["loc": ["body", .optional(refusal.field)], "msg": .string(refusal.message), "type": "value_error"]
      ]
      : .string(refusal.reason == .unauthorized ? "Not authenticated - \(refusal.message)" : refusal.message)
    let status = refusal.reason == .unauthorized ? 403 : refusal.status
    return .json(status, ["detail": detail], headers: refusalHeaders(refusal))
  }
}
