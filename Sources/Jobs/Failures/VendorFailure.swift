public import Routing

/// One failure as an adapter or the transport reports it, normalised.
public struct VendorFailure: Error, Hashable, Sendable {
  /// How the failure came to light.
  public enum Cause: String, CaseIterable, Hashable, Sendable {
    /// The vendor said so.
    case answered
    /// Nothing came in time.
    case timedOut = "timed_out"
    /// No connection, or one that broke before anything was sent.
    case unreachable
    /// We found it: an empty result, a restart, a deadline.
    case found
  }

  public var failureClass: FailureClass
  public var cause: Cause
  public var httpStatus: Int?
  /// The vendor's own code, such as `SAFETY.INPUT.TEXT`.
  public var vendorCode: String?
  /// For a person. Never holds a credential.
  public var message: String
  /// How long the vendor asks to be left alone; at least 0, and at most ``Backoff/longestRetryAfter``.
  public internal(set) var retryAfter: Span?
  /// Whose circuit it concerns, where the adapter knows better than ``FailureTreatment/scope``: a vendor that counts
  /// jobs per account says 429 for all its models.
  public var scope: FailureTreatment.Scope?

  public init(
    _ failureClass: FailureClass, cause: Cause = .answered, httpStatus: Int? = nil,
    vendorCode: String? = nil, message: String, retryAfter: Span? = nil,
    scope: FailureTreatment.Scope? = nil
  ) {
    self.failureClass = failureClass
    self.cause = cause
    self.httpStatus = httpStatus
    self.vendorCode = vendorCode
    self.message = message
    self.retryAfter = retryAfter.map(Backoff.bounded)
    self.scope = scope
  }

  /// The failure that an HTTP status stands for, where the vendor's body says no more.
  public init(httpStatus: Int, message: String, retryAfter: Span? = nil) {
    self.init(
      FailureClass(httpStatus: httpStatus, message: message), httpStatus: httpStatus, message: message,
      retryAfter: retryAfter)
  }

  public var treatment: FailureTreatment { failureClass.treatment }

  public var circuitScope: FailureTreatment.Scope { scope ?? treatment.scope }

  /// Whether a *submission* that failed like this may have been accepted all the same: what was sent and never
  /// answered, and what a gateway (502, 504) answered in the vendor's place.
  public var leavesSubmissionUnknown: Bool {
    switch (cause, httpStatus) {
    case _ where failureClass == .ambiguous: true
    case (.timedOut, nil): true
    case (_, 502), (_, 504): true
    default: false
    }
  }

  /// The same failure as one that leaves a submission's fate open. A failure of our own stays ours: a vendor's
  /// circuit has no part in our restart.
  func asAmbiguous() -> VendorFailure {
    guard failureClass != .local else { return self }
    var failure = self
    failure.failureClass = .ambiguous
    return failure
  }
}
