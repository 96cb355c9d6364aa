import Foundation
import HTTPTypes
import Wire

/// Google: the Interactions API of the Gemini API, and Veo on Vertex with its long-running predictions.
///
/// Written after google-genai 3.4.0 (Python): interactions in `_gaos/types/interactions`, operations in
/// `operations.py` and `models.py`.
struct Google: Vendor {
  let name = "google"
  private static let interactionModels = [
    "gemini-omni-1.1-flash", "gemini-omni-1.2-flash", "gemini-2.5-flash",
  ]
  private static let veo = [
    "veo-3.1-generate-001", "veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001",
  ]
  private static let retired = [
    "veo-2.0-generate-001", "veo-3.0-generate-001", "veo-3.1-generate-preview",
    "veo-3.1-fast-generate-preview",
  ]

  func key(of call: Call) -> String? {
    call.header("x-goog-api-key") ?? call.query("key") ?? call.token("Bearer")
  }

  /// An operation is named in the body.
  func jobID(of call: Call) -> String? {
    call.captures["id"] ?? (try? call.json())?.string("operationName").flatMap(Self.lastPart)
  }

  private static func lastPart(_ name: String) -> String? { name.split(separator: "/").last.map(String.init) }

  var routes: [Route] {
    let publisher = "projects/{project}/locations/{location}/publishers/google/models"
    return ["v1beta", "v1", "v1beta1"].flatMap { version in
      [
        Route(.get, "\(version)/models", .other) { _ in
          .json(200, ["models": .array(Self.interactionModels.map(listed))])
        },
        Route(.post, "\(version)/interactions", .submit, interact),
        Route(.get, "\(version)/interactions/{id}", .status) { call in
          .json(200, interaction(try call.job(call["id"]), call))
        },
        Route(.post, "\(version)/interactions/{id}/cancel", .cancel) { call in
          _ = try call.job(call["id"])
          let job = call.desk.jobs.cancel(call["id"], of: name, at: call.now)
          return .json(200, interaction(try job ?? call.job(call["id"]), call))
        },
        Route(.post, "\(version)/\(publisher)/{model}:predictLongRunning", .submit, predict),
        Route(.post, "\(version)/\(publisher)/{model}:fetchPredictOperation", .status, fetchOperation),
        Route(.post, "\(version)/models/{model}:predictLongRunning", .submit) { call in
          throw Refusal(
            .retired, "models/\(call["model"]) is no longer available for API version \(version).")
        },
      ]
    } + [
      // A bucket, as storage.googleapis.com has it.
      Route(.get, "gcs/{bucket...}/{id}/{file}", .file) { call in
        let job = try call.job(call["id"])
        let place = Int(call["file"].filter(\.isNumber).prefix(1)) ?? 0
        guard job.stage(at: call.now) == .ended(.succeeded), job.products.indices.contains(place),
          job.fault != .expiredAsset
        else { throw Refusal(.notFound, "No such object: \(call["file"])") }
        return .bytes(call.bytes(of: job, place), MP4.contentType)
      }
    ]
  }

  private func listed(_ model: String) -> JSONValue {
    [
      "name": .string("models/\(model)"), "version": "001", "displayName": .string(model),
      "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
      "supportedGenerationMethods": ["generateContent", "countTokens"],
    ]
  }

  // MARK: Interactions

  private func interact(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("model").replacingOccurrences(of: "models/", with: "")
    if Self.retired.contains(model) {
      throw Refusal(.retired, "models/\(model) is no longer available.")
    }
    guard Self.interactionModels.contains(model) else {
      throw Refusal(.notFound, "models/\(model) is not found for API version v1beta.")
    }
    guard let input = body["input"], !input.isNull else {
      throw Refusal(.invalid, "input: required", field: "input")
    }
    let prompt = input.stringValue ?? input.text
    let isVideo = model.contains("omni")
    let order = JobOrder(
      id: "v1_" + call.newDigest().letters(32), model: model, prompt: prompt,
      products: [isVideo ? .film(width: 1_280, height: 720, seconds: 8) : .text(words: 24)],
      microUSD: isVideo ? 400_000 : 100)
    // Without `background` the call holds until there is something to say.
    if body["background"]?.boolValue == true {
      return .json(200, interaction(try call.create(order), call))
    }
    let job = try await call.wait(for: call.create(order.immediate))
    return .json(200, interaction(job, call))
  }

