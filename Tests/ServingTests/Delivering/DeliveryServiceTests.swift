import Embedding
import Jobs
import Routing
import TestSupport
import Testing

@testable import Serving

@Suite("Deliveries to customers")
struct DeliveryServiceTests {
  static let endpoint = "https://acme.example/done"

  /// A router with deliveries, and no job needed to have some.
  struct World {
    let clock = ManualClock()
    let ledger: any Ledger
    let door: ScriptedDoor
    let router: RoutingService
    let service: DeliveryService

    init(
      _ door: ScriptedDoor, on ledger: any Ledger = MemoryLedger(), hasSecret: Bool = true,
      _ adjust: (inout DeliveryService.Settings) -> Void = { _ in }
    ) async throws {
      self.door = door
      self.ledger = ledger
      router = try await RoutingService.start(
        on: ledger, embedder: HashingEmbedding(), catalogue: Sample.catalogue(), clock: clock,
        mint: IdentifierMint(seed: 1), logger: TestRouter.quiet)
      var settings = DeliveryService.Settings()
      settings.commitPause = .milliseconds(2)
      settings.farewell = .zero
      adjust(&settings)
      service = DeliveryService(
        router: router, door: door, settings: settings, seed: 1, logger: TestRouter.quiet
      ) { _ in [] }
      if hasSecret { _ = try service.rotateSecret(of: nil, overlap: .hours(1)) }
    }

    /// Stores deliveries that are due now; one to each address.
    func make(_ urls: [String]) async throws -> [Identifier] {
      var batch = LedgerBatch()
      batch.deliveries = urls.map { url in
        let delivery = Delivery(
          id: router.mintIdentifier(), job: Sample.id(1), event: "job.succeeded", url: url, created: clock.now
        )
        return DeliveryChange(delivery, before: nil, payload: Array(url.utf8))
      }
      _ = try await router.recorder.commit(batch)
      return batch.deliveries.map(\.delivery.id)
    }

    func delivery(_ id: Identifier) throws -> Delivery { try #require(try ledger.delivery(id)) }
  }

  /// Lets time pass, from one attempt that is due to the next, until nothing is pending.
  static func pump(_ service: DeliveryService, _ clock: ManualClock) async throws {
    for _ in 0..<100 {
      try await service.launch()
      try #require(await eventually { await service.count == 0 }, "attempts do not end")
      guard let next = try service.ledger.nextDelivery(after: clock.now) else { return }
      clock.advance(to: next)
    }
    Issue.record("deliveries do not end")
  }

  // MARK: The end of a job

  static func callback(_ url: String? = endpoint, tenant: String? = nil) -> JobOrder {
    var order = JobWorld.order()
    order.callbackURL = url
    order.tenant = tenant
    return order
  }

  @Test(
    "An endpoint that fails twice gets its event in the third attempt: one id, one payload, three answers")
  func failsTwice() async throws {
    let door = ScriptedDoor(.init(status: 500, excerpt: "no"), .init(unanswered: "no answer in time"))
    let world = try await JobWorld(door: door)
    let service = try #require(world.service.deliveries)
    let secret = try service.rotateSecret(of: nil, overlap: .hours(24))
    let job = try await world.done(Self.callback())
    #expect(job.callbackURL == Self.endpoint)
    let made = try #require(
      try world.ledger.deliveries(state: .pending, job: job.id, before: nil, limit: 9).first)
    #expect(made.event == "job.succeeded" && made.due == job.ended && made.url == Self.endpoint)
    try await Self.pump(service, world.clock)
    let delivery = try #require(try world.ledger.delivery(made.id))
    #expect(delivery.state == .delivered && delivery.attempts == 3)
    #expect(door.sent.count == 3 && Set(door.sent.map(\.delivery.id)) == [made.id])
    #expect(Set(door.sent.map(\.payload)) == [Array("{\"job\":\"\(job.id)\"}".utf8)])
    #expect(door.sent.allSatisfy { $0.secrets == [secret.id] })
    let log = try world.ledger.deliveryAttempts(of: made.id)
    #expect(log.map(\.number) == [1, 2, 3])
    #expect(log.map(\.answer.failure) == ["answered 500", "no answer in time", nil])
    // At least a minute, then at least two.
    #expect(log[1].started - log[0].ended >= .seconds(60))
    #expect(log[2].started - log[1].ended >= .seconds(120))
    #expect(log[2].started - log[1].ended < .seconds(144))
    try await world.checkRest()
  }

