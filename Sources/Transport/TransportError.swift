/// Why a call has no answer.
///
/// An answer with a status of 400 or more is an answer, not an error.
public struct TransportError: Error, Sendable, Equatable {
  public let reason: Reason
  /// How far the call had come.
  public let phase: CallPhase
  /// Whether a server may have received the request and acted on it: false only when it certainly has not,
  /// because no connection was ready to carry it yet. Repeat a paid call only when this is false.
  public let mayHaveBeenSent: Bool
  /// What is wrong and what to do, for people.
  public let detail: String

  public enum Reason: Sendable, Hashable {
    case invalidURL
    /// A method or a header that is not well-formed or not the caller's to set.
    case invalidHeader
    /// A body that cannot be read or cannot be signed.
    case invalidBody
    /// A certificate authority file or a proxy that cannot be used.
    case invalidSettings
    /// The call's policy does not allow this scheme, host or port.
    case forbiddenHost
    /// The host has only addresses that the call's policy does not allow.
    case forbiddenAddress
    /// https to http, or a body that another origin would receive.
    case forbiddenRedirect
    case tooManyRedirects
    case couldNotResolve
    case couldNotConnect
    /// The handshake failed, or the certificate is not trusted for this host.
    case tls
    case timedOut(TimedPhase)
    /// The connection broke or ended before the answer was complete.
    case connectionLost
    /// What came is not HTTP, or not compressed as it claims.
    case malformedResponse
    /// Body or header exceed their limit.
    case responseTooLarge
    /// The file of a download cannot be written.
    case couldNotWrite
    case cancelled
    /// The transport has been shut down.
    case closed
    /// Anything else that libcurl reports, by its number.
    case failed(curlCode: Int)
  }

  init(_ reason: Reason, _ phase: CallPhase, mayHaveBeenSent: Bool, _ detail: String) {
    self.reason = reason
    self.phase = phase
    self.mayHaveBeenSent = mayHaveBeenSent
    self.detail = detail
  }

  /// An error found before anything was done.
  static func refused(_ reason: Reason, _ detail: String) -> TransportError {
    TransportError(reason, .preparing, mayHaveBeenSent: false, detail)
  }
}

/// The phases of a call, in order.
public enum CallPhase: Int, Sendable, Hashable, Comparable {
  /// Checking the call itself.
  case preparing
  /// Waiting for a free place at the host.
  case queued
  case lookingUp
  /// TCP and TLS.
  case connecting
  /// The connection is ready, and the request goes out.
  case sending
  /// The whole request is out, and nothing has come back.
  case waiting
  /// Part of the answer is here.
  case receiving

  public static func < (first: CallPhase, second: CallPhase) -> Bool { first.rawValue < second.rawValue }
}

/// The limit of ``TimeLimits`` that was exceeded.
public enum TimedPhase: Sendable, Hashable { case connect, firstByte, idle, total }

extension TransportError: CustomStringConvertible {
  public var description: String {
    "\(reason) while \(phase)\(mayHaveBeenSent ? ", the request may have been received" : ""): \(detail)"
  }
}
