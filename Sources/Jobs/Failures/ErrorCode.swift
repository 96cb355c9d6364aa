public import Routing

/// The error codes of the unified contract.
public enum ErrorCode: String, CaseIterable, Hashable, Sendable {
  case invalidRequest = "INVALID_REQUEST"
  case authenticationFailed = "AUTHENTICATION_FAILED"
  case rateLimitExceeded = "RATE_LIMIT_EXCEEDED"
  case providerError = "PROVIDER_ERROR"
  case timeout = "TIMEOUT"
  case invalidModel = "INVALID_MODEL"
  case insufficientCredits = "INSUFFICIENT_CREDITS"
  case contentPolicyViolation = "CONTENT_POLICY_VIOLATION"
  case networkError = "NETWORK_ERROR"
  case unknownError = "UNKNOWN_ERROR"
}

/// An error as a caller of the unified contract reads it.
public struct ErrorDetails: Hashable, Sendable {
  public var code: ErrorCode
  public var message: String
  /// Whether the same request may succeed later.
  public var retryable: Bool
  /// How long to wait before that, where known.
  public var retryAfter: Span?
  /// Who failed; nil when nobody was asked.
  public var provider: String?

  public init(_ failure: VendorFailure, provider: String?, retryAfter: Span? = nil) {
    code = failure.code
    message = failure.message
    retryable = failure.isRetryable
    self.retryAfter = failure.isRetryable ? retryAfter ?? failure.retryAfter : nil
    self.provider = provider
  }

  public init(
    _ code: ErrorCode, _ message: String, retryable: Bool = false, retryAfter: Span? = nil,
    provider: String? = nil
  ) {
    self.code = code
    self.message = message
    self.retryable = retryable
    self.retryAfter = retryAfter
    self.provider = provider
  }

  /// Whole seconds, rounded up: what `retry_after` and the header of that name carry.
  public var retryAfterSeconds: Int64? { retryAfter.map { ($0.microseconds + 999_999) / 1_000_000 } }
}

extension VendorFailure {
  public var code: ErrorCode {
    switch failureClass {
    case .callerError: httpStatus == 404 || httpStatus == 405 ? .invalidModel : .invalidRequest
    case .moderated: .contentPolicyViolation
    case .authCredit: isAboutMoney ? .insufficientCredits : .authenticationFailed
    case .keyGone: .authenticationFailed
    case .rateConcurrency: .rateLimitExceeded
    case .badOutput: .providerError
    case .retired: .invalidModel
    case .unknown: .unknownError
    case .local: cause == .timedOut ? .timeout : .unknownError
    case .transient, .ambiguous:
      switch cause {
      case .timedOut: .timeout
      case .unreachable: .networkError
      case .answered, .found: httpStatus == 408 || httpStatus == 504 ? .timeout : .providerError
      }
    }
  }

  /// Whether the same request may succeed later. Not after an ambiguous submission: it may be on its way.
  public var isRetryable: Bool {
    switch failureClass {
    case .rateConcurrency, .transient: true
    case .local: cause == .timedOut
    default: false
    }
  }

  private var isAboutMoney: Bool {
    if httpStatus == 402 { return true }
    let text = ((vendorCode ?? "") + " " + message).lowercased()
    return ["credit", "budget", "billing", "quota", "insufficient"].contains { text.contains($0) }
  }
}
