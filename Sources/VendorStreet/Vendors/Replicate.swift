import Foundation
import HTTPTypes
import Wire

/// Replicate: predictions of versions and of official models, holding the line with `Prefer: wait`, deadlines
/// with `Cancel-After`, and Standard Webhooks.
///
/// Written after replicate-python 1.0.7 and Replicate's HTTP reference.
struct Replicate: Vendor {
  let name = "replicate"
  private let secret: [UInt8]
  private let seed: UInt64

  init(seed: UInt64) {
    secret = WebhookSignature.secret("replicate", seed: seed)
    self.seed = seed
  }

  /// `whsec_…`
  static func secret(seed: UInt64) -> String {
    "whsec_" + Data(WebhookSignature.secret("replicate", seed: seed)).base64EncodedString()
  }

  /// Models whose versions can be asked for by their id alone.
  private static let models = [
    "black-forest-labs/flux-schnell", "black-forest-labs/flux-dev", "stability-ai/sdxl", "google/veo-3",
    "kwaivgi/kling-v2.1", "minimax/speech-02-hd", "openai/whisper", "meta/meta-llama-3-8b-instruct",
    "nightmareai/real-esrgan", "lucataco/remove-bg",
  ]

  var routes: [Route] {
    [
      Route(.post, "v1/predictions", .submit) { call in
        let version = try version(call.json())
        return try await create(call, model: version.model, version: version.id)
      },
      Route(.post, "v1/models/{owner}/{name}/predictions", .submit) { call in
        try await create(call, model: known("\(call["owner"])/\(call["name"])"), version: "hidden")
      },
      Route(.post, "v1/deployments/{owner}/{name}/predictions", .submit) { call in
        let model = try known("\(call["owner"])/\(call["name"])")
        return try await create(call, model: model, version: Self.versionID(model))
      },
      Route(.get, "v1/predictions", .other) { call in
        let jobs = call.desk.jobs.all(of: name).suffix(100).reversed()
        return .json(
          200,
          [
            "previous": nil, "next": nil,
            "results": .array(jobs.map { ReplicatePrediction($0, call).json }),
          ])
      },
      Route(.get, "v1/predictions/{id}", .status) { call in
        .json(200, ReplicatePrediction(try call.job(call["id"]), call).json)
      },
      Route(.post, "v1/predictions/{id}/cancel", .cancel) { call in
        let before = try call.job(call["id"])
        let now = call.now
        let job = call.desk.jobs.cancel(before.id, of: name, at: now) ?? before
        if !before.stage(at: now).isTerminal {
          let filter = job.echo["filter"]?.arrayValue?.compactMap(\.stringValue) ?? []
          call.desk.webhooks.schedule(
            events(job, call, filter: filter.filter { $0 == "completed" }, end: job.canceledAt ?? now),
            of: job)
        }
        return .json(200, ReplicatePrediction(job, call).json)
      },
      Route(.get, "v1/predictions/{id}/stream", .result, stream),
      Route(.get, "v1/webhooks/default/secret", .other) { _ in
        .json(200, ["key": .string(Self.secret(seed: seed))])
      },
      Route(.get, "v1/account", .other) { _ in
        .json(200, ["type": "user", "username": "street", "name": "Street", "github_url": ""])
      },
      Route(.get, "v1/collections/{slug}", .other) { call in
        guard let models = Self.collection(call["slug"]) else { throw Self.missing }
        return .json(
          200,
          [
            "name": .string(call["slug"]), "slug": .string(call["slug"]),
            "description": "Models of the street", "models": .array(models.map { model($0, call) }),
          ])
      },
      Route(.get, "v1/models/{owner}/{name}", .other) { call in
        .json(200, model(try known("\(call["owner"])/\(call["name"])"), call))
      },
      Route(.get, "v1/models/{owner}/{name}/versions/{version}", .other) { call in
        let model = try known("\(call["owner"])/\(call["name"])")
        guard call["version"] == Self.versionID(model) else { throw Self.missing }
        return .json(200, versionJSON(model))
      },
    ]
  }

  // MARK: Models

  /// Everything is official; the other collections are of one kind each, and most have nothing of the street's.
  private static func collection(_ slug: String) -> [String]? {
    switch slug {
    case "official": models
    case "text-to-image": models.filter { $0.contains("flux") || $0.contains("sdxl") }
    case "text-to-video": models.filter { $0.contains("veo") || $0.contains("kling") }
    case "image-to-video": models.filter { $0.contains("kling") }
    case "text-to-speech": models.filter { $0.contains("speech") }
    case "speech-to-text": models.filter { $0.contains("whisper") }
    case "language-models": models.filter { $0.contains("llama") }
    case "super-resolution": models.filter { $0.contains("esrgan") }
    case "remove-backgrounds": models.filter { $0.contains("remove-bg") }
    case "image-editing", "ai-music-generation": []
    default: nil
    }
  }