  private func interaction(_ job: VendorJob, _ call: Call) -> JSONValue {
    let read = Int64(Prose.tokens(job.prompt))
    let now = call.now
    var json: JSONValue = [
      "id": .string(job.id), "object": "interaction", "model": .string(job.model),
      "created": .string(StreetClock.timestamp(job.createdUnix)),
      "updated": .string(StreetClock.timestamp(job.unix(job.endedAt(now) ?? now))),
      "status": "in_progress",
    ]
    func failed(_ code: String, _ message: String) -> JSONValue {
      json.with("status", "failed").with("errors", [["code": .string(code), "message": .string(message)]])
    }
    switch job.stage(at: now) {
    case .queued, .running: break
    case .ended(.succeeded):
      let content: JSONValue
      if case .film = job.products[0] {
        let data = Data(call.bytes(of: job)).base64EncodedString()
        content = ["type": "video", "mime_type": "video/mp4", "data": .string(data)]
        json = json.with("output_video", content)
      } else {
        content = ["type": "text", "text": .string(String(decoding: call.bytes(of: job), as: UTF8.self))]
      }
      json = json.with("status", "completed")
        .with("steps", [["type": "model_output", "content": [content]]])
        .with(
          "usage",
          [
            "total_input_tokens": .integer(read), "total_output_tokens": 24,
            "total_tokens": .integer(read + 24),
          ])
    case .ended(.empty): json = json.with("status", "completed").with("steps", [])
    case .ended(.moderated):
      json = failed("content_policy_violation", "The prompt was blocked by safety filters.")
    case .ended(.failed): json = failed("internal", "An internal error has occurred.")
    case .canceled: json = json.with("status", "cancelled")
    case .expired: json = json.with("status", "incomplete")
    }
    return call.fault?.kind == .unknownStatus ? json.with("status", "musing") : json
  }

  // MARK: Veo on Vertex

  private func predict(_ call: Call) async throws -> Answer {
    let model = call["model"]
    if Self.retired.contains(model) {
      throw Refusal(.retired, "Publisher Model `\(model)` is no longer available.")
    }
    guard Self.veo.contains(model) else {
      throw Refusal(.notFound, "Publisher Model `\(model)` was not found.")
    }
    let body = try call.json()
    guard let prompt = body["instances"]?[0]?.string("prompt") else {
      throw Refusal(.invalid, "instances[0].prompt is required.", field: "instances")
    }
    let parameters = body["parameters"] ?? [:]
    let seconds = try parameters.optionalWhole("durationSeconds", 4...8) ?? 8
    let count = try parameters.optionalWhole("sampleCount", 1...4) ?? 1
    let product = Product.film(width: 1_280, height: 720, seconds: Double(seconds))
    let id = call.newDigest().uuid
    let operation =
      "projects/\(call["project"])/locations/\(call["location"])/publishers/google/models/\(model)"
      + "/operations/\(id)"
    let job = try call.create(
      JobOrder(
        id: id, model: model, prompt: prompt, products: (0..<count).map { _ in product },
        microUSD: seconds * count * 400_000,
        echo: ["name": .string(operation), "storage": parameters["storageUri"] ?? nil]))
    return .json(200, ["name": job.echo["name"] ?? nil])
  }

  private func fetchOperation(_ call: Call) async throws -> Answer {
    let operation = try call.json().requiredText("operationName")
    let job = try call.job(Self.lastPart(operation) ?? "")
    let json: JSONValue = ["name": .string(operation)]
    func failed(_ code: Int64, _ message: String) -> Answer {
      .json(
        200, json.with("done", true).with("error", ["code": .integer(code), "message": .string(message)]))
    }
    func done(_ response: JSONValue) -> Answer {
      let type: JSONValue = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
      return .json(200, json.with("done", true).with("response", response.with("@type", type)))
    }
    switch job.stage(at: call.now) {
    case .queued, .running: return .json(200, json)
    case .ended(.succeeded):
      let storage = job.echo["storage"]?.stringValue
      let videos = job.products.indices.map { place -> JSONValue in
        guard let storage else {
          let data = Data(call.bytes(of: job, place)).base64EncodedString()
          return ["bytesBase64Encoded": .string(data), "mimeType": "video/mp4"]
        }
        return ["gcsUri": .string("\(storage)/\(job.id)/sample_\(place).mp4"), "mimeType": "video/mp4"]
      }
      return done(["videos": .array(videos), "raiMediaFilteredCount": 0])
    case .ended(.empty): return done(["raiMediaFilteredCount": 0])
    case .ended(.moderated):
      let count = Int64(job.products.count)
      return done([
        "raiMediaFilteredCount": .integer(count),
        "raiMediaFilteredReasons": ["The prompt could not be submitted. Support codes: 58061214"],
      ])
    default: return failed(13, "Video generation failed due to an internal server issue.")
    }
  }

  /// `{"error": {"code", "message", "status"}}` (google.rpc.Status).
  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    let status =
      switch refusal.reason {
      case .unauthorized: "UNAUTHENTICATED"
      case .outOfCredit: "PERMISSION_DENIED"
      case .throttled: "RESOURCE_EXHAUSTED"
      case .server: refusal.status == 500 ? "INTERNAL" : "UNAVAILABLE"
      case .notFound, .noSuchPath, .retired: "NOT_FOUND"
      default: "INVALID_ARGUMENT"
      }
    let code = refusal.reason == .outOfCredit ? 403 : refusal.status
    return .json(
      code,
      [
        "error": [
          "code": .integer(Int64(code)), "message": .string(refusal.message), "status": .string(status),
        ]
      ], headers: refusalHeaders(refusal))
  }
}
