@testable import Jobs
import Routing
import Testing

@Suite("Failures")
struct FailureTests {
  /// What each class may move, as the vendors' error taxonomy has it: circuit, quality, failover, the same again.
  static let taxonomy:
    [(
      FailureClass, FailureTreatment.Circuit, FailureTreatment.Quality, FailureTreatment.Failover,
      FailureTreatment.Retry
    )] = [
      (.callerError, .unaffected, .unaffected, .never, .never),
      (.moderated, .unaffected, .unaffected, .ifAllowed, .never),
      (.authCredit, .opensHard, .unaffected, .always, .never),
      (.rateConcurrency, .coolsDown, .unaffected, .always, .afterCooldown),
      (.transient, .counts, .unaffected, .always, .once),
      (.badOutput, .unaffected, .zero, .always, .never),
      (.retired, .removed, .frozen, .always, .never),
      (.ambiguous, .counts, .unaffected, .always, .never),
      (.keyGone, .unaffected, .unaffected, .always, .never),
      (.unknown, .counts, .unaffected, .always, .never),
      (.local, .unaffected, .unaffected, .never, .once),
    ]

  @Test("Each class is treated as the taxonomy says, and none is missing")
  func treatments() {
    #expect(Self.taxonomy.map(\.0) == FailureClass.allCases)
    for (kind, circuit, quality, failover, retry) in Self.taxonomy {
      let treatment = kind.treatment
      #expect(treatment.circuit == circuit && treatment.quality == quality, "\(kind)")
      #expect(treatment.failover == failover && treatment.retry == retry, "\(kind)")
    }
    #expect(FailureClass.allCases.filter { $0.treatment.alerts } == [.authCredit, .retired])
    #expect(FailureTreatment.markdown.split(separator: "\n").count == 2 + FailureClass.allCases.count)
    #expect(
      FailureTreatment.markdown.contains(
        "| `auth_credit` | opens hard | provider | none | unaffected | always | never | yes |"))
  }

  @Test(
    "An HTTP status has a class and a code",
    arguments: [
      (400, FailureClass.callerError, ErrorCode.invalidRequest), (404, .callerError, .invalidModel),
      (405, .callerError, .invalidModel), (413, .callerError, .invalidRequest),
      (422, .callerError, .invalidRequest), (401, .authCredit, .authenticationFailed),
      (403, .authCredit, .authenticationFailed), (402, .authCredit, .insufficientCredits),
      (408, .transient, .timeout), (429, .rateConcurrency, .rateLimitExceeded),
      (410, .retired, .invalidModel),
      (500, .transient, .providerError), (503, .transient, .providerError), (504, .transient, .timeout),
      (200, .unknown, .unknownError), (302, .unknown, .unknownError),
    ])
  func statuses(status: Int, kind: FailureClass, code: ErrorCode) {
    let failure = VendorFailure(httpStatus: status, message: "")
    #expect(failure.failureClass == kind && failure.code == code)
  }

  @Test("A message decides between a wrong path and a model that is gone, and between no key and no money")
  func messages() {
    #expect(FailureClass(httpStatus: 404, message: "The model `veo-3` is no longer available.") == .retired)
    #expect(FailureClass(httpStatus: 400, message: "Model has reached END OF LIFE") == .retired)
    #expect(FailureClass(httpStatus: 404, message: "Not found") == .callerError)
    #expect(FailureClass(httpStatus: 500, message: "no longer available") == .transient)
    #expect(
      VendorFailure(.authCredit, vendorCode: "budget_exhausted", message: "").code == .insufficientCredits)
    #expect(VendorFailure(.transient, cause: .unreachable, message: "refused").code == .networkError)
    #expect(VendorFailure(.badOutput, cause: .found, message: "empty").code == .providerError)
  }

  @Test("Whether a submission may have arrived: not when refused or unreachable, yes when unanswered")
  func ambiguity() {
    func leaves(_ cause: VendorFailure.Cause, _ status: Int?) -> Bool {
      VendorFailure(.transient, cause: cause, httpStatus: status, message: "").leavesSubmissionUnknown
    }
    #expect(!leaves(.unreachable, nil) && !leaves(.answered, 500) && !leaves(.answered, 503))
    #expect(leaves(.timedOut, nil) && leaves(.answered, 502) && leaves(.answered, 504))
    #expect(VendorFailure(.ambiguous, cause: .unreachable, message: "reset").leavesSubmissionUnknown)
    #expect(JobEvent.submitFailed(0, Sample.timeOut) == .submitLost(0, Sample.timeOut))
  }

  @Test("Only rate, outage and lack of time are worth a retry by the caller, and Retry-After is bounded")
  func retries() {
    let retryable = FailureClass.allCases.filter { VendorFailure($0, message: "").isRetryable }
    #expect(retryable == [.rateConcurrency, .transient])
    let slow = VendorFailure(httpStatus: 429, message: "", retryAfter: .milliseconds(1_200))
    #expect(ErrorDetails(slow, provider: "a").retryAfterSeconds == 2)
    let absurd = VendorFailure(httpStatus: 429, message: "", retryAfter: Span(microseconds: .max))
    #expect(ErrorDetails(absurd, provider: "a").retryAfterSeconds == 86_400)
    #expect(VendorFailure(httpStatus: 429, message: "", retryAfter: .seconds(-4)).retryAfter == .seconds(0))
    let refused = VendorFailure(httpStatus: 401, message: "", retryAfter: .seconds(9))
    #expect(ErrorDetails(refused, provider: "a").retryAfter == nil)
  }
}
