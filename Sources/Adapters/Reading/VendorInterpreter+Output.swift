import Foundation
import Jobs
import Wire

/// What the vendor has made, out of an answer.
extension VendorInterpreter {
  /// The body as the artefact itself; nil when its media type is not one of those declared.
  func file(_ answer: VendorAnswer, _ shape: AnswerShape) -> Output? {
    let type = answer.mediaType
    guard type != "text/html", shape.body.contains(where: { $0.matches(type) }) else { return nil }
    return Output(files: [.inline(answer.body, contentType: type)])
  }

  /// A finished job, or the failure that an empty or unusable output is.
  func settled(_ output: Output) -> Reading.State {
    guard !output.isEmpty else {
      return .failed(
        VendorFailure(
          .badOutput, cause: .found, message: "the vendor says that it is done, and there is nothing"))
    }
    return .succeeded(output)
  }

  func output(_ json: JSONValue, _ shape: AnswerShape) -> Reading.State {
    var output = Output(contentType: shape.contentType, lifetime: shape.lifetime)
    for value in shape.urls.all(in: json) {
      guard let url = value.stringValue, !url.isEmpty else { continue }
      switch VendorInterpreter.inline(url) {
      case .some(let file): output.files.append(file)
      case nil:
        guard let checked = checked(rewritten(url, shape), artefactPolicy) else {
          return .failed(
            VendorFailure(
              .unknown, cause: .found,
              message:
                "the result stands at an address that the provider's entry does not allow: \(url.prefix(200))"
            ))
        }
        output.files.append(.address(checked))
      }
    }
    for value in shape.base64.all(in: json) {
      guard let text = value.stringValue else { continue }
      guard let bytes = VendorInterpreter.bytes(base64: text) else {
        return .failed(
          VendorFailure(.badOutput, cause: .found, message: "the vendor's base64 cannot be decoded"))
      }
      output.files.append(.inline(bytes, contentType: shape.contentType ?? "application/octet-stream"))
    }
    let texts = shape.text.all(in: json).compactMap(\.scalarText)
    if !texts.isEmpty { output.text = texts.joined() }
    let vectors = shape.vectors.all(in: json).filter { ($0.arrayValue?.isEmpty ?? true) == false }
    if !vectors.isEmpty {
      output.text = String(decoding: JSONValue.array(vectors).serialized(), as: UTF8.self)
    }
    return settled(output)
  }

  /// An address that begins as one of the vendor's own kind does, as one that can be called.
  private func rewritten(_ url: String, _ shape: AnswerShape) -> String {
    for rewrite in shape.rewrites where url.hasPrefix(rewrite.name) {
      guard let start = rewrite.template.filled(for: .url, { account($0) }) else { continue }
      return start + Template.encoded(String(url.dropFirst(rewrite.name.count)), keepingSlashes: true)
    }
    return url
  }

  /// A data URL (RFC 2397) as the file that it holds; nil for any other URL.
  static func inline(_ url: String) -> Output.File? {
    guard url.lowercased().hasPrefix("data:"), let comma = url.firstIndex(of: ",") else { return nil }
    let head = url[url.index(url.startIndex, offsetBy: 5)..<comma]
    let body = String(url[url.index(after: comma)...])
    let type = head.prefix { $0 != ";" }
    let bytes =
      head.lowercased().hasSuffix(";base64")
      ? bytes(base64: body) : body.removingPercentEncoding.map { Array($0.utf8) }
    return bytes.map { .inline($0, contentType: type.isEmpty ? "text/plain" : String(type)) }
  }

  static func bytes(base64 text: String) -> [UInt8]? {
    // Some vendors put a whole data URL where the name says base64.
    if case .inline(let bytes, _)? = text.hasPrefix("data:") ? inline(text) : nil { return bytes }
    return Data(base64Encoded: text, options: .ignoreUnknownCharacters).map { Array($0) }
  }
}