  private static let missing = Refusal(.notFound, "The requested resource could not be found.")

  private func known(_ model: String) throws -> String {
    if model.contains("no-such") { throw Self.missing }
    return model
  }

  static func versionID(_ model: String) -> String { Digest(seed: 0).adding(model).hex(64) }

  private func versionJSON(_ model: String) -> JSONValue {
    let output: JSONValue =
      switch Product.guess(from: model, prompt: "") {
      case .text: ["type": "array", "items": ["type": "string"], "x-cog-array-type": "iterator"]
      case .image: ["type": "array", "items": ["type": "string", "format": "uri"]]
      default: ["type": "string", "format": "uri"]
      }
    return [
      "id": .string(Self.versionID(model)), "created_at": "2026-01-01T00:00:00.000000Z",
      "cog_version": "0.16.0",
      "openapi_schema": ["openapi": "3.0.2", "components": ["schemas": ["Output": output]]],
    ]
  }

  private func model(_ id: String, _ call: Call) -> JSONValue {
    return [
      "url": .string("https://replicate.com/\(id)"), "owner": .string(String(id.prefix { $0 != "/" })),
      "name": .string(String(id.drop { $0 != "/" }.dropFirst())),
      "description": .string("A model of the street"), "visibility": "public", "github_url": nil,
      "paper_url": nil, "license_url": nil, "run_count": 1, "cover_image_url": nil, "default_example": nil,
      "is_official": true, "latest_version": versionJSON(id),
    ]
  }

  /// `version` as an id, as `owner/name` or as `owner/name:id`.
  private func version(_ body: JSONValue) throws -> (model: String, id: String) {
    guard let version = body.string("version"), !version.isEmpty else {
      throw Refusal(.invalid, "version is required", field: "version", status: 422)
    }
    let parts = version.split(separator: ":").map(String.init)
    let id = parts.last ?? ""
    let named = parts.first.flatMap { $0.contains("/") ? $0 : nil }
    let models = named.map { [$0] } ?? Self.models
    let model = models.first { !$0.contains("no-such") && (id == $0 || id == Self.versionID($0)) }
    guard let model else {
      throw Refusal(
        .conflict,
        "The specified version does not exist (or perhaps you don't have permission to use it?)", status: 422)
    }
    return (model, Self.versionID(model))
  }

  // MARK: Predictions

  private func create(_ call: Call, model: String, version: String) async throws -> Answer {
    let body = try call.json()
    guard let input = body["input"], input.members != nil else {
      throw Refusal(.invalid, "input is required", field: "input", status: 422)
    }
    let subjects = MediaInput.subjects + ["image", "audio", "video", "audio_file", "messages"]
    guard let subject = subjects.first(where: { input[$0].map { !$0.isNull } ?? false }) else {
      throw Refusal(.invalid, "prompt is required", field: "input.prompt", status: 422)
    }
    let prompt = input.string(subject) ?? subject
    let product = Product.guess(
      from: model, prompt: prompt, size: MediaInput(input).size, seconds: MediaInput(input).seconds)
    var order = JobOrder(
      id: call.newDigest().letters(26), model: model, prompt: prompt, products: [product],
      microUSD: MediaInput.price(product), echo: ["input": input, "version": .string(version)])
    let (webhook, filter) = try webhook(body)
    order.webhook = webhook
    order.echo = order.echo.with("filter", .array(filter.map { .string($0) }))
    if let asked = body["webhook"] { order.echo = order.echo.with("webhook", asked) }
    if let limit = call.header("cancel-after") {
      guard let deadline = Self.duration(limit) else {
        throw Refusal(.invalid, "Cancel-After must be a duration such as 30s, 1m or 1h30m", status: 400)
      }
      order.deadline = deadline
    }
    let wait = try wait(call.header("prefer"))
    var job = try call.create(order)
    let end = min(job.endsAt, job.deadline ?? job.endsAt)
    call.desk.webhooks.schedule(events(job, call, filter: filter, end: end), of: job)
    if let wait { job = try await call.wait(for: job, atMost: wait) }
    let isOpen = wait != nil && !job.stage(at: call.now).isTerminal
    return .json(isOpen ? 202 : 201, ReplicatePrediction(job, call).json)
  }

