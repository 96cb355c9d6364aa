import Foundation
import HTTPTypes
import Hummingbird
public import NIOCore
import Routing
import Wire

extension Request {
  /// The whole body, at most `limit` bytes of it.
  func bytes(limit: Int) async throws -> [UInt8] {
    if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
      throw Problem.tooLarge(limit: limit)
    }
    do {
      let buffer = try await body.collect(upTo: limit)
      return Array(buffer.readableBytesView)
    } catch is NIOTooManyBytesError {
      throw Problem.tooLarge(limit: limit)
    }
  }

  /// A query parameter, unescaped; nil when absent.
  func query(_ name: String) -> String? { uri.queryParameters[Substring(name)].map(String.init) }

  /// A query parameter that must be a whole number.
  func number(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
    guard let text = query(name) else { return fallback }
    guard let number = Int(text), range.contains(number) else {
      throw Problem.parameter(
        name, "must be an integer from \(range.lowerBound) to \(range.upperBound), got '\(text)'")
    }
    return number
  }

  /// The `capability` parameter; nil when absent.
  func capability() throws -> Capability? {
    guard let name = query("capability") else { return nil }
    guard let capability = Capability(name: name) else {
      throw Problem.parameter(
        "capability", "must be one of \(Capability.listing), got '\(name)'")
    }
    return capability
  }

  func requiredCapability() throws -> Capability {
    guard let capability = try capability() else {
      throw Problem.parameter("capability", "is required: one of \(Capability.listing)")
    }
    return capability
  }

  /// Refuses query parameters that nobody reads, a typo must not be accepted and ignored, and those that come twice.
  func allowQuery(_ names: String...) throws { try allowQuery(names) }

  func allowQuery(_ names: [String]) throws {
    var seen: Set<String> = []
    for key in uri.queryParameters.map({ String($0.key) }) {
      guard names.contains(key) else {
        throw Problem.parameter(
          key,
          names.isEmpty ? "is not known here" : "is not known here; known: \(names.joined(separator: ", "))")
      }
      guard seen.insert(key).inserted else { throw Problem.parameter(key, "comes twice") }
    }
  }
}

extension RouterContext {
  /// A part of the path, unescaped.
  func pathParameter(_ name: String) -> String {
    let raw = parameters.get(name) ?? ""
    return raw.removingPercentEncoding ?? raw
  }
}

extension Response {
  static func json(
    _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], reserving: Int = 1_024,
    _ body: (inout JSONWriter) -> Void
  ) -> Response {
    var writer = JSONWriter(reserving: reserving)
    writer.object { body(&$0) }
    return .json(status, headers: headers, bytes: writer.bytes)
  }

  static func json(_ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], bytes: [UInt8]) -> Response
  {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}

/// How much one request may bring. Each has an answer of its own when exceeded.
public struct RequestLimits: Sendable {
  /// Bytes of a body that is one decision, one change, one region.
  public var smallBody = 256 * 1_024
  /// Bytes of a batch.
  public var largeBody = 32 * 1_024 * 1_024
  /// Bytes of a job: its input may bring pictures and sound in data URLs.
  public var jobBody = 16 * 1_024 * 1_024
  /// Bytes of a vendor's webhook.
  public var webhookBody = 1_024 * 1_024
  public var webhooks = WebhookLimits()
  /// Bytes of a catalogue.
  public var catalogueBody = 4 * 1_024 * 1_024
  /// Decisions in a batch.
  public var decisions = 1_000
  /// Feedback items in a batch.
  public var feedback = 10_000
  /// Regions with a name; each costs every decision of its capability a product.
  public var namedRegions = 1_024
  /// Characters of an intent.
  public var intentCharacters = 32_768
  public var connections = 10_000
  /// How long a connection may say nothing, unless the router owes it an answer.
  public var idleTimeout = TimeAmount.seconds(120)
  public var headerFields = 100
  public var headerBytes = 32 * 1_024

  public init() {}
}
