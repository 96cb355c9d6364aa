import HTTPTypes
import Wire

/// One vendor's contract.
protocol Vendor: Sendable {
  /// The first part of its paths.
  var name: String { get }
  /// How long its files live unless the settings say otherwise.
  var fileLifetime: Duration { get }
  /// In the order in which they are tried.
  var routes: [Route] { get }
  /// The credential of a call; nil when it is missing or not given in the vendor's way.
  func key(of call: Call) -> String?
  /// Lets a call in.
  ///
  /// - Throws: the refusal of a call whose credential is missing or wrong.
  func admit(_ call: Call) throws
  /// The job that a call is about; nil when it is about none.
  func jobID(of call: Call) -> String?
  /// A refusal in the vendor's words.
  func envelope(_ refusal: Refusal, _ call: Call) -> Answer
}

extension Vendor {
  var fileLifetime: Duration { .seconds(3_600) }

  func key(of call: Call) -> String? { call.token("Bearer") }

  /// In the path, or in the query.
  func jobID(of call: Call) -> String? { call.captures["id"] ?? call.query("id") }

  /// Checks the credential of a call. Any will do but those that ask for trouble: `invalid…` is refused as
  /// wrong, `broke…` as out of credit.
  func admit(_ call: Call) throws {
    guard let key = key(of: call), !key.isEmpty else {
      throw Refusal(.unauthorized, "You did not provide a valid API key.")
    }
    if key.hasPrefix("invalid") { throw Refusal(.unauthorized, "Incorrect API key provided.") }
    if key.hasPrefix("broke") { throw Refusal(.outOfCredit, "Insufficient credit.") }
  }

  /// Headers of a refusal that every vendor sends.
  func refusalHeaders(_ refusal: Refusal) -> HTTPFields {
    var headers: HTTPFields = [:]
    if case .throttled(let pause) = refusal.reason { headers[.retryAfter] = String(pause) }
    return headers
  }
}
