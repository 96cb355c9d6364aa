import Foundation
import Jobs
import Routing
import Statistics
import Testing

/// Anything in any order: events that no vendor would send, twice, late and about the wrong attempt.
@Suite("Random events")
struct JobSweepTests {
  static let isSlow = ProcessInfo.processInfo.environment["POINTSMAN_SLOW"] == "1"

  @Test("No sequence of events breaks an invariant, submits unflagged twice, or outlives the deadline")
  func chaos() throws {
    var submissions = 0
    var flags = 0
    var ends: Set<JobState> = []
    for seed in 0..<UInt64(Self.isSlow ? 20_000 : 200) {
      var random = Xoshiro256(seed: seed)
      var job = try Self.job(&random, number: seed)
      var now = Sample.start
      /// What an onlooker knows: attempts that a vendor may be at, and those that were submitted.
      var alive: Set<Int> = []
      var seen: Set<String> = []
      for step in 0..<60 {
        let (event, pause) = Self.event(for: job, &random)
        now = now + pause
        let before = job
        let transition = job.apply(event, at: now, random: random.uniform())
        try job.check()
        #expect(transition.changed == (job != before))
        #expect(job.revision == before.revision + (transition.changed ? 1 : 0))
        if before.state.isTerminal { #expect(job.state == before.state && job.result == before.result) }
        #expect(now < job.deadline || job.state.isTerminal)
        for action in transition.actions {
          guard case .submit(let attempt, _, let token, _) = action else { continue }
          submissions += 1
          #expect(seen.insert(token).inserted, "attempt \(attempt) was submitted twice")
          for other in alive {
            #expect(job.attempts[other].possibleDoubleSpend, "seed \(seed)")
            #expect(job.attempts[other].candidate != job.attempts[attempt].candidate, "seed \(seed)")
            flags += 1
          }
          alive.insert(attempt)
        }
        if transition.changed, let ended = Self.endedForCertain(event) { alive.remove(ended) }
        // A restart in between changes nothing. (Not after every event: reading is what takes the time here.)
        guard step % 5 == 0 else { continue }
        let restored = try Job(stored: job.stored)
        #expect(restored == job)
        #expect(restored.stored == job.stored)
      }
      _ = job.apply(.due, at: max(now, job.deadline), random: 0)
      #expect(job.state.isTerminal)
      ends.insert(job.state)
    }
    // The sweep went where it was meant to go.
    #expect(submissions > 200 && flags > 20)
    #expect(ends == [.succeeded, .failed, .canceled, .expired])
  }

  /// The attempt that an event proves to be over, whatever the job makes of it.
  static func endedForCertain(_ event: JobEvent) -> Int? {
    switch event {
    case .rejected(let attempt, let failure): failure.failureClass == .ambiguous ? nil : attempt
    case .reconciled(let attempt, .absent), .cancelAnswered(let attempt, .canceled): attempt
    case .seen(let attempt, let report, _):
      switch report.status {
      case .failed(let failure): failure.failureClass == .ambiguous ? nil : attempt
      case .succeeded, .canceled, .expired: attempt
      case .queued, .running, .unrecognised: nil
      }
    default: nil
    }
  }

  static func job(_ random: inout Xoshiro256, number: UInt64) throws -> Job {
    let contracts = (0..<Int.random(in: 1...4, using: &random)).map { _ in
      VendorContract(
        submitLimit: .seconds(Int64.random(in: 1...20, using: &random)),
        attemptLimit: Bool.random(using: &random) ? .seconds(60) : nil,
        poll: Int.random(in: 0..<5, using: &random) == 0
          ? nil : PollSchedule(floor: .seconds(2), ceiling: .seconds(20)),
        honoursToken: Int.random(in: 0..<4, using: &random) == 0,
        lists: Int.random(in: 0..<4, using: &random) == 0,
        webhookWindow: Bool.random(using: &random) ? .seconds(15) : nil,
        cancels: Bool.random(using: &random))
    }
    return try Sample.job(
      contracts, budget: .seconds(300), fallbackOnModeration: Bool.random(using: &random),
      copies: Bool.random(using: &random), number: number)
  }

  static func event(for job: Job, _ random: inout Xoshiro256) -> (JobEvent, Span) {
    let pause = Span.milliseconds(Int64.random(in: 0...4_000, using: &random))
    // Half of the events are those that move a job on, or it would hardly leave the queue.
    if Bool.random(using: &random) {
      switch job.state {
      case .queued:
        let wait = (job.turn?.notBefore).map { max($0 - Sample.start, .seconds(0)) } ?? .seconds(0)
        if let wake = job.wake, wait > .seconds(0), wake < job.deadline { return (.due, pause) }
        return (.started, pause)
      case .submitting, .submitUnknown, .running:
        if let wake = job.wake, wake < job.deadline, Bool.random(using: &random) { return (.due, pause) }
      default: break
      }
    }
    let attempt = Int.random(in: 0...max(job.attempts.count, 1), using: &random)
    let vendor = VendorJob(id: "v-\(Int.random(in: 0..<8, using: &random) == 0 ? 99 : attempt)")
    let failure = VendorFailure(
      FailureClass.allCases.randomElement(using: &random) ?? .unknown,
      cause: VendorFailure.Cause.allCases.randomElement(using: &random) ?? .found,
      httpStatus: [nil, 404, 410, 429, 500, 504].randomElement(using: &random) ?? nil, message: "chaos",
      retryAfter: Bool.random(using: &random) ? .seconds(Int64.random(in: -5...40, using: &random)) : nil)
    let cost = Money(micros: Int64.random(in: -1_000...50_000, using: &random))
    let event: JobEvent
    switch Int.random(in: 0..<18, using: &random) {
    case 0: event = .blocked(.circuitOpen, until: Bool.random(using: &random) ? Sample.at(100) : nil)
    case 1: event = .accepted(attempt, vendor, cost: Bool.random(using: &random) ? cost : nil)
    case 2: event = .rejected(attempt, failure)
    case 3: event = .submitLost(attempt, failure)
    case 4: event = .reconciled(attempt, .found(vendor))
    case 5: event = .reconciled(attempt, Bool.random(using: &random) ? .absent : .unclear(failure))
    case 6: event = .hinted(attempt)
    case 7: event = .pollFailed(attempt, failure)
    case 8: event = .copied(attempt, Bool.random(using: &random) ? Sample.result : JobResult())
    case 9: event = .copyFailed(attempt, failure)
    case 10: event = Int.random(in: 0..<4, using: &random) == 0 ? .cancelAsked : .due
    case 11:
      event = .cancelAnswered(attempt, CancelAnswer.allCases.randomElement(using: &random) ?? .refused)
    case 12: event = .recovered
    case 13: event = .noCandidateLeft(.down, until: Sample.at(200))
    default:
      let statuses: [VendorStatus] = [
        .queued, .running(progress: random.uniform()), .running(progress: .nan), .unrecognised("thawing"),
        .succeeded(Sample.result), .succeeded(JobResult()), .failed(failure), .canceled, .expired,
      ]
      event = .seen(
        attempt,
        VendorReport(
          statuses.randomElement(using: &random) ?? .queued,
          vendor: Bool.random(using: &random) ? vendor : nil,
          cost: Bool.random(using: &random) ? cost : nil),
        by: Sighting.allCases.randomElement(using: &random) ?? .poll)
    }
    return (event, pause)
  }
}
