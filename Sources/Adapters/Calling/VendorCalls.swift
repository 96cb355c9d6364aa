import Foundation
import Jobs
import Routing
import Serving
import Transport
import Wire

/// Makes the calls that a ``VendorInterpreter`` describes: the only part of a declared adapter that touches the network.
struct VendorCalls: Sendable {
  let transport: HTTPTransport
  /// Where calls may go, and from where artefacts may come.
  let callPolicy: OutboundPolicy
  let artefactPolicy: OutboundPolicy
  /// Of a vendor that wants every call signed, downloads as well.
  var signing: SignatureV4?

  /// The most that an answer may hold: pictures come as base64 in JSON.
  static let largestAnswer = 64 << 20
  /// The most that a file for a form may hold.
  static let largestFile = 64 << 20

  /// - Parameters:
  ///   - limit: for the whole call.
  ///   - spends: whether the call submits work.
  func answer(
    _ description: CallDescription, limit: Span, spends: Bool = false
  ) async throws(VendorFailure) -> VendorAnswer {
    var call = try await outbound(description, limit: limit)
    // Whatever its method: what spends money is not sent twice.
    if spends { call.isIdempotent = false }
    do {
      return VendorAnswer(try await transport.answer(call))
    } catch {
      throw VendorFailure(error, spends: spends)
    }
  }

  func stream(_ description: CallDescription, limit: Span) async throws(VendorFailure) -> StreamedAnswer {
    var call = try await outbound(description, limit: limit)
    // An answer that is read while it is written may take its time; what must not last is silence.
    call.limits.total = nil
    call.isIdempotent = false
    // Compressing gathers what should come word by word.
    call.acceptsCompression = false
    do {
      return try await transport.stream(call)
    } catch {
      throw VendorFailure(error, spends: true)
    }
  }

  /// The whole of an answer's body that is an error, as far as it matters.
  func rest(of answer: StreamedAnswer) async -> VendorAnswer {
    var body: [UInt8] = []
    do {
      for try await chunk in answer.body where body.count < 65_536 { body += chunk }
    } catch {
      // What came before the break says enough.
    }
    return VendorAnswer(status: answer.status, headers: answer.headers, body: body)
  }

  /// - Parameter headers: for a vendor that hands its files out only to those who may ask for them.
  func download(
    _ url: String, headers: [CallDescription.Header] = [], to descriptor: Int32
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    let call = OutboundCall(
      "GET", url, headers: HeaderFields(headers.map { HeaderFields.Field($0.name, $0.value) }),
      policy: artefactPolicy,
      limits: TimeLimits(total: .seconds(600)), maximumBodySize: 4 << 30,
      redirects: .followed(atMost: 3), signing: signing)
    let (answer, written): (HTTPAnswer, Int)
    do {
      (answer, written) = try await transport.download(call, to: descriptor)
    } catch {
      throw VendorFailure(error, spends: false)
    }
    let head = VendorAnswer(answer)
    guard head.isGood else {
      // The address came a moment ago: that nothing is there is the vendor's doing.
      let isGone = [403, 404, 410].contains(answer.status)
      throw VendorFailure(
        isGone ? .badOutput : FailureClass(httpStatus: answer.status), httpStatus: answer.status,
        message: isGone ? "the result is not at its address any more" : "the result cannot be fetched now")
    }
    guard written > 0 else {
      throw VendorFailure(.badOutput, cause: .found, message: "the result is an empty file")
    }
    return (head.mediaType.isEmpty ? nil : head.mediaType, written)
  }

  // MARK: From description to call

