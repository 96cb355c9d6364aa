import HTTPTypes
import Wire

/// What a vendor says to one call.
struct Answer: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// Parts of a stream, asked for by number from 0 until there is none; the closure waits as it sees fit.
    case parts(@Sendable (Int) async throws -> [UInt8]?)
  }

  var status: Int
  var headers: HTTPFields
  var body: Body

  init(_ status: Int = 200, headers: HTTPFields = [:], body: Body) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  static func json(_ status: Int, _ value: JSONValue, headers: HTTPFields = [:]) -> Answer {
    var headers = headers
    headers[.contentType] = headers[.contentType] ?? "application/json"
    return Answer(status, headers: headers, body: .bytes(value.serialized()))
  }

  static func bytes(_ bytes: [UInt8], _ contentType: String, status: Int = 200) -> Answer {
    Answer(status, headers: [.contentType: contentType], body: .bytes(bytes))
  }

  static func empty(_ status: Int) -> Answer { Answer(status, body: .bytes([])) }

  /// Server-sent events with a pause before each but the first.
  static func events(_ events: [[UInt8]], pause: Duration) -> Answer {
    .stream { place in
      guard events.indices.contains(place) else { return nil }
      if place > 0 { try await Task.sleep(for: pause) }
      return events[place]
    }
  }

  static func stream(_ part: @escaping @Sendable (Int) async throws -> [UInt8]?) -> Answer {
    Answer(
      headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache"],
      body: .parts(part))
  }

  /// One event; `name` and `id` only where the vendor sends them.
  static func event(_ data: String, name: String? = nil, id: String? = nil) -> [UInt8] {
    Array(
      ((name.map { "event: \($0)\n" } ?? "") + (id.map { "id: \($0)\n" } ?? "") + "data: \(data)\n\n").utf8)
  }
}

extension JSONValue {
  /// As JSON text.
  var text: String { String(decoding: serialized(), as: UTF8.self) }

  static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  /// The object with one more member, or another value for one it has.
  func with(_ name: String, _ value: JSONValue?) -> JSONValue {
    guard let value, case .object(var members) = self else { return self }
    if let place = members.firstIndex(where: { $0.name == name }) {
      members[place].value = value
    } else {
      members.append(.init(name, value))
    }
    return .object(members)
  }

  func without(_ name: String) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { $0.name != name })
  }

  /// The string at a path of names; nil when the path ends early or elsewhere.
  func string(_ path: String...) -> String? {
    var value: JSONValue? = self
    for name in path { value = value?[name] }
    return value?.stringValue
  }
}
