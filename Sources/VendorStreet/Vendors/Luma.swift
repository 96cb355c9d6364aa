import Foundation
import HTTPTypes
import Wire

/// Luma's Agents API (`ray-3.2`, `uni-1`): generations that are polled; output URLs live an hour.
///
/// Written after luma-agents 0.5.0 (Python).
struct Luma: Vendor {
  let name = "luma"
  private static let models = ["uni-1", "uni-1-max", "ray-3.2"]
  private static let types = ["image", "image_edit", "video", "video_edit", "video_reframe", "layering"]

  var routes: [Route] {
    [
      Route(.post, "v1/generations", .submit, submit),
      Route(.get, "v1/generations/{id}", .status) { call in
        answer(try call.job(call["id"]), call)
      },
    ]
  }

  private func submit(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let prompt = try body.requiredText("prompt")
    let model = body.string("model") ?? "uni-1"
    guard Self.models.contains(model) else {
      throw Refusal(.invalid, "model must be one of \(Self.models)", field: "model", status: 422)
    }
    let type = body.string("type") ?? "image"
    guard Self.types.contains(type) else {
      throw Refusal(.invalid, "type must be one of \(Self.types)", field: "type", status: 422)
    }
    let isVideo = type.hasPrefix("video")
    let seconds = MediaInput.seconds(body["video"]?.string("duration"), default: 5)
    let job = try call.create(
      JobOrder(
        id: call.newDigest().uuid, model: model, prompt: prompt,
        products: [
          isVideo ? .film(width: 1_280, height: 720, seconds: seconds) : .image(width: 1_024, height: 1_024)
        ], microUSD: isVideo ? Int(seconds * 60_000) : 30_000, echo: .string(type)))
    return answer(job, call, status: 201)
  }

  private func answer(_ job: VendorJob, _ call: Call, status: Int = 200) -> Answer {
    var json: JSONValue = [
      "id": .string(job.id), "created_at": .string(StreetClock.timestamp(job.createdUnix)),
      "model": .string(job.model), "type": job.echo, "output": [],
    ]
    func failed(_ code: String, _ reason: String) -> JSONValue {
      json.with("state", "failed").with("failure_code", .string(code)).with("failure_reason", .string(reason))
    }
    switch job.stage(at: call.now) {
    case .queued: json = json.with("state", "queued")
    case .running: json = json.with("state", "processing")
    case .ended(.succeeded):
      let type = job.echo.stringValue?.hasPrefix("video") == true ? "video" : "image"
      let url = call.fileURL(job)
      json = json.with("state", "completed").with("output", [["type": .string(type), "url": .string(url)]])
    case .ended(.empty): json = json.with("state", "completed")
    case .ended(.moderated): json = failed("content_moderated", "The content was flagged by moderation.")
    default: json = failed("generation_failed", "The generation failed.")
    }
    if call.fault?.kind == .unknownStatus { json = json.with("state", "daydreaming") }
    return .json(status, json, headers: [.apiVersion: "2026-04-01"])
  }

  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    let code =
      switch refusal.reason {
      case .unauthorized: "unauthorized"
      case .outOfCredit: "budget_exhausted"
      case .throttled: "rate_limited"
      case .invalid: "invalid_request"
      case .notFound, .noSuchPath: "not_found"
      default: "error"
      }
    return .json(
      refusal.status, ["detail": .string(refusal.message), "code": .string(code)],
      headers: refusalHeaders(refusal))
  }
}

/// Luma's older Dream Machine API (`ray-2`, `photon-1`), with callbacks that nothing vouches for.
///
/// Written after lumaai 1.21.0 (Python). Its base path on the street is `/dreammachine/v1`.
struct DreamMachine: Vendor {
  let name = "dreammachine"

  var routes: [Route] {
    [
      Route(.post, "v1/generations", .submit) { call in try submit(call, type: "video") },
      Route(.post, "v1/generations/{type}", .submit) { call in
        guard ["video", "image"].contains(call["type"]) else { throw Refusal(.noSuchPath, "Not Found") }
        return try submit(call, type: call["type"])
      },
      Route(.get, "v1/generations/{id}", .status) { call in
        .json(200, generation(try call.job(call["id"]), call))
      },
      Route(.delete, "v1/generations/{id}", .cancel) { call in
        _ = try call.job(call["id"])
        _ = call.desk.jobs.cancel(call["id"], of: name, at: call.now)
        return .empty(204)
      },
      Route(.get, "v1/credits", .other) { _ in .json(200, ["credit_balance": 100_000]) },
      Route(.get, "v1/ping", .other, needsKey: false) { _ in .json(200, ["message": "pong"]) },
    ]
  }

  private func submit(_ call: Call, type: String) throws -> Answer {
    let body = try call.json()
    let models = type == "video" ? ["ray-2", "ray-flash-2"] : ["photon-1", "photon-flash-1"]
    guard let model = body.string("model"), models.contains(model) else {
      throw Refusal(.invalid, "model must be one of \(models)", field: "model")
    }
    let prompt = body.string("prompt") ?? ""
    if prompt.isEmpty, body["keyframes"] == nil, body["image_ref"] == nil {
      throw Refusal(.invalid, "prompt is required", field: "prompt")
    }
    let seconds = MediaInput.seconds(body.string("duration"), default: 5)
    let job = try call.create(
      JobOrder(
        id: call.newDigest().uuid, model: model, prompt: prompt,
        products: [
          type == "video"
            ? .film(width: 1_280, height: 720, seconds: seconds) : .image(width: 1_024, height: 1_024)
        ], microUSD: type == "video" ? Int(seconds * 70_000) : 15_000,
        echo: ["type": .string(type), "request": body], webhook: body.string("callback_url")))
    let dues = [("dreaming", job.startsAt), ("completed", job.endsAt)]
    let events = dues.map { name, due in
      WebhookEvent(id: job.id, name: name, due: due, sign: WebhookSignature.none) { job, _ in
        generation(job, call).serialized()
      }
    }
    call.desk.webhooks.schedule(events, of: job)
    return .json(201, generation(job, call))
  }

  private func generation(_ job: VendorJob, _ call: Call) -> JSONValue {
    let isVideo = job.echo["type"] == "video"
    var state = "failed"
    var reason: JSONValue = nil
    var assets: JSONValue = nil
    switch job.stage(at: call.now) {
    case .queued: state = "queued"
    case .running: state = "dreaming"
    case .ended(.succeeded):
      state = "completed"
      let url = call.fileURL(job)
      assets = isVideo ? ["video": .string(url)] : ["image": .string(url)]
    case .ended(.empty): (state, assets) = ("completed", [:])
    case .ended(.moderated): reason = "400: prompt not allowed because advanced moderation failed"
    case .canceled: reason = "Deleted by the user"
    default: reason = "Job failed"
    }
    if call.fault?.kind == .unknownStatus { state = "daydreaming" }
    return [
      "id": .string(job.id), "generation_type": job.echo["type"] ?? nil, "state": .string(state),
      "failure_reason": reason, "created_at": .string(StreetClock.timestamp(job.createdUnix)),
      "assets": assets, "model": .string(job.model), "request": job.echo["request"] ?? nil,
    ]
  }

  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    .json(refusal.status, ["detail": .string(refusal.message)], headers: refusalHeaders(refusal))
  }
}