  private func outbound(_ description: CallDescription, limit: Span) async throws(VendorFailure)
    -> OutboundCall
  {
    var headers = HeaderFields(description.headers.map { HeaderFields.Field($0.name, $0.value) })
    var body = CallBody.none
    switch description.body {
    case .none: break
    case .json(let json):
      headers.set("Content-Type", "application/json")
      body = .bytes(json.serialized())
    case .multipart(let parts):
      let form = try await form(parts)
      headers.set("Content-Type", "multipart/form-data; boundary=\(form.boundary)")
      body = .bytes(form.bytes)
    }
    let total = Duration.microseconds(limit.microseconds)
    return OutboundCall(
      description.method, description.url, headers: headers, body: body, policy: callPolicy,
      limits: TimeLimits(connect: min(.seconds(10), total), firstByte: total, total: total),
      maximumBodySize: VendorCalls.largestAnswer, acceptsCompression: true, signing: signing)
  }

  private func form(_ parts: [CallDescription.Part]) async throws(VendorFailure) -> MultipartForm {
    var form = MultipartForm()
    for part in parts {
      switch part.content {
      case .text(let text): form.add(part.name, text: text)
      case .file(let url):
        let (bytes, type) = try await file(url)
        form.add(part.name, bytes, contentType: type)
      }
    }
    return form
  }

  /// A file that the caller named: out of a data URL, or from any public https address.
  private func file(_ url: String) async throws(VendorFailure) -> ([UInt8], String) {
    if case .inline(let bytes, let type)? = VendorInterpreter.inline(url) { return (bytes, type) }
    let answer: HTTPAnswer
    do {
      answer = try await transport.answer(
        OutboundCall(
          "GET", url, policy: .publicHTTPS, limits: TimeLimits(total: .seconds(60)),
          maximumBodySize: VendorCalls.largestFile, redirects: .followed(atMost: 3)))
    } catch {
      throw VendorFailure(
        .callerError, cause: .found, message: "the input file cannot be fetched: \(error.detail)")
    }
    let head = VendorAnswer(answer)
    guard head.isGood, !head.body.isEmpty else {
      throw VendorFailure(
        .callerError, cause: .found,
        message: "the input file cannot be fetched: its host answered \(head.status)")
    }
    return (head.body, head.mediaType.isEmpty ? "application/octet-stream" : head.mediaType)
  }
}

/// A `multipart/form-data` body (RFC 7578).
struct MultipartForm {
  private var parts: [(head: String, body: [UInt8])] = []

  mutating func add(_ name: String, text: String) {
    parts.append(("Content-Disposition: form-data; name=\"\(MultipartForm.quoted(name))\"", Array(text.utf8)))
  }

  mutating func add(_ name: String, _ bytes: [UInt8], contentType: String) {
    let type = contentType.filter { $0.isASCII && !$0.isNewline }
    // Services go by the ending: audio/mpeg is .mp3 to them, and audio/x-wav is .wav.
    let plain = type.prefix { $0 != ";" }.split(separator: "/").last.map {
      $0.filter { $0.isLetter || $0.isNumber }
    }
    let ending = MediaType(word: type)?.fileExtension ?? plain ?? "bin"
    parts.append(
      (
        "Content-Disposition: form-data; name=\"\(MultipartForm.quoted(name))\"; filename=\"file.\(ending)\"\r\n"
          + "Content-Type: \(type)", bytes
      ))
  }

  /// Stands in no part: a number is added to it for as long as it does.
  var boundary: String {
    var number = 0
    while true {
      let boundary = "pointsman-form-\(number)"
      let mark = Array("--\(boundary)".utf8)
      if !parts.contains(where: { MultipartForm.contains($0.body, mark) }) { return boundary }
      number += 1
    }
  }

  var bytes: [UInt8] {
    let boundary = boundary
    var bytes: [UInt8] = []
    for part in parts {
      bytes += Array("--\(boundary)\r\n\(part.head)\r\n\r\n".utf8) + part.body + Array("\r\n".utf8)
    }
    return bytes + Array("--\(boundary)--\r\n".utf8)
  }

  private static func quoted(_ name: String) -> String {
    name.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline }
  }

  private static func contains(_ body: [UInt8], _ mark: [UInt8]) -> Bool {
    Data(body).range(of: Data(mark)) != nil
  }
}
