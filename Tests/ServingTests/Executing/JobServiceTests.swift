import Jobs
import Routing
import TestSupport
import Testing
import Wire

@testable import Serving

@Suite("Jobs on their way through vendors")
struct JobServiceTests {
  static let unavailable = VendorFailure(httpStatus: 503, message: "out of order")

  @Test("A vendor that answers with the work ends the job at once, with one submission")
  func synchronous() async throws {
    let world = try await JobWorld()
    let view = try await world.service.submit(JobWorld.order())
    #expect(view.chosen == "north/a")
    let job = try await world.finish(view.job.id)
    #expect(job.state == .succeeded && job.result?.text == "done")
    #expect(world.north.tokens == [job.token(0)])
    #expect(world.north.orders[0].webhookURL == "https://router.example/webhooks/north?token=\(job.id)-0")
    #expect(world.north.orders[0].input[.prompt] == .string("a fox"))
    #expect(try world.kinds(job.id) == [.queued, .submitting, .succeeded])
    #expect(try world.ledger.decision(job.decision) != nil)
    #expect(try world.ledger.jobInput(job.input.reference) == JobWorld.order().inputJSON)
    try await world.checkRest()
  }

  @Test("A job that the vendor works on is asked about until it is done")
  func polled() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(12))))
    let job = try await world.done()
    #expect(job.state == .succeeded)
    // After 1, 1.5, 2.25, 3.375, 5 s: at 1, 2.5, 4.75, 8.125 and 13.125 s.
    #expect(job.attempts[0].polls == 5)
    #expect(job.ended.map { $0 - job.created } == .milliseconds(13_125))
    #expect(try world.kinds(job.id) == [.queued, .submitting, .running, .succeeded])
    try await world.checkRest()
  }

  @Test("A webhook ends a job before the next status call would, and each later one is no news")
  func webhook() async throws {
    let world = try await JobWorld()
    world.north.reply(
      .init(.accepts(.succeeded(.sample), after: .milliseconds(1_200)), webhooks: [.milliseconds(1)]))
    let job = try await world.done()
    #expect(job.state == .succeeded && job.attempts[0].polls == 1)
    let again = await world.service.receive(
      ScriptedVendor.call("north-\(job.token(0))"), from: "north", token: job.token(0))
    #expect(again == .noChange(.alreadyEnded))
    #expect(try world.kinds(job.id).filter(\.isTerminal).count == 1)
    try await world.checkRest()
  }

  @Test("A webhook and a status call that arrive together advance a job once")
  func together() async throws {
    let world = try await JobWorld()
    // Done after one second, when the first status call is due; two deliveries at the same moment.
    world.north.reply(
      .init(.accepts(.succeeded(.sample), after: .seconds(1)), webhooks: [.seconds(0), .seconds(0)]))
    let job = try await world.done()
    #expect(job.state == .succeeded)
    #expect(try world.kinds(job.id) == [.queued, .submitting, .running, .succeeded])
    #expect(try world.ledger.feedback(about: job.decision).count == 1)
    try await world.checkRest()
  }

  @Test("A webhook that overtakes the answer to the submission ends the job by the token in its address")
  func overtaking() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(0)), delay: .seconds(5)))
    let id = try await world.submit()
    try await world.settle()
    let token = try await world.job(id).token(0)
    let call = ScriptedVendor.call("north-\(token)")
    #expect(await world.service.receive(call, from: "south", token: token) == .unknownJob)
    #expect(await world.service.receive(call, from: "north", token: token) == .taken)
    let job = try await world.job(id)
    #expect(job.state == .succeeded && job.attempts[0].vendor?.id == "north-\(token)")
    // The answer comes after all, and is no news.
    try await world.pass(atMost: .seconds(6))
    #expect(try await world.job(id) == job)
    try await world.checkRest()
  }

  @Test("Webhooks that are forged, unsigned or about nothing known change nothing by themselves")
  func distrust() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(60))))
    let id = try await world.submit()
    try await world.settle()
    let token = try await world.job(id).token(0)
    func receive(_ name: String, _ signature: String?, _ provider: String = "north") async -> WebhookAnswer {
      await world.service.receive(
        ScriptedVendor.call(name, signature: signature), from: provider, token: token)
    }
    #expect(await receive("north-\(token)", "forged") == .refused(.wrongSignature))
    #expect(await receive("north-\(token)", "good", "east") == .unknownProvider)
    #expect(await receive("north-other", "good") == .noChange(.foreign))
    #expect(
      await world.service.receive(ScriptedVendor.call("north-other"), from: "north", token: nil)
        == .unknownJob)
    // An unsigned one makes the router ask.
    #expect(await receive("north-\(token)", nil) == .taken)
    try await world.settle()
    #expect(world.north.works[0].polls == 1)
    #expect(try await world.job(id).state == .running)
  }

  @Test("A 5xx sends the job to the next candidate at once, and the winner gets the rewards")
  func failsOver() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.fails(Self.unavailable)))
    let job = try await world.done()
    #expect(job.state == .succeeded)
    #expect(job.ended == job.created)
    #expect(world.north.orders.count == 1 && world.south.orders.count == 1)
    #expect(
      try world.kinds(job.id) == [
        .queued, .submitting, .attemptFailed, .queued, .failover, .submitting, .succeeded,
      ])
    let judged = try #require(try world.ledger.judged(job.decision, map: world.router.snapshot.map))
    let roll = world.router.snapshot.roll
    #expect(judged.judgements.compactMap(\.executed).map { roll.id(of: $0) } == ["north/a", "south/b"])
    let answered = try await world.router.judge([
      Submission(
        id: "thumb", decision: job.decision, content: .signal(.score, reward: 1, trust: 1, other: nil),
        value: .number(1), at: world.clock.now, received: world.clock.now)
    ])
    #expect(answered == [.accepted])
    #expect(try await world.router.reward(of: job.decision)?.ordinal == roll.ordinal(of: "south/b"))
    try await world.checkRest()
  }

  @Test("A 429 sends the job elsewhere and cools its candidate down: the next job does not even ask")
  func cooldown() async throws {
    let world = try await JobWorld()
    let limited = VendorFailure(httpStatus: 429, message: "slow down", retryAfter: .seconds(30))
    world.north.follow { number, _ in .init(number == 0 ? .fails(limited) : .delivers(.sample, cost: nil)) }
    #expect(try await world.done().state == .succeeded)
    let second = try await world.service.submit(JobWorld.order())
    #expect(second.chosen == "south/b")
    #expect(try await world.finish(second.job.id).state == .succeeded)
    #expect(world.north.orders.count == 1)
    // At most 10 s of jitter on top of what the vendor asked for.
    try await world.pass(atMost: .seconds(41))
    #expect(try await world.service.submit(JobWorld.order()).chosen == "north/a")
    try await world.settle()
    try await world.checkRest()
  }

  @Test("Places at a vendor are counted: beyond them a job goes elsewhere, or waits until one is free")
  func headroom() async throws {
    let one = Access(concurrency: 1)
    let world = try await JobWorld(access: ["north": one, "south": one])
    for vendor in world.vendors.values {
      vendor.reply(.init(.accepts(.succeeded(.sample), after: .seconds(20))))
    }
    let first = try await world.service.submit(JobWorld.order("one"))
    let second = try await world.service.submit(JobWorld.order("two"))
    let third = try await world.service.submit(JobWorld.order("three"))
    let fourth = try await world.service.submit(JobWorld.order("four"))
    #expect(first.chosen == "north/a" && second.chosen == "south/b")
    try await world.settle()
    let waiting = try await world.job(third.job.id)
    #expect(waiting.state == .queued)
    #expect(try await world.service.view(fourth.job.id)?.queuedAhead == 1)
    for view in [first, second, third, fourth] {
      #expect(try await world.finish(view.job.id).state == .succeeded)
    }
    for vendor in world.vendors.values {
      let ends = vendor.works.map(\.finishes).sorted()
      for (early, late) in zip(ends, ends.dropFirst()) { #expect(late - early >= .seconds(20)) }
    }
    try await world.checkRest()
  }

  @Test("A submission that hangs goes to the next candidate after its limit")
  func hang() async throws {
    let world = try await JobWorld()
    // The adapter itself never comes back in time.
    world.north.reply(.init(.delivers(.sample, cost: nil), delay: .minutes(5)))
    let job = try await world.done()
    #expect(job.state == .succeeded && job.winner == 1)
    // The limit of 10 s and a grace of 5 s for the transport's own word.
    #expect(job.ended.map { $0 - job.created } == .seconds(15))
    #expect(job.attempts[0].possibleDoubleSpend)
    // When the answer comes after all, it is work that nobody needs any more.
    try await world.pass(atMost: .minutes(6))
    #expect(try await world.job(job.id).attempts[0].state == .surplus)
    try await world.checkRest()
  }

  @Test("After an ambiguous time-out the vendor is asked, not called again: what arrived is found")
  func reconciles() async throws {
    var contract = JobWorld.polled
    contract.lists = true
    let world = try await JobWorld(contracts: ["north": contract])
    world.north.reply(.init(.losesAnswer(.succeeded(.sample), after: .seconds(3)), delay: .seconds(10)))
    let job = try await world.done()
    #expect(job.state == .succeeded && job.winner == 0 && job.attempts.count == 1)
    #expect(world.north.inquiries == 1 && world.south.orders.isEmpty)
    #expect(!JobOutcome(job).possibleDoubleSpend)
    try await world.checkRest()
  }

  @Test("What did not arrive is known from the vendor's list, and then submitted there again")
  func absent() async throws {
    var contract = JobWorld.polled
    contract.lists = true
    let world = try await JobWorld(contracts: ["north": contract])
    world.north.follow { number, _ in .init(number == 0 ? .losesSubmission : .delivers(.sample, cost: nil)) }
    let job = try await world.done()
    #expect(job.state == .succeeded && job.attempts.map(\.candidate) == [0, 0])
    #expect(world.north.tokens == [job.token(0), job.token(1)])
    #expect(!JobOutcome(job).possibleDoubleSpend)
    try await world.checkRest()
  }

  @Test("Where nobody can be asked, the job fails over and says that it may be paid twice")
  func ambiguous() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.losesAnswer(.succeeded(.sample), after: .seconds(1))))
    let job = try await world.done()
    #expect(job.state == .succeeded && job.winner == 1)
    #expect(world.north.orders.count == 1)
    #expect(JobOutcome(job).possibleDoubleSpend)
    let detail = try #require(try world.log(job.id).first { $0.kind == .failover }).detail
    let json = try JSONValue.parse(detail)
    #expect(json["possible_double_spend"] == .bool(true) && json["reason"] == .string("ambiguous"))
    try await world.checkRest()
  }

  @Test(
    "A refusal by a content policy goes elsewhere only where the caller allows it", arguments: [false, true])
  func moderation(isAllowed: Bool) async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.fails(VendorFailure(.moderated, message: "no foxes"))))
    let job = try await world.done(JobWorld.order(fallbackOnModeration: isAllowed))
    #expect(job.state == (isAllowed ? .succeeded : .failed))
    #expect(world.south.orders.count == (isAllowed ? 1 : 0))
    try await world.checkRest()
  }

  @Test("A caller's own error never fails over", arguments: [400, 404, 413, 422])
  func callerError(status: Int) async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.fails(VendorFailure(httpStatus: status, message: "bad input"))))
    let job = try await world.done()
    #expect(job.state == .failed && job.attempts.count == 1 && world.south.orders.isEmpty)
    try await world.checkRest()
  }

  @Test("Bad output counts against who delivered it, and the job goes on")
  func badOutput() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.delivers(JobResult(), cost: Money(micros: 2_000))))
    let job = try await world.done()
    #expect(job.state == .succeeded && job.winner == 1)
    #expect(job.attempts[0].failure?.failureClass == .badOutput && job.cost == Money(micros: 2_000))
    let feedback = try world.ledger.feedback(about: job.decision)
    let outcomes = feedback.compactMap { entry -> Outcome? in
      if case .outcome(let outcome) = entry.submission.content { outcome } else { nil }
    }
    #expect(outcomes.map(\.state) == [.badOutput, .succeeded])
    #expect(outcomes[0].cost == Money(micros: 2_000))
    try await world.checkRest()
  }

  @Test(
    "One answer that a candidate is gone closes it for a while; its next success is as if nothing had been said"
  )
  func calledGone() async throws {
    let world = try await JobWorld()
    let gone = ScriptedVendor.Reply(.fails(VendorFailure(httpStatus: 410, message: "gone")))
    world.north.reply(gone)
    let job = try await world.done()
    #expect(job.state == .succeeded && job.winner == 1 && job.failure == nil)
    #expect(job.attempts[0].failure?.failureClass == .retired)
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .circuitOpen)
    #expect(try await world.service.submit(JobWorld.order()).chosen == "south/b")
    // Twice more, but not in a row.
    for reply in [gone, .init(.delivers(.sample, cost: nil)), gone] {
      let asked = world.north.orders.count
      world.north.reply(reply)
      while world.north.orders.count == asked {
        world.clock.advance(by: .minutes(6))
        _ = try await world.done()
      }
    }
    let stocked = await world.router.keeper.pending.catalogue.value
    #expect(stocked.candidate("north/a")?.lifecycle.stage == .active)
    try await world.checkRest()
  }

  @Test("A candidate called gone three times, with pauses between, leaves the catalogue for good")
  func retired() async throws {
    let world = try await JobWorld()
    world.north.reply(.init(.fails(VendorFailure(httpStatus: 410, message: "gone"))))
    for _ in 0..<400 where world.router.market.states["north/a"]?.obstacle?.kind != .foundGone {
      #expect(try await world.done().state == .succeeded)
      world.clock.advance(by: .minutes(6))
    }
    #expect(world.north.orders.count == 3)
    #expect(world.router.market.states["north/a"]?.obstacle?.kind == .foundGone)
    try await world.settle()
    let stocked = await world.router.keeper.pending.catalogue.value
    #expect(stocked.candidate("north/a")?.lifecycle.isRetired(at: world.clock.now) == true)
    try await world.checkRest()
  }
}
