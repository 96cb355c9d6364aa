import HTTPTypes
import Wire

/// One call at one vendor, with everything that its handler may use.
struct Call: Sendable {
  /// Counted over the whole street from 1.
  let number: Int
  let vendor: String
  let method: HTTPRequest.Method
  /// Below `/<vendor>`, unescaped.
  let path: [String]
  let query: [(name: String, value: String)]
  let headers: HTTPFields
  /// `host:port` as the caller wrote it.
  let host: String?
  /// Path and query as they were on the wire.
  let target: String
  let body: [UInt8]
  /// `http://127.0.0.1:9100/<vendor>`, as the caller reached it.
  let base: String
  /// Of the whole street.
  let root: String
  var captures: [String: String] = [:]
  /// What goes wrong with it; nil is nothing.
  var fault: Fault?
  let desk: Desk

  subscript(name: String) -> String { captures[name] ?? "" }

  func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

  func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

  var now: Duration { desk.clock.now }

  /// The token of `Authorization: <scheme> <token>`; nil when the header is missing or of another scheme.
  func token(_ scheme: String) -> String? {
    guard let value = headers[.authorization] else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == scheme.lowercased() else { return nil }
    return String(parts[1])
  }

  /// The body as a JSON object.
  ///
  /// - Throws: a refusal when it is none.
  func json() throws -> JSONValue {
    do {
      let value = try JSONValue.parse(body)
      guard value.members != nil else { throw Refusal(.invalid, "The body must be a JSON object.") }
      return value
    } catch let error as JSONError {
      throw Refusal(.invalid, "We could not parse the JSON body of your request: \(error).")
    }
  }

  /// The body as a form of several parts.
  func form() throws -> MultipartForm {
    guard let form = MultipartForm(body, contentType: headers[.contentType] ?? "") else {
      throw Refusal(.invalid, "The body must be multipart/form-data.", status: 400)
    }
    return form
  }

  /// The caller's own name for what it wants done: the header `x-street-reference`, or `[[ref: …]]` in the
  /// body.
  var reference: String? { header("x-street-reference") ?? Marker.find("ref", in: body) }
}

extension JSONValue {
  /// A field that must be a string with something in it.
  func requiredText(_ name: String) throws -> String {
    guard let value = self[name], !value.isNull else {
      throw Refusal(.invalid, "Missing required parameter: '\(name)'.", field: name)
    }
    guard let text = value.stringValue, !text.isEmpty else {
      throw Refusal(
        .invalid, "Invalid type for '\(name)': expected a string, got \(value.summary).", field: name)
    }
    return text
  }

  /// A field that, if it is there, must be a whole number inside a range.
  func optionalWhole(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let value = self[name], !value.isNull else { return nil }
    guard let number = value.integerValue, range.contains(Int(number)) else {
      throw Refusal(
        .invalid,
        "Invalid '\(name)': expected an integer from \(range.lowerBound) to \(range.upperBound), "
          + "got \(value.summary).", field: name)
    }
    return Int(number)
  }

  /// `1024x768` as two numbers; nil when the field is absent or `auto`.
  func optionalSize(_ name: String, separator: Character = "x") throws -> (Int, Int)? {
    guard let text = self[name]?.stringValue, text != "auto" else { return nil }
    let parts = text.split(separator: separator).compactMap { Int($0) }
    guard parts.count == 2, parts.allSatisfy({ (16...4_096).contains($0) }) else {
      throw Refusal(.invalid, "Invalid '\(name)': '\(text)' is not supported.", field: name)
    }
    return (parts[0], parts[1])
  }
}
