import Foundation
import Jobs
import Routing
import Statistics
import Testing

@Suite("Jobs among faulty vendors")
struct JobWorldTests {
  @Test(
    "Every job ends once, none is lost, none is delivered twice without its flag; the router stops at any time"
  )
  func everyJobEnds() throws {
    let isSlow = ProcessInfo.processInfo.environment["POINTSMAN_SLOW"] == "1"
    var crashes = 0
    var doubles = 0
    var succeeded = 0
    let count = isSlow ? 30_000 : 500
    for seed in 0..<UInt64(count) {
      var random = Xoshiro256(seed: seed &+ 1_000_000)
      let job = try JobSweepTests.job(&random, number: seed)
      var world = VendorWorld(job: job, seed: seed, crashShare: seed % 3 == 0 ? 0 : 0.1)
      try world.run()
      let end = world.job
      #expect(end.state.isTerminal, "seed \(seed) is \(end.state)")
      #expect(try #require(end.ended) <= end.deadline + .seconds(5))

      let outcomes = world.records.compactMap { if case .finished(let outcome) = $0 { outcome } else { nil } }
      #expect(outcomes.count == 1, "seed \(seed)")
      #expect(outcomes.first?.state == end.state)

      // Each attempt is reported once, and once more if its end became known later; twice more if in between it was
      // taken back and lost again.
      let reports = world.records.compactMap {
        if case .attemptEnded(let report) = $0 { report } else { nil }
      }
      for index in end.attempts.indices {
        #expect(reports.count { $0.attempt == index && !$0.isRevision } == 1, "seed \(seed)")
        #expect(reports.count { $0.attempt == index && $0.isRevision } <= 2, "seed \(seed)")
      }
      #expect(world.submissions <= end.attempts.count)

      // What the vendors delivered, against what the job admits.
      let flagged = end.attempts.count(where: \.possibleDoubleSpend)
      #expect(world.deliveries <= 1 + flagged, "seed \(seed): \(world.deliveries) deliveries")
      if world.deliveries > 1 { doubles += 1 }
      if world.deliveries == 0 { #expect(end.state != .succeeded) }
      crashes += world.crashes
      if end.state == .succeeded { succeeded += 1 }
    }
    #expect(crashes > count / 2)
    #expect(doubles > 0, "the flag was never needed")
    #expect(succeeded > count / 2)
  }
}
