import Jobs
import Transport

extension VendorFailure {
  /// What a call without an answer means for the job that it was made for.
  ///
  /// - Parameter spends: whether the call submits work. Then nothing but a connection that never carried it lets one
  ///   say that the vendor does not have it.
  init(_ error: TransportError, spends: Bool) {
    let message = "no answer: \(error.detail)"
    let isSpent = spends && error.mayHaveBeenSent
    switch error.reason {
    case .timedOut:
      // Before anything was sent it is a host that cannot be reached, which leaves no doubt about the submission.
      self.init(
        isSpent ? .ambiguous : .transient, cause: error.mayHaveBeenSent ? .timedOut : .unreachable,
        message: message)
    case .couldNotResolve, .couldNotConnect, .tls, .connectionLost:
      self.init(isSpent ? .ambiguous : .transient, cause: .unreachable, message: message)
    case .malformedResponse, .responseTooLarge, .failed, .tooManyRedirects, .forbiddenRedirect:
      self.init(isSpent ? .ambiguous : .unknown, cause: .unreachable, message: message)
    case .forbiddenHost, .forbiddenAddress, .invalidURL, .invalidHeader, .invalidBody, .invalidSettings,
      .couldNotWrite, .cancelled, .closed:
      self.init(isSpent ? .ambiguous : .local, cause: .found, message: message)
    }
  }
}
