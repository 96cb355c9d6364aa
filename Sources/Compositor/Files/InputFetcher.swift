import Composition
import Foundation
import Glibc
import Transport
import Wire

/// Brings a composition's inputs into its folder, held to the limits of their bytes.
struct InputFetcher: Sendable {
  let settings: CompositorSettings
  let transport: HTTPTransport
  let files: WorkFolder

  /// - Parameter sources: the n-th becomes the file ``CompositionPlan/inputName(_:)`` of n.
  /// - Throws: ``CompositionFailure``; `CancellationError`.
  func fetch(_ sources: [NamedSource], into composition: String) async throws {
    var left = settings.limits.totalBytes
    for (number, named) in sources.enumerated() {
      try Task.checkCancellation()
      let path = "\(files.folder(of: composition))/\(CompositionPlan.inputName(number))"
      let limit = min(settings.limits.inputBytes, left)
      let count: Int
      do throws(FetchRefusal) {
        count = try await fetch(named.source, to: path, limit: limit)
      } catch {
        try Task.checkCancellation()
        throw CompositionFailure(error.code, error.message, at: named.pointer)
      }
      guard count > 0 else { throw CompositionFailure(.invalidInput, "is an empty file", at: named.pointer) }
      left -= count
    }
  }

  private struct FetchRefusal: Error {
    var code: CompositionFailure.Code
    var message: String

    static func tooLarge(_ limit: Int) -> FetchRefusal {
      FetchRefusal(
        code: .invalidInput,
        message: "is too large: \(limit) bytes are left for it of what a composition may bring")
    }
  }

  /// - Returns: the number of bytes.
  private func fetch(
    _ source: InputSource, to path: String, limit: Int
  ) async throws(FetchRefusal) -> Int {
    switch source {
    case .inline(let url):
      guard let bytes = DataURL.bytes(url) else {
        throw FetchRefusal(code: .invalidInput, message: "is no data URL that can be decoded")
      }
      guard bytes.count <= limit else { throw .tooLarge(limit) }
      do {
        try bytes.write(to: URL(fileURLWithPath: path))
      } catch {
        throw FetchRefusal(code: .outOfService, message: "cannot be written: \(error.localizedDescription)")
      }
      return bytes.count
    case .upload(let id):
      let upload = files.upload(id)
      guard let size = FileManager.default.size(of: upload), link(upload, path) == 0 else {
        throw FetchRefusal(
          code: .invalidInput,
          message: "names an upload that is not there; send the file to /v1/uploads again")
      }
      guard size <= limit else { throw .tooLarge(limit) }
      return size
    case .address(let url): return try await download(url, to: path, limit: limit)
    }
  }

  private func download(_ url: String, to path: String, limit: Int) async throws(FetchRefusal) -> Int {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw FetchRefusal(
        code: .outOfService, message: "cannot be written: \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    let call = OutboundCall(
      "GET", url, policy: settings.policy(for: url), limits: TimeLimits(total: settings.fetchLimit),
      maximumBodySize: limit, redirects: .followed(atMost: 3))
    let (answer, written): (HTTPAnswer, Int)
    do {
      (answer, written) = try await transport.download(call, to: file)
    } catch {
      switch error.reason {
      case .responseTooLarge: throw .tooLarge(limit)
      case .forbiddenHost, .forbiddenAddress, .forbiddenRedirect:
        throw FetchRefusal(
          code: .invalidInput,
          message:
            "must not be fetched: \(error.detail); allowed are public https addresses, and hosts named with "
            + "--allow when the service was started")
      case .couldNotWrite:
        throw FetchRefusal(code: .outOfService, message: "cannot be written: \(error.detail)")
      default: throw FetchRefusal(code: .invalidInput, message: "cannot be fetched: \(error.detail)")
      }
    }
    guard (200..<300).contains(answer.status) else {
      throw FetchRefusal(
        code: .invalidInput, message: "cannot be fetched: its host answered \(answer.status)")
    }
    return written
  }
}

/// A data URL (RFC 2397).
enum DataURL {
  static func bytes(_ url: String) -> Data? {
    guard url.lowercased().hasPrefix("data:"), let comma = url.firstIndex(of: ",") else { return nil }
    let body = String(url[url.index(after: comma)...])
    guard url[..<comma].lowercased().hasSuffix(";base64") else {
      return body.removingPercentEncoding.map { Data($0.utf8) }
    }
    return Data(base64Encoded: body, options: .ignoreUnknownCharacters)
  }
}
