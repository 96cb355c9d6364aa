import Foundation
import Jobs
import Routing
import Transport
import Wire

/// What class a failure is of, and what it says.
extension VendorInterpreter {
  /// The failure that an HTTP answer with a bad status is.
  func failure(_ answer: VendorAnswer, at now: Instant) -> VendorFailure {
    let json = try? JSONValue.parse(answer.body)
    let message = message(json, answer)
    let code = code(json, answer)
    var failure = VendorFailure(
      httpStatus: answer.status, message: message,
      retryAfter: RetryAfter.span(answer.headers, at: now) ?? spoken(message))
    failure.vendorCode = code
    if let rule = rule(answer.status, code, message, json) {
      failure.failureClass = rule.failureClass
      failure.scope = rule.scope
    }
    return failure
  }

  /// Why a job has failed, where its state says that it has.
  func jobFailure(_ json: JSONValue, _ answer: VendorAnswer) -> VendorFailure {
    let code = code(json, answer)
    let text = declaration.failures.message.text(in: json)
    let rule = rule(nil, code, text ?? "", json)
    return VendorFailure(
      rule?.failureClass
        ?? (FailureClass.saysRetired(text ?? "") ? .retired : declaration.failures.otherwise),
      vendorCode: code,
      message: VendorInterpreter.short(text ?? code ?? "the vendor gave no reason"), scope: rule?.scope)
  }

  /// A failure that stands in an answer whatever its status says, such as a filtered picture; nil when there is none.
  func found(_ json: JSONValue, _ answer: VendorAnswer) -> VendorFailure? {
    let code = code(json, answer)
    let text = declaration.failures.message.text(in: json)
    for rule in declaration.failures.rules where rule.at != nil && rule.statuses.isEmpty {
      guard matches(rule, nil, code, text ?? "", json) else { continue }
      let marked = rule.at?.value(in: json)?.scalarText
      return VendorFailure(
        rule.failureClass, vendorCode: code ?? marked,
        message: VendorInterpreter.short(
          text ?? marked.map { "the vendor marked it \($0)" } ?? "the vendor gave no reason"),
        scope: rule.scope)
    }
    return nil
  }

  /// A failed call's failure as that of the job: what its status meant for the call is not said of the job.
  func aboutJob(_ failure: VendorFailure) -> VendorFailure {
    var failure = failure
    if failure.failureClass == .authCredit || failure.failureClass == .retired {
      failure.failureClass = .unknown
    }
    return failure
  }

  // MARK: Parts

  private func rule(_ status: Int?, _ code: String?, _ message: String, _ json: JSONValue?) -> FailureRule? {
    declaration.failures.rules.first { matches($0, status, code, message, json) }
  }

  private func matches(
    _ rule: FailureRule, _ status: Int?, _ code: String?, _ message: String, _ json: JSONValue?
  ) -> Bool {
    if !rule.statuses.isEmpty {
      guard let status, rule.statuses.contains(where: { $0.contains(status) }) else { return false }
    }
    if !rule.codes.isEmpty {
      guard let code, rule.codes.contains(where: { $0.matches(code) }) else { return false }
    }
    if !rule.phrases.isEmpty {
      let text = message.lowercased()
      guard rule.phrases.contains(where: { text.contains($0) }) else { return false }
    }
    guard let at = rule.at else { return true }
    let values = json.map { at.values(in: $0) } ?? []
    if rule.values.isEmpty { return values.contains(where: VendorInterpreter.isSomething) }
    return values.contains { value in value.scalarText.map { rule.values.contains($0) } ?? false }
  }

  static func isSomething(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .bool(false), .integer(0), .string(""): false
    case .number(let number): number != 0
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.isEmpty
    default: true
    }
  }

  private func code(_ json: JSONValue?, _ answer: VendorAnswer) -> String? {
    json.flatMap { declaration.failures.code.text(in: $0) }
      ?? declaration.failures.codeHeader.flatMap { answer.headers[$0] }
  }

  private func message(_ json: JSONValue?, _ answer: VendorAnswer) -> String {
    if let json, let text = declaration.failures.message.text(in: json) {
      return VendorInterpreter.short(text)
    }
    if json != nil { return "HTTP \(answer.status)" }
    let text = String(decoding: answer.body.prefix(2_000), as: UTF8.self)
    let isPage = answer.mediaType == "text/html" || text.first { !$0.isWhitespace } == "<"
    if isPage || text.isEmpty { return "HTTP \(answer.status)\(isPage ? " with an HTML page" : "")" }
    return VendorInterpreter.short(text)
  }

  /// The seconds behind the declared phrase; nil when the message has none.
  private func spoken(_ message: String) -> Span? {
    guard let phrase = declaration.failures.retryPhrase, let place = message.range(of: phrase) else {
      return nil
    }
    let digits = message[place.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber }
    return Int64(digits).map { .seconds(min($0, 86_400)) }
  }

  /// At most 500 characters, on one line.
  static func short(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count > 500 ? line.prefix(499) + "…" : line
  }
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
enum RetryAfter {
  static func span(_ headers: HeaderFields, at now: Instant) -> Span? {
    if let text = headers["retry-after-ms"], let milliseconds = Double(text), milliseconds >= 0,
      milliseconds < 1e12
    {
      return .milliseconds(Int64(milliseconds.rounded(.up)))
    }
    guard let text = headers["retry-after"] else { return nil }
    if let seconds = Double(text), seconds >= 0, seconds < 1e9 {
      return .milliseconds(Int64((seconds * 1_000).rounded(.up)))
    }
    return date(text).map { max(.seconds(0), $0 - now) }
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The preferred form of an HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT`; the two obsolete ones are not sent by anybody.
  static func date(_ text: String) -> Instant? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
      return nil
    }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return Instant("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
  }
}
