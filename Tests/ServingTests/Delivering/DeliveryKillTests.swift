import Jobs
import Routing
import TestSupport
import Testing

@testable import Serving

@Suite("Deliveries of a router that is killed")
struct DeliveryKillTests {
  /// A job whose router dies after so many commits, and another router that ends what is left.
  ///
  /// - Returns: whether the first one died.
  private func run(dyingAfter commits: Int, writesLast: Bool) async throws -> Bool {
    let dying = FailingLedger()
    let door = ScriptedDoor(.init(status: 500))
    let world = try await JobWorld(on: dying, door: door)
    world.north.reply(.init(.fails(JobRestartTests.unavailable)))
    let service = try #require(world.service.deliveries)
    _ = try service.rotateSecret(of: nil, overlap: .hours(1))
    dying.stop(after: commits, writesLast: writesLast)
    let id = try? await world.service.submit(DeliveryServiceTests.callback()).job.id
    try await world.pass(atMost: .minutes(3)) {
      guard let id, !dying.isDead else { return true }
      return try dying.base.job(id)?.state.isTerminal ?? true
    }
    for _ in 0..<10 where !dying.isDead {
      try? await service.launch()
      #expect(await eventually { await service.count == 0 || dying.isDead })
      guard !dying.isDead, let next = try dying.base.nextDelivery(after: world.clock.now) else { break }
      world.clock.advance(to: next)
    }
    let hasDied = dying.isDead
    if hasDied {
      await service.finish()
      // Whatever the dead one left: an end and its delivery are there together.
      for job in try dying.base.jobs(states: nil, before: nil, limit: 9) {
        let deliveries = try dying.base.deliveries(state: nil, job: job.id, before: nil, limit: 9)
        #expect(deliveries.count == (job.state.isTerminal ? 1 : 0))
      }
      try await world.restart(on: dying.base)
    }
    let jobs = try dying.base.jobs(states: nil, before: nil, limit: 9)
    for job in jobs { _ = try await world.finish(job.id) }
    try await DeliveryServiceTests.pump(try #require(world.service.deliveries), world.clock)
    for job in jobs {
      let deliveries = try dying.base.deliveries(state: nil, job: job.id, before: nil, limit: 9)
      #expect(deliveries.count == 1 && deliveries[0].state == .delivered, "\(commits) \(deliveries)")
      #expect(Set(door.sent.map(\.delivery.id)) == Set(deliveries.map(\.id)))
      let log = try dying.base.deliveryAttempts(of: deliveries[0].id)
      #expect(log.map(\.number) == Array(1...log.count) && log.last?.answer.failure == nil)
      // Killed between an answer and its record, once at most: sent again.
      #expect(door.sent.count == log.count || (hasDied && door.sent.count == log.count + 1))
    }
    return hasDied
  }

  @Test(
    "A router that dies after any commit loses no event and makes no second one", arguments: [false, true])
  func killed(writesLast: Bool) async throws {
    var commits = 0
    while try await run(dyingAfter: commits, writesLast: writesLast) {
      commits += 1
      try #require(commits < 40)
    }
    // Taken in, failed over, ended; and two attempts.
    #expect(commits >= 5)
  }
}