  /// `Prefer: wait` (60 s) or `wait=5`.
  private func wait(_ header: String?) throws -> Duration? {
    guard let header, header.hasPrefix("wait") else { return nil }
    let parts = header.split(separator: "=")
    guard parts.count == 2 else { return .seconds(60) }
    guard let seconds = Int(parts[1]), (1...60).contains(seconds) else {
      throw Refusal(.invalid, "Prefer: wait must be from 1 to 60 seconds", status: 400)
    }
    return .seconds(seconds)
  }

  /// `90`, `30s`, `1m`, `1h30m`.
  static func duration(_ text: String) -> Duration? {
    if let seconds = Int(text) { return .seconds(seconds) }
    var total = 0
    var number = ""
    for character in text {
      if character.isNumber {
        number.append(character)
        continue
      }
      // More than nine digits would be lives.
      guard number.count < 10, let value = Int(number), let unit = ["s": 1, "m": 60, "h": 3_600][character]
      else { return nil }
      total += value * unit
      number = ""
    }
    return number.isEmpty && total > 0 ? .seconds(total) : nil
  }

  /// One event with the words as they came, for a model that writes.
  private func stream(_ call: Call) async throws -> Answer {
    let job = try await call.wait(for: call.job(call["id"]))
    let isFine = job.stage(at: call.now) == .ended(.succeeded)
    let words = isFine ? ReplicatePrediction(job, call).pieces : []
    let events = words.enumerated().map { place, word in
      Answer.event(word, name: "output", id: "\(place)")
    }
    let done = Answer.event(isFine ? "{}" : "{\"reason\": \"error\"}", name: "done", id: "done")
    return .events(events + [done], pause: .milliseconds(2))
  }

  // MARK: Webhooks

  private func webhook(_ body: JSONValue) throws -> (String?, [String]) {
    guard let url = body.string("webhook") ?? body.string("webhook_completed") else { return (nil, []) }
    guard URL(string: url)?.scheme?.hasPrefix("http") == true else {
      throw Refusal(.invalid, "webhook must be a valid URL", field: "webhook", status: 422)
    }
    let all = ["start", "output", "logs", "completed"]
    let filter = body["webhook_events_filter"]?.arrayValue?.compactMap(\.stringValue) ?? all
    guard filter.allSatisfy(all.contains) else {
      throw Refusal(
        .invalid, "webhook_events_filter must hold only start, output, logs and completed",
        field: "webhook_events_filter", status: 422)
    }
    return (url, body.string("webhook") == nil ? ["completed"] : filter)
  }

  private func events(_ job: VendorJob, _ call: Call, filter: [String], end: Duration) -> [WebhookEvent] {
    let dues = [("start", job.startsAt), ("output", end), ("completed", end)]
    return dues.filter { filter.contains($0.0) && $0.1 <= end }.map { name, due in
      let id = "msg_" + Digest(seed: 0).adding(job.id).adding(name).letters(27)
      return WebhookEvent(
        id: id, name: name, due: due, sign: WebhookSignature.standard(secret: secret)
      ) { job, now in
        // Canceled since: that has its own message.
        if let canceled = job.canceledAt, canceled != due { return nil }
        if name == "output", job.ending != .succeeded { return nil }
        return ReplicatePrediction(job, call).json.serialized()
      }
    }
  }

  // MARK: Words

  /// `{"title", "detail", "status"}`, in the manner of RFC 7807.
  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    var headers = refusalHeaders(refusal)
    if case .throttled = refusal.reason {
      return .json(429, ["detail": .string(refusal.message), "status": 429], headers: headers)
    }
    headers[.contentType] = "application/problem+json"
    let title =
      switch refusal.reason {
      case .unauthorized: "Unauthenticated"
      case .outOfCredit: "Insufficient credit"
      case .notFound, .noSuchPath: "Not found"
      case .retired: "Model no longer available"
      case .conflict: "Invalid version or not permitted"
      case .invalid: "Input validation failed"
      default: "Service error"
      }
    let detail =
      refusal.field == nil
      ? refusal.message : "- \(refusal.field == "input.prompt" ? "input: " : "")\(refusal.message)\n"
    var body: JSONValue = [
      "title": .string(title), "detail": .string(detail), "status": .integer(Int64(refusal.status)),
    ]
    if let field = refusal.field {
      body = body.with(
        "invalid_fields",
        [["type": "invalid", "field": .string(field), "description": .string(refusal.message)]])
    }
    return .json(refusal.status, body, headers: headers)
  }
}
