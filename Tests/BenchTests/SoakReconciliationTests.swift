import Jobs
import Testing

@testable import bench

@Suite("The reckoning of a soak")
struct SoakReconciliationTests {
  typealias Try = SoakReconciliation.Executed.Try

  private func job(
    _ id: String, _ reference: String?, _ attempts: Try..., state: JobState = .succeeded,
    isFlagged: Bool = false
  ) -> SoakReconciliation.Executed {
    .init(id: id, reference: reference, state: state, isFlagged: isFlagged, attempts: attempts)
  }

  private func taken(_ vendor: String, _ id: String, _ reference: String?, _ stage: String = "succeeded")
    -> SoakReconciliation.Submission
  {
    .init(id: id, vendor: vendor, reference: reference, stage: stage, isCharged: true, takenAt: 0)
  }

  private func reckon(
    _ jobs: [SoakReconciliation.Executed], _ submissions: [SoakReconciliation.Submission] = []
  ) -> SoakReconciliation {
    let told = jobs.compactMap { job in job.reference.map { ($0, job.id) } }
    return SoakReconciliation(
      acknowledged: Dictionary(told) { first, _ in first }, jobs: jobs, submissions: submissions)
  }

  @Test("When every order has one job that is over and one submission, nothing is wrong")
  func fine() {
    let found = reckon(
      [
        job("1", "a", Try(provider: "fal", vendorID: "v", state: .succeeded)),
        // The vendor answered with the work itself.
        job("2", "b", Try(provider: "openai", state: .succeeded)), job("3", "c", state: .expired),
      ], [taken("fal", "v", "a"), taken("openai", "chat-1", "b")])
    #expect(found.violations == [] && found.doubled == 0 && found.flagged == 0)
  }

  @Test("A job that was acknowledged and is not there is lost, and one that goes on is not over")
  func lost() {
    let found = SoakReconciliation(
      acknowledged: ["a": "1", "b": "2"], jobs: [job("1", "a", state: .running)], submissions: [])
    #expect(found.lost == ["b, job 2"] && found.unfinished == ["job 1, running"])
    #expect(found.violations.count == 2)
  }

  @Test("Two jobs for one order are seen, and so are a job that nobody was told of and one for another order")
  func twice() {
    #expect(
      SoakReconciliation(acknowledged: ["a": "1"], jobs: [job("1", "a"), job("2", "a")], submissions: [])
        .twice
        == ["job 2 for a was never acknowledged", "a has 2 jobs"])
    #expect(
      SoakReconciliation(acknowledged: ["a": "1"], jobs: [job("1", "b")], submissions: []).twice
        == ["job 1 was acknowledged for a, and does b"])
  }

  @Test("What a vendor took on and the job does not know is seen")
  func unknown() {
    let known = job("1", "a", Try(provider: "fal", vendorID: "v", state: .succeeded))
    #expect(reckon([known], [taken("fal", "w", "a")]).unknown == ["fal took on w for job 1"])
    #expect(reckon([known], [taken("replicate", "v", "a")]).unknown == ["replicate took on v for job 1"])
    #expect(reckon([known], [taken("fal", "v", "z")]).unknown == ["fal took on v for z"])
    #expect(reckon([known], [taken("fal", "v", nil)]).unknown == ["fal took on v for nobody"])
    // Two at a vendor where one attempt is without a name: one of them has no attempt to stand for.
    let lost = job(
      "1", "a", Try(provider: "fal", state: .lost, failure: .ambiguous), state: .failed, isFlagged: true)
    #expect(
      reckon([lost], [taken("fal", "v", "a"), taken("fal", "w", "a")]).unknown == ["fal took on w for job 1"])
  }

  @Test("Two live submissions must be said by the job; one whose bad end is known does not count")
  func doubles() {
    let second = Try(provider: "replicate", vendorID: "w", state: .succeeded)
    let both = [taken("fal", "v", "a"), taken("replicate", "w", "a")]
    let lost = Try(provider: "fal", state: .lost, failure: .ambiguous)
    #expect(
      reckon([job("1", "a", lost, second)], both).unsaid == [
        "job 1, succeeded: 2 pieces of work (fal v succeeded, replicate w succeeded)"
          + " for fal lost ambiguous, replicate w succeeded"
      ])
    let said = reckon([job("1", "a", lost, second, isFlagged: true)], both)
    #expect(said.violations == [] && said.doubled == 1 && said.flagged == 1)
    // It failed there, by the vendor's own word or by what the job was told under its name.
    let failed = Try(provider: "fal", vendorID: "v", state: .failed, failure: .transient)
    #expect(reckon([job("1", "a", failed, second)], both).violations == [])
    let gone = [taken("fal", "v", "a", "failed"), taken("replicate", "w", "a")]
    #expect(reckon([job("1", "a", lost, second)], gone).violations == [])
    // What was of no use is paid all the same, whether it came under a name or as the answer; what was turned away
    // cannot have been taken on.
    for name in [nil, "v"] {
      let useless = Try(provider: "fal", vendorID: name, state: .failed, failure: .badOutput)
      #expect(reckon([job("1", "a", useless, second)], both).unsaid.count == 1)
      #expect(reckon([job("1", "a", useless, second, isFlagged: true)], both).violations == [])
    }
    let turned = Try(provider: "fal", state: .failed, failure: .rateConcurrency)
    #expect(reckon([job("1", "a", turned, second)], both).unsaid.count == 1)
  }
}
