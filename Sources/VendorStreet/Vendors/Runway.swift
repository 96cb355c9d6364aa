import Foundation
import HTTPTypes
import Wire

/// Runway: tasks that are asked for in many ways and fetched in one; no webhooks.
///
/// Written after runwayml 5.24 (Python) and Runway's documents of errors and task failures. A setting of
/// `concurrency` is the account's tier: tasks above it are accepted and THROTTLED until another ends.
struct Runway: Vendor {
  let name = "runway"
  let fileLifetime = Duration.seconds(24 * 3_600)

  private static let kinds: [(path: String, subject: String, product: String)] = [
    ("text_to_video", "promptText", "video"), ("image_to_video", "promptImage", "video"),
    ("video_to_video", "videoUri", "video"), ("video_upscale", "videoUri", "video"),
    ("character_performance", "character", "video"), ("text_to_image", "promptText", "image"),
    ("image_upscale", "imageUri", "image"), ("text_to_speech", "promptText", "speech"),
    ("sound_effect", "promptText", "sound"), ("voice_dubbing", "audioUri", "speech"),
    ("voice_isolation", "audioUri", "speech"), ("speech_to_speech", "media", "speech"),
  ]
  private static let retired = ["gen3a_turbo"]

  var routes: [Route] {
    Self.kinds.map { kind in
      Route(.post, "v1/\(kind.path)", .submit) { call in
        try version(call)
        return try submit(call, subject: kind.subject, product: kind.product)
      }
    } + [
      Route(.get, "v1/tasks/{id}", .status) { call in
        try version(call)
        return .json(200, task(try call.job(call["id"]), call))
      },
      Route(.delete, "v1/tasks/{id}", .cancel) { call in
        try version(call)
        _ = try call.job(call["id"])
        _ = call.desk.jobs.cancel(call["id"], of: name, at: call.now)
        return .empty(204)
      },
      Route(.get, "v1/organization", .other) { call in
        try version(call)
        let limit = Int64(call.desk.settings.vendors[name]?.concurrency ?? 5)
        let model: JSONValue = ["maxConcurrentGenerations": .integer(limit), "maxDailyGenerations": 5_000]
        return .json(
          200,
          [
            "creditBalance": 100_000,
            "tier": ["maxMonthlyCreditSpend": 1_000_000, "models": ["gen4_turbo": model, "veo3.1": model]],
            "usage": ["models": [:]],
          ])
      },
    ]
  }

  /// The version header is not optional.
  private func version(_ call: Call) throws {
    guard call.header("x-runway-version") == "2024-11-06" else {
      throw Refusal(.invalid, "Missing or invalid X-Runway-Version header; use 2024-11-06.")
    }
  }

  private func submit(_ call: Call, subject: String, product: String) throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("model")
    if Self.retired.contains(model) {
      throw Refusal(.retired, "Model variant \(model) is no longer available.", field: "model")
    }
    guard let value = body[subject], !value.isNull else {
      throw Refusal(.invalid, "Validation of body failed: \(subject) is required", field: subject)
    }
    let prompt = body.string("promptText") ?? value.text
    guard prompt.utf16.count <= 1_000 || subject != "promptText" else {
      throw Refusal(.invalid, "promptText must be at most 1000 characters", field: "promptText")
    }
    let size = try body.optionalSize("ratio", separator: ":") ?? (1_280, 720)
    let seconds = try body.optionalWhole("duration", 2...60) ?? 5
    let made: Product =
      switch product {
      case "image": .image(width: size.0, height: size.1)
      case "video": .film(width: size.0, height: size.1, seconds: Double(seconds))
      default: .sound(seconds: Double(prompt.count) * 0.02)
      }
    let credits = product == "video" ? 5 * seconds : 5
    let job = try call.create(
      JobOrder(
        id: call.newDigest().uuid, model: model, prompt: prompt, products: [made],
        microUSD: credits * 10_000, echo: ["credits": .integer(Int64(credits))]), waits: true)
    return .json(200, ["id": .string(job.id), "estimatedCost": ["credits": .integer(Int64(credits))]])
  }

  private func task(_ job: VendorJob, _ call: Call) -> JSONValue {
    let credits = job.echo["credits"] ?? 0
    let base: JSONValue = [
      "id": .string(job.id), "createdAt": .string(StreetClock.timestamp(job.createdUnix)),
    ]
    let open = base.with("estimatedCost", ["credits": credits])
    let now = call.now
    let closed = base.with("cost", ["credits": job.isCharged(at: now) ? credits : 0])
    if call.fault?.kind == .unknownStatus { return open.with("status", "REHEARSING") }
    switch job.stage(at: now) {
    case .queued: return open.with("status", job.isThrottled ? "THROTTLED" : "PENDING")
    case .running(let share): return open.with("status", "RUNNING").with("progress", .number(share))
    case .ended(.succeeded):
      return closed.with("status", "SUCCEEDED")
        .with("output", [.string(call.fileURL(job))])
    case .ended(.empty): return closed.with("status", "SUCCEEDED").with("output", [])
    case .ended(.failed):
      return closed.with("status", "FAILED").with("failure", "An unexpected error occurred.")
        .with("failureCode", "INTERNAL.BAD_OUTPUT.CODE01")
    case .ended(.moderated):
      return closed.with("status", "FAILED").with("failure", "The input did not pass moderation.")
        .with("failureCode", "SAFETY.INPUT.TEXT")
    case .canceled, .expired: return closed.with("status", "CANCELLED")
    }
  }

  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    var body: JSONValue = ["error": .string(refusal.message)]
    if let field = refusal.field {
      body = body.with(
        "issues", [["code": "invalid", "path": [.string(field)], "message": .string(refusal.message)]])
    }
    return .json(refusal.status, body, headers: refusalHeaders(refusal))
  }
}
