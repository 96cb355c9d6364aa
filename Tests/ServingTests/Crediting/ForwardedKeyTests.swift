import Credits
import Jobs
import Routing
import TestSupport
import Testing

@testable import Serving

@Suite("Callers' own keys for providers")
struct ForwardedKeyTests {
  static let secret = CallerCredential("vendor-key-of-the-caller")

  /// `north` is paid by its callers, `south` by this router.
  private func world(_ contract: VendorContract = JobWorld.polled, south: Bool = true) async throws
    -> JobWorld
  {
    let world = try await JobWorld(
      south ? ["north/a", "south/b"] : ["north/a"], contracts: ["north": contract],
      access: ["north": Access(payment: .forwarded)], price: CreditedJobsTests.price)
    world.north.obstruct(.noForwardedCredential(provider: "north"))
    return world
  }

  private func order(_ credentials: [String: CallerCredential] = ["north": secret]) -> JobOrder {
    var order = JobWorld.order()
    order.credentials = credentials
    return order
  }

  @Test("The key goes with every call of its job, and is nowhere else")
  func passedThrough() async throws {
    let world = try await world()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(3))))
    let job = try await world.done(order())
    #expect(job.state == .succeeded && job.plan[0].candidate == "north/a")
    #expect(world.north.orders.map(\.credential) == [Self.secret])
    #expect(!world.north.credentials.isEmpty && world.north.credentials.allSatisfy { $0 == Self.secret })
    let stored = String(decoding: job.stored, as: UTF8.self)
    #expect(!stored.contains(Self.secret.secret) && stored.contains("forwarded"))
    let log = try world.log(job.id).map { String(decoding: $0.detail, as: UTF8.self) }.joined()
    #expect(!log.contains(Self.secret.secret) && "\(Self.secret)" == "a credential")
    #expect(try world.ledger.creditAccounts().map(\.id) == [.forwarded("north")])
  }

  @Test("Without a key the provider is passed over, and with one for somebody else the order is refused")
  func wanting() async throws {
    let world = try await world()
    let job = try await world.done(order([:]))
    #expect(job.plan.map(\.candidate) == ["south/b"])
    let excluded = try await world.router.draw(JobWorld.order().intent, unable: [:]).excluded
    #expect(excluded.isEmpty, "nothing keeps it out for those who bring a key")
    for provider in ["south", "nobody"] {
      await #expect(throws: JobRefusal.self) {
        try await world.service.submit(order([provider: Self.secret]))
      }
    }
  }

  @Test("A cancellation and a copy are made with the key")
  func otherCalls() async throws {
    let world = try await world()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .minutes(5))))
    let id = try await world.service.submit(order()).job.id
    try await world.settle()
    _ = try await world.service.cancel(id)
    #expect(try await world.finish(id).state == .canceled)
    #expect(world.north.cancels.count == 1 && world.north.credentials.last == Self.secret)
  }

  @Test("A key that the vendor refuses shuts the provider for nobody else")
  func refused() async throws {
    let world = try await world()
    world.north.reply(.init(.fails(VendorFailure(httpStatus: 401, message: "wrong key"))))
    let job = try await world.done(order())
    #expect(job.state == .succeeded && job.attempts[0].failure?.failureClass == .authCredit)
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(3))))
    world.north.failStatus(VendorFailure(httpStatus: 401, message: "expired key"))
    let next = try await world.done(order())
    #expect(next.winner == 0 && next.plan[0].candidate == "north/a")
  }

  @Test("After a restart a running job is given up for the next candidate, and what comes later is a surplus")
  func failsOver() async throws {
    let world = try await world()
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .seconds(30)), webhooks: [.seconds(0)]))
    let id = try await world.service.submit(order()).job.id
    try await world.settle()
    try await world.restart(on: world.ledger)
    let job = try await world.finish(id)
    #expect(job.state == .succeeded && job.winner == 1 && job.attempts[0].state == .lost)
    #expect(job.attempts[0].failure?.failureClass == .keyGone && job.attempts[0].possibleDoubleSpend)
    #expect(
      await world.dispatcher.board.circuits.circuit(ofProvider: "north").phase(at: world.clock.now) == .closed
    )
    try await world.pass(atMost: .minutes(2))
    #expect(try await world.job(id).attempts[0].state == .surplus)
  }

  @Test("With nobody else a job fails, and says that the key is gone", arguments: [false, true])
  func fails(isWaiting: Bool) async throws {
    let world = try await world(south: false)
    world.north.reply(
      isWaiting
        ? .init(.fails(VendorFailure(httpStatus: 429, message: "slow", retryAfter: .seconds(60))))
        : .init(.accepts(.succeeded(.sample), after: .minutes(1))))
    let id = try await world.service.submit(order()).job.id
    try await world.settle()
    try await world.restart(on: world.ledger)
    let job = try await world.finish(id)
    #expect(
      job.state == .failed && job.failure?.failureClass == .keyGone, "\(String(describing: job.failure))")
    #expect(job.failure.map { ErrorDetails($0, provider: "north").code } == .authenticationFailed)
    #expect(world.north.orders.count == 1)
  }
}
