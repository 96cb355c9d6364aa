import Wire

/// A job as Replicate tells of it.
struct ReplicatePrediction: Sendable {
  let job: VendorJob
  let call: Call
  /// One time for all that is said.
  private let now: Duration

  init(_ job: VendorJob, _ call: Call) {
    self.job = job
    self.call = call
    now = call.now
  }

  private var stage: VendorJob.Stage { job.stage(at: now) }

  private var status: String {
    if call.fault?.kind == .unknownStatus { return "pondering" }
    switch stage {
    case .queued: return "starting"
    case .running: return "processing"
    case .ended(.succeeded), .ended(.empty): return "succeeded"
    case .ended: return "failed"
    case .canceled: return "canceled"
    case .expired: return "aborted"
    }
  }

  private var error: JSONValue {
    switch stage {
    case .ended(.failed): "Prediction failed: the model ran out of memory."
    case .ended(.moderated):
      "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
    default: nil
    }
  }

  /// What a model that writes said, in the pieces in which it came.
  var pieces: [String] {
    String(decoding: call.bytes(of: job), as: UTF8.self).split(separator: " ").enumerated().map {
      $0.offset == 0 ? "\($0.element)" : " \($0.element)"
    }
  }

  private var output: JSONValue {
    guard case .ended(.succeeded) = stage, !isRemoved else { return nil }
    switch job.products[0] {
    case .text: return .array(pieces.map { .string($0) })
    case .image: return [.string(call.fileURL(job))]
    default: return .string(call.fileURL(job))
    }
  }

  /// What goes in and comes out is removed when the files are.
  private var isRemoved: Bool {
    now > job.endsAt + call.desk.settings.lifetime(job.vendor, own: .seconds(3_600))
  }

  var json: JSONValue {
    let hasStarted = now >= job.startsAt && job.isCharged(at: now)
    let ended = job.endedAt(now)
    func time(_ time: Duration?) -> JSONValue {
      time.map { .string(StreetClock.timestamp(job.unix($0))) } ?? nil
    }
    let path = call.ownBase + "/v1/predictions/\(job.id)"
    var urls: JSONValue = [
      "cancel": .string(path + "/cancel"), "get": .string(path),
      "stream": .string(path + "/stream"), "web": .string("https://replicate.com/p/\(job.id)"),
    ]
    if call.fault?.kind == .missingPollingURL { urls = urls.without("get").without("stream") }
    var metrics: JSONValue = [:]
    if let ended, hasStarted {
      metrics = [
        "predict_time": .number((ended - job.startsAt) / .seconds(1)),
        "total_time": .number((ended - job.createdAt) / .seconds(1)),
      ]
    }
    let prediction: JSONValue = [
      "id": .string(job.id), "model": .string(job.model), "version": job.echo["version"] ?? "hidden",
      "input": isRemoved ? [:] : job.echo["input"] ?? [:], "logs": hasStarted ? "working\n" : "",
      "output": output, "data_removed": .bool(isRemoved), "error": error, "source": "api",
      "status": .string(status), "created_at": time(job.createdAt),
      "started_at": time(hasStarted ? job.startsAt : nil), "completed_at": time(ended), "urls": urls,
      "metrics": metrics,
    ]
    guard let webhook = job.echo["webhook"] else { return prediction }
    return prediction.with("webhook", webhook).with("webhook_events_filter", job.echo["filter"] ?? [])
  }
}
