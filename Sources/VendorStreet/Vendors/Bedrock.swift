import Foundation
import HTTPTypes
import Wire

/// AWS Bedrock: InvokeModel and Converse at once, StartAsyncInvoke with its idempotency token, and the life
/// cycle of models. What an asynchronous call makes is in a bucket, which the street keeps under
/// `/bedrock/s3/<bucket>/…` and opens, as S3 does, only to calls that are signed for S3.
///
/// Written after boto3 1.44.5 (its service model of bedrock-runtime) and the reference of the API.
struct Bedrock: Vendor {
  let name = "bedrock"
  let fileLifetime = Duration.seconds(30 * 86_400)
  private static let retired = ["amazon.nova-reel-v1:0", "amazon.nova-reel-v1:1", "amazon.nova-canvas-v1:0"]
  private static let models = [
    "amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0", "anthropic.claude-3-haiku-20240307-v1:0",
    "amazon.titan-embed-text-v2:0", "stability.stable-image-core-v1:1",
  ]
  private static let asynchronous = ["luma.ray-v2:0", "twelvelabs.marengo-embed-2-7-v1:0"]
  private static let account = "000000000000"

  /// A bearer token, or a signature; see ``AmazonSignature``.
  func key(of call: Call) -> String? { call.token("Bearer") ?? call.token("AWS4-HMAC-SHA256") }

  func admit(_ call: Call) throws {
    guard let key = key(of: call) else { throw Refusal(.unauthorized, "Missing Authentication Token") }
    let isStorage = call.path.first == "s3"
    if call.token("Bearer") != nil, !isStorage {
      if key.hasPrefix("invalid") { throw Refusal(.unauthorized, "The security token is invalid.") }
    } else {
      try AmazonSignature(call, service: isStorage ? "s3" : "bedrock").verify()
    }
  }

  /// An invocation is named by its ARN, which ends with the job.
  func jobID(of call: Call) -> String? {
    call.captures["id"] ?? call.captures["arn"]?.split(separator: "/").last.map(String.init)
  }

  var routes: [Route] {
    [
      Route(.post, "model/{model}/invoke", .submit) { call in
        let body = try call.json()
        return try await BedrockModel(model: model(call), call: call).invoke(body)
      },
      Route(.post, "model/{model}/converse", .submit) { call in
        let body = try call.json()
        return try await BedrockModel(model: model(call), call: call).converse(body)
      },
      Route(.post, "async-invoke", .submit, start),
      Route(.get, "async-invoke", .other) { call in
        let jobs = call.desk.jobs.all(of: name).filter { $0.echo["invocation"] != nil }
        return .json(200, ["asyncInvokeSummaries": .array(jobs.map { invocation($0, call) })])
      },
      Route(.get, "async-invoke/{arn}", .status) { call in
        .json(200, invocation(try call.job(jobID(of: call) ?? ""), call))
      },
      Route(.get, "s3/{bucket...}/{id}/output.mp4", .file) { call in
        let job = try call.job(call["id"])
        guard job.stage(at: call.now) == .ended(.succeeded), job.fault != .expiredAsset else {
          throw Refusal(.notFound, "The specified key does not exist.")
        }
        return .bytes(call.bytes(of: job), MP4.contentType)
      },
      Route(.get, "foundation-models", .other) { _ in
        let ids = Self.retired + Self.models + Self.asynchronous
        return .json(200, ["modelSummaries": .array(ids.map(Self.details))])
      },
      Route(.get, "foundation-models/{model}", .other) { call in
        let id = call["model"]
        guard (Self.retired + Self.models + Self.asynchronous).contains(id) else {
          throw Refusal(.notFound, "The provided model identifier is invalid.")
        }
        return .json(200, ["modelDetails": Self.details(id)])
      },
    ]
  }

  /// What the list and the single look tell of a model; one that is near its end is called legacy.
  private static func details(_ id: String) -> JSONValue {
    let output =
      id.contains("embed") ? "EMBEDDING" : id.contains("image") || id.contains("canvas") ? "IMAGE" : "TEXT"
    let isFilm = id.contains("ray") || id.contains("reel")
    let lifecycle: JSONValue =
      if retired.contains(id) {
        ["status": "LEGACY", "endOfLifeTime": "2026-09-30T00:00:00Z"]
      } else if id.contains("claude-3-haiku") {
        ["status": "LEGACY"]
      } else {
        ["status": "ACTIVE"]
      }
    return [
      "modelId": .string(id), "modelArn": .string("arn:aws:bedrock:us-east-1::foundation-model/\(id)"),
      "modelName": .string(id.split(separator: ".").last.map(String.init) ?? id),
      "inputModalities": ["TEXT"], "outputModalities": [.string(isFilm ? "VIDEO" : output)],
      "modelLifecycle": lifecycle,
    ]
  }

