import Jobs
import Routing
import Serving
import Transport
import Wire

/// Bedrock's answers, read. Pure.
struct BedrockAnswers {
  let places: BedrockPlaces
  let now: Instant

  /// The answer to a call that is the finished work.
  ///
  /// - Throws: a refusal; or, where the work may have been done all the same, a failure that says so.
  func finished(_ answer: VendorAnswer, _ family: BedrockFamily) throws(VendorFailure) -> Reading {
    guard answer.isGood else { throw BedrockFailure(answer, at: now).failure }
    let json = try json(answer, .ambiguous)
    switch family {
    case .conversation, .film: return conversation(json)
    case .embedding:
      let vector = json["embedding"]?.arrayValue ?? []
      let text = String(decoding: JSONValue.array([.array(vector)]).serialized(), as: UTF8.self)
      return Reading(
        state: settled(Output(text: vector.isEmpty ? nil : text)),
        usage: json["inputTextTokenCount"]?.integerValue.map { TokenUsage(input: Int($0), output: 0) })
    case .picture: return Reading(state: picture(json))
    }
  }

  private func conversation(_ json: JSONValue) -> Reading {
    let parts = json["output"]?["message"]?["content"]?.arrayValue ?? []
    let text = parts.compactMap { $0["text"]?.stringValue }.joined()
    let counts = json["usage"]
    let usage = counts.map {
      TokenUsage(
        input: Int($0["inputTokens"]?.integerValue ?? 0), output: Int($0["outputTokens"]?.integerValue ?? 0))
    }
    let reason = json["stopReason"]?.stringValue ?? ""
    if ["guardrail_intervened", "content_filtered"].contains(reason) {
      let failure = VendorFailure(
        .moderated, vendorCode: reason,
        message: text.isEmpty ? "the answer was withheld" : VendorInterpreter.short(text))
      return Reading(state: .failed(failure), usage: usage)
    }
    if reason == "malformed_model_output" {
      let failure = VendorFailure(.badOutput, vendorCode: reason, message: "the model's output is malformed")
      return Reading(state: .failed(failure), usage: usage)
    }
    return Reading(state: settled(Output(text: text)), usage: usage)
  }

  /// `{"images": [base64], "finish_reasons": [null]}`: a filtered picture is said to be one with status 200.
  private func picture(_ json: JSONValue) -> Reading.State {
    let reasons = json["finish_reasons"]?.arrayValue?.compactMap(\.stringValue) ?? []
    if let reason = reasons.first(where: { $0.hasPrefix("Filter reason") }) {
      return .failed(VendorFailure(.moderated, vendorCode: reason, message: reason))
    }
    if let reason = reasons.first(where: { $0.lowercased().contains("error") }) {
      return .failed(VendorFailure(.transient, vendorCode: reason, message: reason))
    }
    var output = Output()
    for text in json["images"]?.arrayValue?.compactMap(\.stringValue) ?? [] where !text.isEmpty {
      guard let bytes = VendorInterpreter.bytes(base64: text) else {
        return .failed(VendorFailure(.badOutput, cause: .found, message: "the base64 cannot be decoded"))
      }
      let isPNG = bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])
      output.files.append(.inline(bytes, contentType: isPNG ? "image/png" : "image/jpeg"))
    }
    return settled(output)
  }

  // MARK: Asynchronous invocations

  /// The invocation that a submission made, or had made before under its token.
  func started(_ answer: VendorAnswer) throws(VendorFailure) -> VendorJob {
    guard answer.isGood else { throw BedrockFailure(answer, at: now).failure }
    guard let arn = try json(answer, .ambiguous)["invocationArn"]?.stringValue, !arn.isEmpty else {
      throw VendorFailure(
        .ambiguous, httpStatus: answer.status, message: "the vendor accepted the job without naming it")
    }
    return VendorJob(id: arn)
  }

  func invocation(_ answer: VendorAnswer) throws(VendorFailure) -> Reading {
    guard answer.isGood else { throw BedrockFailure(answer, at: now).failure }
    let json = try json(answer, .unknown)
    guard let word = json["status"]?.stringValue else {
      throw VendorFailure(
        .unknown, httpStatus: answer.status, message: "the answer does not say how the job stands")
    }
    let job = json["invocationArn"]?.stringValue.map { VendorJob(id: $0) }
    let state: Reading.State
    switch word {
    case "InProgress": state = .running(progress: nil)
    case "Completed": state = film(json)
    case "Failed":
      state = .failed(BedrockFailure.ofJob(json["failureMessage"]?.stringValue ?? "no reason was given"))
    default: state = .unrecognised(word)
    }
    return Reading(state: state, job: job)
  }

  /// A film lies as `output.mp4` in the folder that the answer names.
  private func film(_ json: JSONValue) -> Reading.State {
    let folder = json["outputDataConfig"]?["s3OutputDataConfig"]?["s3Uri"]?.stringValue ?? ""
    let uri = folder.hasSuffix("/") ? "\(folder)output.mp4" : "\(folder)/output.mp4"
    guard let address = places.address(of: uri) else {
      return .failed(
        VendorFailure(
          .unknown, cause: .found,
          message: "the result is said to lie at no S3 address: \(folder.prefix(200))"))
    }
    return .succeeded(Output(files: [.address(address)], contentType: "video/mp4"))
  }

  // MARK: Parts

  private func settled(_ output: Output) -> Reading.State {
    guard !output.isEmpty else {
      return .failed(
        VendorFailure(
          .badOutput, cause: .found, message: "the vendor says that it is done, and there is nothing"))
    }
    return .succeeded(output)
  }

  /// - Parameter kind: what an answer that cannot be read amounts to.
  func json(_ answer: VendorAnswer, _ kind: FailureClass) throws(VendorFailure) -> JSONValue {
    do {
      return try JSONValue.parse(answer.body)
    } catch {
      let isPage = answer.mediaType == "text/html" || answer.body.first { $0 > 0x20 } == UInt8(ascii: "<")
      throw VendorFailure(
        kind, httpStatus: answer.status,
        message: isPage
          ? "the vendor answered with an HTML page where JSON belongs"
          : "the vendor's answer is not JSON: \(error)")
    }
  }
}

