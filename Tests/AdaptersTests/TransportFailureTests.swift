import Jobs
import Testing

@testable import Adapters
@testable import Transport

/// What calls without an answer mean: never more than is known.
@Suite("Calls without an answer")
struct TransportFailureTests {
  static let reasons: [TransportError.Reason] = [
    .invalidURL, .invalidHeader, .invalidBody, .invalidSettings, .forbiddenHost, .forbiddenAddress,
    .forbiddenRedirect, .tooManyRedirects, .couldNotResolve, .couldNotConnect, .tls, .timedOut(.connect),
    .timedOut(.firstByte), .timedOut(.idle), .timedOut(.total), .connectionLost, .malformedResponse,
    .responseTooLarge, .couldNotWrite, .cancelled, .closed, .failed(curlCode: 92),
  ]

  @Test(
    "a submission that may have been sent is open, whatever ended it; one that was not is not",
    arguments: reasons)
  func submissions(reason: TransportError.Reason) {
    let sent = VendorFailure(
      TransportError(reason, .waiting, mayHaveBeenSent: true, "x"), spends: true)
    #expect(sent.leavesSubmissionUnknown && sent.failureClass == .ambiguous)
    let unsent = VendorFailure(
      TransportError(reason, .connecting, mayHaveBeenSent: false, "x"), spends: true)
    #expect(!unsent.leavesSubmissionUnknown && unsent.failureClass != .ambiguous)
  }

  @Test("a question that got no answer is never an open submission", arguments: reasons)
  func questions(reason: TransportError.Reason) {
    let failure = VendorFailure(TransportError(reason, .waiting, mayHaveBeenSent: true, "x"), spends: false)
    #expect(failure.failureClass != .ambiguous)
  }

  @Test("what is our own doing does not count against the vendor")
  func own() {
    for reason in [TransportError.Reason.forbiddenHost, .cancelled, .closed, .invalidHeader] {
      let failure = VendorFailure(
        TransportError(reason, .preparing, mayHaveBeenSent: false, "x"), spends: true)
      #expect(failure.failureClass == .local)
    }
    let unreachable = VendorFailure(
      TransportError(.couldNotConnect, .connecting, mayHaveBeenSent: false, "x"), spends: true)
    #expect(unreachable.failureClass == .transient && unreachable.cause == .unreachable)
  }
}
