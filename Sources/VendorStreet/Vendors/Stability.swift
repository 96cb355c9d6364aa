import Foundation
import HTTPTypes
import Wire

/// Stability: multipart forms answered at once, as bytes or as JSON; some endpoints with an id to ask for.
///
/// Written after public mirrors of its reference; the vendor's package speaks an older API.
struct Stability: Vendor {
  let name = "stability"
  private static let generators = ["core", "ultra", "sd3"]
  private static let immediate = [
    "edit/inpaint", "edit/outpaint", "edit/erase", "edit/search-and-replace", "edit/remove-background",
    "upscale/fast", "upscale/conservative", "control/sketch", "control/structure", "control/style",
  ]
  private static let later = ["upscale/creative", "edit/replace-background-and-relight"]

  var routes: [Route] {
    Self.generators.map { generator in
      Route(.post, "v2beta/stable-image/generate/\(generator)", .submit) { call in
        try await atOnce(call, model: generator, needs: "prompt")
      }
    }
      + Self.immediate.map { path in
        Route(.post, "v2beta/stable-image/\(path)", .submit) { call in
          try await atOnce(call, model: path, needs: "image")
        }
      }
      + Self.later.map { path in
        Route(.post, "v2beta/stable-image/\(path)", .submit) { call in
          let job = try call.create(order(call, model: path, needs: "image"))
          return .json(200, ["id": .string(job.id)])
        }
      } + [
        Route(.get, "v2beta/results/{id}", .status) { call in
          let job = try call.job(call["id"])
          guard job.stage(at: call.now).isTerminal else {
            return .json(202, ["id": .string(job.id), "status": "in-progress"])
          }
          return try image(job, call)
        },
        Route(.get, "v1/user/balance", .other) { _ in .json(200, ["credits": 1_000]) },
      ]
  }

  private func order(_ call: Call, model: String, needs field: String) throws -> JobOrder {
    let accept = call.header("accept") ?? "image/*"
    guard ["image/*", "application/json", "*/*"].contains(accept) else {
      throw Refusal(.invalid, "accept: must be one of image/*, application/json", field: "accept")
    }
    let form = try call.form()
    guard let part = form[field], !part.bytes.isEmpty else {
      throw Refusal(.invalid, "\(field): is required", field: field)
    }
    let prompt = form.text("prompt") ?? "\(PNG.crc32(part.bytes))"
    guard prompt.count <= 10_000 else {
      throw Refusal(.invalid, "prompt: cannot exceed 10000 characters", field: "prompt")
    }
    let formats = ["png", "jpeg", "webp"]
    if let format = form.text("output_format"), !formats.contains(format) {
      throw Refusal(.invalid, "output_format: must be one of \(formats)", field: "output_format")
    }
    let size =
      switch form.text("aspect_ratio") ?? "1:1" {
      case "16:9": (1_344, 768)
      case "9:16": (768, 1_344)
      default: (1_024, 1_024)
      }
    let cents = model == "ultra" ? 8 : 3
    return JobOrder(
      id: call.newDigest().hex(64), model: model, prompt: prompt,
      products: [.image(width: size.0, height: size.1)], microUSD: cents * 10_000,
      echo: .integer(Int64(form.text("seed").flatMap { Int($0) } ?? 343_940_597)))
  }

  private func atOnce(_ call: Call, model: String, needs field: String) async throws -> Answer {
    let order = try order(call, model: model, needs: field)
    let job = try await call.wait(for: call.create(order.immediate))
    return try image(job, call)
  }

  /// A moderated picture comes with 200 and `finish_reason` CONTENT_FILTERED, blurred beyond use.
  private func image(_ job: VendorJob, _ call: Call) throws -> Answer {
    guard case .ended(let ending) = job.stage(at: call.now), ending != .failed else {
      throw Refusal(.server, "An unexpected server error has occurred.", status: 500)
    }
    let reason = ending == .moderated ? "CONTENT_FILTERED" : "SUCCESS"
    let bytes = ending == .empty ? [] : call.bytes(of: job)
    let seed = job.echo
    if call.header("accept") == "application/json" {
      return .json(
        200,
        [
          "image": .string(Data(bytes).base64EncodedString()), "finish_reason": .string(reason), "seed": seed,
        ])
    }
    var answer = Answer.bytes(bytes, PNG.contentType)
    answer.headers.append(WebhookSignature.field("finish-reason", reason))
    answer.headers.append(WebhookSignature.field("seed", seed.text))
    return answer
  }

  /// `{"id", "name", "errors": []}`
  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    let name =
      switch refusal.reason {
      case .unauthorized: "unauthorized"
      case .outOfCredit: "payment_required"
      case .throttled: "rate_limit_exceeded"
      case .moderated: "content_moderation"
      case .invalid: "bad_request"
      case .notFound, .noSuchPath, .retired: "not_found"
      default: "internal_error"
      }
    return .json(
      refusal.status,
      [
        "id": .string(Digest(seed: 0).adding(call.number).hex(32)), "name": .string(name),
        "errors": [.string(refusal.message)],
      ], headers: refusalHeaders(refusal))
  }
}