  @Test("Every way in which a job ends is told once, and a job without an address tells nobody")
  func ends() async throws {
    let door = ScriptedDoor()
    let world = try await JobWorld(["north/a"], door: door)
    let service = try #require(world.service.deliveries)
    _ = try service.rotateSecret(of: "acme", overlap: .hours(24))
    _ = try await world.done()
    world.north.reply(.init(.fails(VendorFailure(.callerError, httpStatus: 400, message: "no"))))
    #expect(try await world.done(Self.callback(tenant: "acme")).state == .failed)
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .hours(5))))
    #expect(try await world.done(Self.callback(tenant: "acme")).state == .expired)
    world.north.reply(.init(.accepts(.succeeded(.sample), after: .hours(5))))
    let id = try await world.service.submit(Self.callback(tenant: "acme")).job.id
    try await world.settle()
    _ = try await world.service.cancel(id)
    #expect(try await world.finish(id).state == .canceled)
    try await world.pass(atMost: .hours(6))
    try await Self.pump(service, world.clock)
    #expect(Set(door.sent.map(\.delivery.event)) == ["job.failed", "job.expired", "job.canceled"])
    #expect(door.sent.count == 3 && door.sent.allSatisfy { $0.delivery.tenant == "acme" })
  }

  @Test("A job is refused whose end could not be told: a bad address, no secret, nobody who tells")
  func refused() async throws {
    let world = try await JobWorld(door: ScriptedDoor())
    func refusal(_ order: JobOrder, _ world: JobWorld) async -> String? {
      do {
        _ = try await world.service.submit(order)
        return nil
      } catch let refusal as JobRefusal {
        return refusal.description
      } catch {
        return "\(error)"
      }
    }
    let service = try #require(world.service.deliveries)
    #expect(
      await refusal(Self.callback(), world)?.hasPrefix("there is no secret to sign deliveries with") == true)
    let secret = try service.rotateSecret(of: nil, overlap: .hours(24))
    #expect(await refusal(Self.callback("http://acme.example"), world) == "must be https, not plain http")
    #expect(await refusal(Self.callback(tenant: "acme"), world)?.contains("of tenant 'acme'") == true)
    #expect(await refusal(Self.callback(), world) == nil)
    _ = try service.dropSecret(secret.id)
    #expect(await refusal(Self.callback(), world) != nil)
    let silent = try await JobWorld()
    #expect(await refusal(Self.callback(), silent) == "this router makes no callbacks")
    #expect(world.north.orders.count == 1 && silent.north.orders.isEmpty)
  }

  // MARK: Attempts

  @Test("A receiver that does not answer holds up nobody but itself")
  func slowReceiver() async throws {
    let gate = ManualClock()
    let door = ScriptedDoor { delivery, _ in
      if delivery.receiver == "https://slow.example" { await gate.sleep(for: .hours(1)) }
      return DeliveryAnswer(status: 200)
    }
    let world = try await World(door) { $0.perReceiver = 4 }
    let slow = try await world.make((0..<60).map { "https://slow.example/\($0)" })
    let quick = try await world.make((0..<40).map { "https://quick-\($0 % 4).example/\($0)" })
    try await world.service.launch()
    #expect(try await eventually { try quick.allSatisfy { try world.delivery($0).state == .delivered } })
    #expect(try slow.allSatisfy { try world.delivery($0).state == .pending })
    #expect(await eventually { await world.service.count == 4 && gate.sleepers == 4 })
    // And new ones for others go out while it hangs.
    let later = try await world.make(["https://quick-0.example/later"])
    try await world.service.launch()
    #expect(try await eventually { try world.delivery(later[0]).state == .delivered })
    for _ in 0..<15 {
      #expect(await eventually { gate.sleepers == 4 })
      gate.advance(by: .hours(1))
    }
    #expect(await eventually { await world.service.count == 0 })
    #expect(try slow.allSatisfy { try world.delivery($0).state == .delivered })
    #expect(door.sent.count == 101 && door.peaks.receiver == 4)
  }

  @Test(
    "However much is due, there are no more attempts at a time than places, and all receivers have their turn"
  )
  func places() async throws {
    let door = ScriptedDoor { _, _ in
      await Task.yield()
      return DeliveryAnswer(status: 200)
    }
    let world = try await World(door) { settings in
      settings.atOnce = 6
      settings.perReceiver = 2
    }
    let ids = try await world.make((0..<200).map { "https://r\($0 % 20).example/\($0)" })
    try await world.service.launch()
    #expect(try await eventually { try ids.allSatisfy { try world.delivery($0).state == .delivered } })
    #expect(door.peaks.all <= 6 && door.peaks.receiver <= 2)
    #expect(door.sent.count == 200)
    // Nobody's first waits for somebody's last.
    let firsts = Set(door.sent.prefix(80).map(\.delivery.receiver))
    #expect(firsts.count == 20)
  }

  @Test("After five attempts it is a dead letter, and retried it is delivered under the same id")
  func deadLetter() async throws {
    let dead = DeliveryAnswer(status: 503)
    let door = ScriptedDoor(dead, dead, dead, dead, dead)
    let world = try await World(door)
    let id = try await world.make([Self.endpoint])[0]
    await #expect(throws: DeliveryRefusal.notDead(.pending)) { _ = try await world.service.retry(id) }
    try await Self.pump(world.service, world.clock)
    #expect(try world.delivery(id).state == .dead && door.sent.count == 5)
    world.clock.advance(by: .days(1))
    try await Self.pump(world.service, world.clock)
    #expect(door.sent.count == 5)
    #expect(try await world.service.retry(id)?.state == .pending)
    try await Self.pump(world.service, world.clock)
    #expect(try world.delivery(id).state == .delivered)
    #expect(door.sent.count == 6 && Set(door.sent.map(\.delivery.id)) == [id])
    #expect(try world.ledger.deliveryAttempts(of: id).map(\.number) == [1, 2, 3, 4, 5, 6])
    await #expect(throws: DeliveryRefusal.notDead(.delivered)) { _ = try await world.service.retry(id) }
    #expect(try await world.service.retry(Sample.id(9)) == nil)
  }

  @Test("Without a secret nothing leaves unsigned; with one made meanwhile it leaves")
  func unsigned() async throws {
    let door = ScriptedDoor()
    let world = try await World(door, hasSecret: false)
    let id = try await world.make([Self.endpoint])[0]
    try await world.service.launch()
    #expect(try await eventually { try world.delivery(id).attempts == 1 })
    #expect(try world.delivery(id).lastFailure?.hasPrefix("not sent: there is no secret") == true)
    #expect(door.sent.isEmpty)
    let old = try world.service.rotateSecret(of: nil, overlap: .hours(1))
    let new = try world.service.rotateSecret(of: nil, overlap: .hours(1))
    try await Self.pump(world.service, world.clock)
    #expect(try world.delivery(id).state == .delivered)
    #expect(door.sent.map(\.secrets) == [[new.id, old.id]])
    #expect(old.key != new.key && old.key.count == 32)
  }

  @Test("While the disk is full an answer is kept, and nothing is sent a second time")
  func diskFull() async throws {
    let ledger = FailingLedger()
    let door = ScriptedDoor { _, _ in
      ledger.fails = true
      return DeliveryAnswer(status: 200)
    }
    let world = try await World(door, on: ledger)
    let id = try await world.make([Self.endpoint])[0]
    try await world.service.launch()
    #expect(await eventually { world.router.recorder.failure != nil })
    try await world.service.launch()
    #expect(try world.delivery(id).state == .pending)
    #expect(throws: ServiceError.self) { _ = try world.service.rotateSecret(of: nil, overlap: .hours(1)) }
    ledger.fails = false
    #expect(try await eventually { try world.delivery(id).state == .delivered })
    #expect(door.sent.count == 1)
  }

  @Test("What is under way when the router stops is no attempt, and the next one makes it")
  func stopped() async throws {
    let door = ScriptedDoor { _, number in
      guard number == 1 else { return DeliveryAnswer(status: 200) }
      try? await Task.sleep(for: .seconds(600))
      return DeliveryAnswer(unanswered: "cancelled")
    }
    let world = try await World(door)
    let id = try await world.make([Self.endpoint])[0]
    let running = Task { try await world.service.run() }
    #expect(await eventually { door.sent.count == 1 })
    running.cancel()
    try await running.value
    #expect(try world.delivery(id).attempts == 0 && world.delivery(id).state == .pending)
    let next = DeliveryService(router: world.router, door: door, seed: 1, logger: TestRouter.quiet) { _ in []
    }
    let again = Task { try await next.run() }
    #expect(try await eventually { try world.delivery(id).state == .delivered })
    again.cancel()
    try await again.value
    #expect(door.sent.count == 2)
  }

  @Test("A running service sends what is stored with a job's end without being told by anybody")
  func running() async throws {
    let door = ScriptedDoor()
    let world = try await JobWorld(door: door)
    let service = try #require(world.service.deliveries)
    _ = try service.rotateSecret(of: nil, overlap: .hours(1))
    let running = Task { try await service.run() }
    let job = try await world.done(Self.callback())
    #expect(
      try await eventually {
        try world.ledger.deliveries(state: .delivered, job: job.id, before: nil, limit: 9).count == 1
      })
    running.cancel()
    try await running.value
  }
}
