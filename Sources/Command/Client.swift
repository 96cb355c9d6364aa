import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Wire

/// A small client of the router's HTTP API.
struct Client: Sendable {
  /// Scheme, host and port, and a path without a slash at its end if there is one.
  let base: String

  /// Nil when the text is not an address.
  init?(_ address: String) {
    guard let base = Client.base(address) else { return nil }
    self.base = base
  }

  static func base(_ address: String) -> String? {
    guard let url = URLComponents(string: address), ["http", "https"].contains(url.scheme),
      url.host?.isEmpty == false,
      url.query == nil, url.fragment == nil
    else { return nil }
    return String(address.reversed().drop { $0 == "/" }.reversed())
  }

  // MARK: Requests

  func get(_ path: String, _ query: [(String, String?)] = []) async throws(ClientError) -> JSONValue {
    try await send(.GET, path, query, body: nil)
  }

  /// The environment variable with the key to a router that has keys.
  static let keyVariable = "POINTSMAN_KEY"

  func delete(_ path: String) async throws(ClientError) -> JSONValue {
    try await send(.DELETE, path, [], body: nil)
  }

  func post(_ path: String, _ body: JSONValue = [:]) async throws(ClientError) -> JSONValue {
    try await send(.POST, path, [], body: body)
  }

  func patch(_ path: String, _ body: JSONValue) async throws(ClientError) -> JSONValue {
    try await send(.PATCH, path, [], body: body)
  }

  func delete(_ path: String, _ query: [(String, String?)] = []) async throws(ClientError) -> JSONValue {
    try await send(.DELETE, path, query, body: nil)
  }

  func put(_ path: String, _ body: JSONValue) async throws(ClientError) -> JSONValue {
    try await send(.PUT, path, [], body: body)
  }

  /// A path out of segments, each escaped as far as needed.
  static func path(_ segments: String...) -> String {
    segments.map { "/" + Client.escaped($0) }.joined()
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: ":"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += String(format: "%%%02X", byte)
      }
    }
    return result
  }

  private func send(
    _ method: HTTPMethod, _ path: String, _ query: [(String, String?)], body: JSONValue?
  ) async throws(ClientError) -> JSONValue {
    let pairs = query.compactMap { name, value in value.map { "\(name)=\(Client.escaped($0))" } }
    var request = HTTPClientRequest(
      url: base + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")))
    request.method = method
    request.headers.add(name: "accept", value: "application/json, application/problem+json")
    if let key = ProcessInfo.processInfo.environment[Client.keyVariable], !key.isEmpty {
      request.headers.add(name: "authorization", value: "Bearer \(key)")
    }
    if let body {
      request.headers.add(name: "content-type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: body.serialized()))
    }
    let status: Int
    let retryAfter: String?
    let bytes: [UInt8]
    do {
      let response = try await Client.http.execute(request, timeout: .seconds(120))
      status = Int(response.status.code)
      retryAfter = response.headers.first(name: "retry-after")
      bytes = Array(buffer: try await response.body.collect(upTo: 256 << 20))
    } catch {
      throw ClientError.unreachable(base)
    }
    let value = try? JSONValue.parse(bytes)
    if (200..<300).contains(status) {
      if let value { return value }
      if bytes.isEmpty { return .null }
      throw ClientError.foreign(base, status: status)
    }
    guard let value, let problem = Problem(value, status: status, retryAfter: retryAfter.flatMap(Double.init))
    else {
      throw ClientError.foreign(base, status: status)
    }
    throw ClientError.problem(problem)
  }

  // One for the whole process, never shut down: a command ends with its process. A refused connection is an answer, and
  // not something to try again behind the caller's back.
  private static let http = HTTPClient(
    configuration: {
      var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
      configuration.timeout.connect = .seconds(5)
      configuration.connectionPool.retryConnectionEstablishment = false
      return configuration
    }())
}

/// Why there is no answer.
enum ClientError: Error, Equatable, CustomStringConvertible {
  case unreachable(String)
  /// Something answers there, but not a router.
  case foreign(String, status: Int)
  case problem(Problem)

  /// One line that says what to do.
  var description: String {
    switch self {
    case .unreachable(let base): "no router answers at \(base); start one with `pointsman serve`"
    case .foreign(let base, let status):
      "what answers at \(base) (with status \(status)) is not a router, or not of this version; check --server"
    case .problem(let problem) where problem.slug == "unauthorized":
      "\(problem.description); give it in the environment variable \(Client.keyVariable)"
    case .problem(let problem): problem.description
    }
  }

  /// Whether the same request may well succeed a moment later.
  var isPassing: Bool {
    switch self {
    case .unreachable: true
    case .foreign(_, let status): (502...504).contains(status)
    case .problem(let problem): problem.status == 429 || (502...504).contains(problem.status)
    }
  }

  /// Seconds that the router asks to wait.
  var retryAfter: Double? { if case .problem(let problem) = self { problem.retryAfter } else { nil } }
}

/// What a router says when it refuses (RFC 9457).
struct Problem: Equatable, CustomStringConvertible {
  var status: Int
  /// The stable slug, without `urn:pointsman:`.
  var slug: String
  var title: String
  var detail: String
  /// One sentence per offending field.
  var fields: [String]
  var retryAfter: Double?

  /// Nil when the value is no problem object.
  init?(_ value: JSONValue, status: Int? = nil, retryAfter: Double? = nil) {
    guard let type = value["type"]?.stringValue ?? value["title"]?.stringValue else { return nil }
    self.status = status ?? value["status"]?.integerValue.map(Int.init) ?? 0
    slug = String(type.split(separator: ":").last ?? "")
    title = value["title"]?.stringValue ?? ""
    detail = value["detail"]?.stringValue ?? ""
    fields = (value["errors"]?.arrayValue ?? []).map { error in
      let place = error["pointer"]?.stringValue ?? ""
      let message = error["message"]?.stringValue ?? error["detail"]?.stringValue ?? error.stringValue ?? ""
      return place.isEmpty ? message : "\(place): \(message)"
    }
    self.retryAfter = retryAfter ?? value["retry_after_s"]?.doubleValue
  }

  /// `no candidate is eligible (/capability: …)`, on one line.
  var description: String {
    var text = detail.isEmpty ? title : detail
    if text.isEmpty { text = "the router answered \(status)" }
    let shown = fields.prefix(3).filter { !text.contains($0) }
    if !shown.isEmpty {
      text += " (" + shown.joined(separator: "; ")
      text += fields.count > 3 ? "; and \(fields.count - 3) more)" : ")"
    }
    return TextTable.shown(text)
  }
}
