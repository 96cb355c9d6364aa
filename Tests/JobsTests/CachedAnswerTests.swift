import Jobs
import Routing
import Testing

@Suite("What a job leaves for others")
struct CachedAnswerTests {
  static let ticket = CacheTicket(
    key: "k", kin: "n", label: "text_to_video:auto:a fox", lifetime: .minutes(5))
  static let copied = JobResult(artefacts: [
    Artefact(url: "/v1/artefacts/x.mp4", contentType: "video/mp4", byteCount: 9, isCopied: true)
  ])

  static func job(_ ticket: CacheTicket? = ticket, fallbackOnModeration: Bool = false) throws -> Job {
    try Job(
      id: Identifier(at: Sample.start, random: 1, 7), decision: Identifier(at: Sample.start, random: 1, 8),
      capability: .textToVideo, input: JobInput(reference: "sha256-0", byteCount: 90),
      plan: Sample.plan([VendorContract(), VendorContract()]), created: Sample.start, budget: .minutes(10),
      tenant: "acme", fallbackOnModeration: fallbackOnModeration, cacheTicket: ticket)
  }

  static func done(_ result: JobResult = copied, _ ticket: CacheTicket? = ticket) throws -> Job {
    var job = try job(ticket)
    job.live(
      (0, .started), (1, .accepted(0, Sample.vendor, cost: nil)),
      (2, .seen(0, VendorReport(.succeeded(result), cost: Money(micros: 7)), by: .poll)))
    return job
  }

  @Test("One that succeeded and asked for it leaves its result, with who made it and at what cost")
  func kept() throws {
    let answer = try #require(CachedAnswer(try Self.done(), model: "m-1", at: Sample.at(2)))
    #expect(answer.candidate == "a/model" && answer.provider == "a" && answer.model == "m-1")
    #expect(answer.cost == Money(micros: 7) && answer.tenant == "acme" && answer.result == Self.copied)
    #expect(answer.expires == Sample.at(302) && answer.uses == 0)
  }

  @Test("Nothing is left by one that did not ask, is not over, failed, or was refused by a content policy")
  func notKept() throws {
    #expect(CachedAnswer(try Self.done(Self.copied, nil), model: "m", at: Sample.at(2)) == nil)
    #expect(CachedAnswer(try Self.job(), model: "m", at: Sample.at(2)) == nil)
    var failed = try Self.job()
    failed.live((0, .started), (1, .rejected(0, VendorFailure(.callerError, message: "no"))))
    #expect(failed.state == .failed && CachedAnswer(failed, model: "m", at: Sample.at(2)) == nil)
    var moderated = try Self.job(fallbackOnModeration: true)
    moderated.live(
      (0, .started), (1, .rejected(0, VendorFailure(.moderated, message: "not this"))), (2, .started),
      (3, .accepted(1, Sample.vendor, cost: nil)),
      (4, .seen(1, VendorReport(.succeeded(Self.copied)), by: .poll)))
    #expect(moderated.state == .succeeded && CachedAnswer(moderated, model: "m", at: Sample.at(5)) == nil)
  }

  @Test("A file that is not ours bounds its time, and one whose end nobody knows is not kept")
  func foreignFiles() throws {
    var result = Sample.result
    #expect(CachedAnswer(try Self.done(result), model: "m", at: Sample.at(2)) == nil)
    result.artefacts[0].expires = Sample.at(60)
    #expect(CachedAnswer(try Self.done(result), model: "m", at: Sample.at(2))?.expires == Sample.at(60))
    #expect(CachedAnswer(try Self.done(result), model: "m", at: Sample.at(60)) == nil)
    #expect(CachedAnswer(try Self.done(JobResult(text: "x")), model: "m", at: Sample.at(2)) != nil)
  }

  @Test("A job that is answered with it is over, without an attempt, at no cost, and is stored as it is")
  func answered() throws {
    let answer = try #require(CachedAnswer(try Self.done(), model: "m", at: Sample.at(2)))
    let job = try Job(
      id: Identifier(at: Sample.at(9), random: 2, 2), answeredBy: answer, similarity: 0.97,
      input: JobInput(reference: "sha256-1", byteCount: 3), created: Sample.at(9), budget: .minutes(1))
    try job.check()
    let outcome = JobOutcome(job)
    #expect(job.state == .succeeded && job.attempts.isEmpty && job.ended == Sample.at(9))
    #expect(outcome.executed == "a/model" && outcome.cost == .zero && outcome.result == Self.copied)
    #expect(job.decision == answer.decision && job.cacheOrigin?.similarity == 0.97)
    #expect(try Job(stored: job.stored) == job)
    // It leaves nothing in its turn.
    #expect(CachedAnswer(job, model: "m", at: Sample.at(9)) == nil)
    let waiting = try Self.job()
    #expect(try Job(stored: waiting.stored) == waiting && waiting.cacheTicket == Self.ticket)
    #expect(try JobResult(stored: Self.copied.stored) == Self.copied)
  }

  @Test(
    "A star stands for any characters, a question mark for one",
    arguments: [
      ("a:auto:fox", "*", true), ("a:auto:fox", "a:*", true), ("a:auto:fox", "b:*", false),
      ("a:auto:fox", "*:*fox", true), ("a:auto:fox", "*:*fo", false), ("a:auto:fox", "a:auto:fo?", true),
      ("a:auto:fox", "a:auto:fox?", false), ("", "", true), ("", "*", true), ("x", "", false),
      ("aab", "*ab", true), ("abab", "a*b", true), ("a[x]", "a[x]", true), ("東京", "?京", true),
      ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaac", "*a*a*a*a*a*a*a*b", false),
    ] as [(String, String, Bool)])
  func patterns(text: String, pattern: String, isMatch: Bool) throws {
    var answer = try #require(CachedAnswer(try Self.done(), model: "m", at: Sample.at(2)))
    answer.ticket.label = text
    #expect(CacheSelection(pattern: pattern).contains(answer) == isMatch)
    #expect(CacheSelection(pattern: pattern, provider: "b").contains(answer) == false)
    #expect(CacheSelection(capability: .textToVideo, provider: "a", model: "m").contains(answer))
    #expect(
      !CacheSelection(model: "n").contains(answer)
        && !CacheSelection(capability: .inpainting).contains(answer))
  }
}