  private func model(_ call: Call) throws -> String {
    let id = call["model"]
    try check(id, among: Self.models)
    return id
  }

  private func check(_ id: String, among models: [String]) throws {
    if Self.retired.contains(id) {
      throw Refusal(
        .retired, "This model version has reached the end of its life and is no longer available.")
    }
    guard models.contains(id) else { throw Refusal(.invalid, "The provided model identifier is invalid.") }
  }

  // MARK: Asynchronous calls

  private func start(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("modelId").split(separator: "/").last.map(String.init) ?? ""
    try check(model, among: Self.asynchronous)
    guard let input = body["modelInput"], input.members != nil else {
      throw Refusal(.invalid, "modelInput is required")
    }
    guard let target = body["outputDataConfig"]?.string("s3OutputDataConfig", "s3Uri"),
      target.hasPrefix("s3://")
    else { throw Refusal(.invalid, "outputDataConfig.s3OutputDataConfig.s3Uri must be an S3 URI") }
    let token = body.string("clientRequestToken")
    let same = body.without("clientRequestToken")
    // The one vendor with an idempotency key: the same token and words give the same invocation.
    if let token,
      let earlier = call.desk.jobs.all(of: name).first(where: { $0.echo["token"]?.stringValue == token })
    {
      guard earlier.echo["invocation"] == same else {
        throw Refusal(.conflict, "The clientRequestToken was used with other parameters.", status: 400)
      }
      return .json(200, ["invocationArn": .string(arn(earlier.id))])
    }
    let prompt = input.string("prompt") ?? input.text
    let seconds = MediaInput.seconds(input.string("duration"), default: 5)
    let job = try call.create(
      JobOrder(
        id: call.newDigest().letters(12), model: model, prompt: prompt,
        products: [.film(width: 1_280, height: 720, seconds: seconds)], microUSD: Int(seconds * 750_000),
        echo: ["token": .optional(token), "invocation": same]))
    return .json(200, ["invocationArn": .string(arn(job.id))])
  }

  private func arn(_ id: String) -> String { "arn:aws:bedrock:us-east-1:\(Self.account):async-invoke/\(id)" }

  private func invocation(_ job: VendorJob, _ call: Call) -> JSONValue {
    let now = call.now
    let ended = job.endedAt(now)
    let config = job.echo["invocation"]?["outputDataConfig"] ?? [:]
    let target = config.string("s3OutputDataConfig", "s3Uri") ?? ""
    let uri = (target.hasSuffix("/") ? String(target.dropLast()) : target) + "/\(job.id)"
    var json: JSONValue = [
      "invocationArn": .string(arn(job.id)),
      "modelArn": .string("arn:aws:bedrock:us-east-1::foundation-model/\(job.model)"),
      "status": "InProgress", "submitTime": .string(StreetClock.timestamp(job.createdUnix)),
      "lastModifiedTime": .string(StreetClock.timestamp(job.unix(ended ?? now))),
      "outputDataConfig": ["s3OutputDataConfig": ["s3Uri": .string(uri)]],
    ]
    if let token = job.echo["token"], !token.isNull { json = json.with("clientRequestToken", token) }
    if let ended { json = json.with("endTime", .string(StreetClock.timestamp(job.unix(ended)))) }
    switch job.stage(at: now) {
    case .queued, .running: break
    case .ended(.succeeded), .ended(.empty): json = json.with("status", "Completed")
    case .ended(.moderated):
      json = json.with("status", "Failed").with(
        "failureMessage", "This request has been blocked by our content filters.")
    default: json = json.with("status", "Failed").with("failureMessage", "The model could not be invoked.")
    }
    return call.fault?.kind == .unknownStatus ? json.with("status", "Warming") : json
  }

  /// `{"message"}`, the kind of error in a header.
  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    let (type, status) =
      switch refusal.reason {
      case .unauthorized, .outOfCredit: ("AccessDeniedException", 403)
      case .throttled: ("ThrottlingException", 429)
      case .server:
        refusal.status == 500
          ? ("InternalServerException", 500) : ("ServiceUnavailableException", refusal.status)
      case .retired, .notFound: ("ResourceNotFoundException", 404)
      case .noSuchPath, .methodNotAllowed: ("UnknownOperationException", refusal.status)
      case .conflict: ("ConflictException", refusal.status)
      default: ("ValidationException", 400)
      }
    var headers = refusalHeaders(refusal)
    headers[.amazonErrorType] = type
    headers[.amazonRequestID] = Digest(seed: 0).adding(call.number).uuid
    return .json(status, ["message": .string(refusal.message)], headers: headers)
  }
}
