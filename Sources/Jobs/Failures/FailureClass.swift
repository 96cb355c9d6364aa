/// What kind of failure an attempt met. The class alone decides what follows: see ``FailureTreatment``.
public enum FailureClass: String, CaseIterable, Hashable, Sendable {
  /// The input is at fault: malformed, unknown model path, beyond a limit.
  case callerError = "caller_error"
  /// The provider's content policy refused the input or withheld the output.
  case moderated
  /// Our credential is refused, or the account has no money.
  case authCredit = "auth_credit"
  /// Too many calls, or too many jobs at once.
  case rateConcurrency = "rate_concurrency"
  /// The provider or the way to it is out of order for now.
  case transient
  /// The provider delivered, and what it delivered is unusable.
  case badOutput = "bad_output"
  /// The model is gone for good.
  case retired
  /// A submission whose fate is unknown: it may have been accepted, and may be charged.
  case ambiguous
  /// The caller's own key, held in memory alone, is gone since a restart: nobody can ask the vendor any more.
  case keyGone = "key_gone"
  /// None of these: an answer that nobody understands.
  case unknown
  /// Nothing that a provider did: our own fault, our restart, the caller's deadline.
  case local

  /// The class of an HTTP answer that says no more than its status and a message.
  ///
  /// 404 is a wrong path unless the message says that the model is gone; 410 says so by itself. A status below 400
  /// is no failure of its own and is `unknown` here: the adapter expected something else.
  public init(httpStatus: Int, message: String = "") {
    switch httpStatus {
    case 401, 402, 403: self = .authCredit
    case 404: self = FailureClass.saysRetired(message) ? .retired : .callerError
    case 410: self = .retired
    case 408, 425: self = .transient
    case 429: self = .rateConcurrency
    case 400..<500: self = FailureClass.saysRetired(message) ? .retired : .callerError
    case 500..<600: self = .transient
    default: self = .unknown
    }
  }

  /// Whether a vendor's message says that the model has left for good.
  public static func saysRetired(_ message: String) -> Bool {
    let text = message.lowercased()
    return retiredPhrases.contains { text.contains($0) }
  }

  private static let retiredPhrases = [
    "no longer available", "no longer supported", "has been retired", "has been shut down",
    "permanently shut down",
    "has been discontinued", "end of life", "end-of-life", "has been removed", "was deprecated and removed",
    "has been deprecated and is not available",
  ]
}
