import Routing
import Serving
import Transport
import Wire

/// Posts JSON to a receiver of alerts.
struct AlertDoor: Sendable {
  let address: AlertAddress
  let transport: HTTPTransport

  /// An answer takes longer than this only where something is wrong.
  static let limit = Duration.seconds(10)

  /// - Parameter path: what comes behind the address; may hold a secret.
  func post(_ json: JSONValue, path: String = "") async throws(AlertFailure) -> HTTPAnswer {
    let base = !path.isEmpty && address.url.hasSuffix("/") ? String(address.url.dropLast()) : address.url
    let call = OutboundCall(
      "POST", base + path, headers: ["Content-Type": "application/json"],
      body: .bytes(json.serialized()),
      policy: address.policy, limits: TimeLimits(total: AlertDoor.limit), maximumBodySize: 64 << 10)
    do {
      return try await transport.answer(call)
    } catch {
      switch error.reason {
      case .forbiddenAddress:
        throw AlertFailure(
          "\(address.origin) leads to a private address, which needs allow_private: true", isPassing: false)
      case .forbiddenHost, .forbiddenRedirect, .invalidURL, .invalidHeader, .invalidBody, .invalidSettings,
        .closed, .cancelled:
        throw AlertFailure("\(address.origin) was not called: \(error.reason)", isPassing: false)
      default: throw AlertFailure("\(address.origin) gave no answer: \(error.reason)", isPassing: true)
      }
    }
  }

  /// The failure that an answer stands for; nil when the alert was taken.
  func failure(_ answer: HTTPAnswer) -> AlertFailure? {
    guard !(200..<300).contains(answer.status) else { return nil }
    let isPassing = answer.status == 408 || answer.status == 429 || answer.status >= 500
    // Dates are rare there; the usual number of seconds is what counts.
    let wait = answer.headers["Retry-After"].flatMap { Int64($0) }.map {
      Span.seconds(min(max($0, 0), 3_600))
    }
    return AlertFailure(
      "\(address.origin) answered \(answer.status)", isPassing: isPassing, retryAfter: isPassing ? wait : nil)
  }
}