/// An error answer of AWS: its exception's name stands in a header, its words in the body.
struct BedrockFailure {
  let failure: VendorFailure

  init(_ answer: VendorAnswer, at now: Instant) {
    let json = try? JSONValue.parse(answer.body)
    let written = answer.headers["x-amzn-errortype"] ?? json?["__type"]?.stringValue ?? ""
    // `ThrottlingException:http://…`, or `com.amazonaws.bedrock#ThrottlingException`.
    let code = written.prefix { $0 != ":" }.split(separator: "#").last.map(String.init)
    let told = json?["message"]?.stringValue ?? json?["Message"]?.stringValue
    let message = VendorInterpreter.short(told ?? "HTTP \(answer.status)")
    var failure = VendorFailure(
      httpStatus: answer.status, message: message, retryAfter: RetryAfter.span(answer.headers, at: now))
    failure.vendorCode = code
    if let kind = BedrockFailure.kind(code ?? "", message) { failure.failureClass = kind }
    // The account may be well and only this model not be open to it.
    if failure.failureClass == .authCredit, message.lowercased().contains("access to the model") {
      failure.scope = .candidate
    }
    self.failure = failure
  }

  /// Why an invocation failed, by its words: there is no code.
  static func ofJob(_ message: String) -> VendorFailure {
    let text = message.lowercased()
    let kind: FailureClass =
      if isFiltered(text) {
        .moderated
      } else if isRetired(text) {
        .retired
      } else if ["could not be invoked", "internal", "unavailable", "try again", "timed out"]
        .contains(where: { text.contains($0) })
      {
        .transient
      } else {
        .unknown
      }
    return VendorFailure(kind, message: VendorInterpreter.short(message))
  }

  /// Nil where the status says as much as the name.
  private static func kind(_ code: String, _ message: String) -> FailureClass? {
    let text = message.lowercased()
    switch code {
    case "ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException":
      return .rateConcurrency
    case "ModelNotReadyException", "ModelTimeoutException", "ModelErrorException", "InternalServerException",
      "ServiceUnavailableException":
      return .transient
    case "AccessDeniedException": return isRetired(text) ? .retired : .authCredit
    case "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch",
      "ExpiredTokenException", "InvalidClientTokenId", "IncompleteSignature", "MissingAuthenticationToken":
      return .authCredit
    case "ValidationException":
      return isFiltered(text) ? .moderated : isRetired(text) ? .retired : .callerError
    case "ResourceNotFoundException": return isRetired(text) ? .retired : .callerError
    // Our token with other parameters: nobody's fault that can be named, and nothing was begun.
    case "ConflictException": return .unknown
    default: return nil
    }
  }

  private static func isFiltered(_ text: String) -> Bool {
    ["content filter", "blocked by", "safety system", "guardrail", "responsible ai policy"]
      .contains { text.contains($0) }
  }

  /// Bedrock writes of a model that has "reached the end of its life", and refuses one "marked by provider as Legacy"
  /// to accounts that have not used it of late.
  private static func isRetired(_ text: String) -> Bool {
    FailureClass.saysRetired(text) || text.contains("end of its life")
      || text.contains("marked by provider as legacy")
  }
}
