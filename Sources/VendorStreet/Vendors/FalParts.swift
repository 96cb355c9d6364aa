import Wire

/// What a job of fal's queue says about itself.
struct FalStatus: Sendable {
  let job: VendorJob
  let call: Call
  /// One time for all that is said.
  private let now: Duration

  init(_ job: VendorJob, _ call: Call) {
    self.job = job
    self.call = call
    now = call.now
  }

  /// `owner/alias`: the sub-path of an endpoint is not part of its status URLs, a namespace is.
  static func application(_ endpoint: String) -> String {
    let parts = endpoint.split(separator: "/")
    return parts.prefix(["workflows", "comfy"].contains(parts[0]) ? 3 : 2).joined(separator: "/")
  }

  private var urls: [JSONValue.Member] {
    let base = call.ownBase + "/\(FalStatus.application(job.model))/requests/\(job.id)"
    return [
      .init("request_id", .string(job.id)), .init("response_url", .string(base)),
      .init("status_url", .string(base + "/status")), .init("cancel_url", .string(base + "/cancel")),
    ]
  }

  /// 202 until it has ended.
  var code: Int { job.stage(at: now).isTerminal ? 200 : 202 }

  var submitted: JSONValue {
    var members: [JSONValue.Member] = [.init("status", "IN_QUEUE")] + urls
    if call.fault?.kind == .missingPollingURL { members.removeAll { $0.name.hasSuffix("_url") } }
    return .object(members + [.init("logs", nil), .init("metrics", [:]), .init("queue_position", 0)])
  }

  var json: JSONValue {
    let wantsLogs = ["1", "true"].contains(call.query("logs")?.lowercased())
    let logs: JSONValue =
      wantsLogs
      ? [
        [
          "message": "Working on it", "level": "INFO", "source": "USER",
          "timestamp": .string(StreetClock.timestamp(job.unix(job.startsAt))),
        ]
      ] : nil
    if call.fault?.kind == .unknownStatus {
      return .object([.init("status", "THINKING")] + urls + [.init("logs", logs)])
    }
    switch job.stage(at: now) {
    case .queued: return .object([.init("status", "IN_QUEUE")] + urls + [.init("queue_position", 0)])
    case .running: return .object([.init("status", "IN_PROGRESS")] + urls + [.init("logs", logs)])
    default:
      let seconds = (job.endedAt(now) ?? job.endsAt) - job.startsAt
      let status: JSONValue = .object(
        [.init("status", "COMPLETED")] + urls + [
          .init("logs", logs), .init("metrics", ["inference_time": .number(max(seconds / .seconds(1), 0))]),
        ])
      guard let (code, body) = FalOutcome(job, call, at: now).failure else { return status }
      return status.with("error", .string(body.string("detail") ?? "Unexpected status code: \(code)"))
        .with("error_type", body["error_type"])
    }
  }
}

/// What a job of fal's came to: a status code and a body, whichever way they are fetched.
struct FalOutcome: Sendable {
  let job: VendorJob
  let call: Call
  /// One time for all that is said.
  private let now: Duration

  init(_ job: VendorJob, _ call: Call, at now: Duration? = nil) {
    self.job = job
    self.call = call
    self.now = now ?? call.now
  }

  var result: (status: Int, body: JSONValue) {
    failure ?? (200, output(job.ending == .empty ? 0..<0 : 0..<job.products.count))
  }

  /// What the result says instead of one; nil when there is one.
  var failure: (status: Int, body: JSONValue)? {
    switch job.stage(at: now) {
    case .queued, .running: return (400, ["detail": "Request is still in progress"])
    case .canceled: return flat(499, "Request was cancelled by the client", "client_cancelled")
    case .expired: return flat(504, "Request timed out", "request_timeout")
    case .ended(let ending):
      guard MediaInput(job.echo).isComplete else {
        return model(422, ["body", "prompt"], "Field required", "missing")
      }
      switch ending {
      case .failed: return model(500, ["body"], "Internal server error", "internal_server_error")
      case .moderated:
        return model(
          422, ["body", "prompt"],
          "The content could not be processed because it contained material flagged by a content checker.",
          "content_policy_violation")
      case .succeeded, .empty: return nil
      }
    }
  }

  private func flat(_ status: Int, _ detail: String, _ type: String) -> (Int, JSONValue) {
    (status, ["detail": .string(detail), "error_type": .string(type)])
  }

  private func model(_ status: Int, _ place: JSONValue, _ message: String, _ type: String) -> (Int, JSONValue)
  {
    (
      status,
      [
        "detail": [
          [
            "loc": place, "msg": .string(message), "type": .string(type),
            "url": .string("https://docs.fal.ai/errors#\(type)"), "input": job.echo,
          ]
        ]
      ]
    )
  }

  /// In the shape of the kind: `images`, `video`, `audio` or `text`.
  private func output(_ places: Range<Int>) -> JSONValue {
    let files = places.map { place -> JSONValue in
      let bytes = call.bytes(of: job, place)
      var file: JSONValue = [
        "url": .string(call.fileURL(job, place)),
        "content_type": .string(job.products[place].contentType),
        "file_name": .string("\(place).\(job.products[place].fileExtension)"),
        "file_size": .integer(Int64(bytes.count)),
      ]
      if case .image(let width, let height) = job.products[place] {
        file = file.with("width", .integer(Int64(width))).with("height", .integer(Int64(height)))
      }
      return file
    }
    let seed = Int64(Digest(seed: 0).adding(job.prompt).index(1 << 30))
    switch job.products[0] {
    case .image:
      return [
        "images": .array(files), "timings": ["inference": 0.2], "seed": job.echo["seed"] ?? .integer(seed),
        "has_nsfw_concepts": .array(files.map { _ in false }), "prompt": .string(job.prompt),
      ]
    case .film: return ["video": files.first ?? nil]
    case .sound: return ["audio": files.first ?? nil]
    case .text:
      return [
        "text": .string(places.isEmpty ? "" : String(decoding: call.bytes(of: job), as: UTF8.self)),
        "chunks": [],
      ]
    }
  }
}
