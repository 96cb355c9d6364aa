import Embedding
import Foundation
import Jobs
import Logging
import Routing
import TestSupport
import Testing
import Wire

@testable import Serving

/// A router with its executors, vendors that follow scripts, and a time that the test moves: nothing waits for the real
/// clock, so that minutes of polling pass in milliseconds.
final class JobWorld {
  let clock: ManualClock
  private(set) var ledger: any Ledger
  let vendors: [String: ScriptedVendor]
  let contracts: [String: VendorContract]
  private(set) var router: RoutingService
  private(set) var service: JobService
  let settings: JobSettings
  let artefacts: (any ArtefactIntake)?
  /// Settings of its cache; nil in a world without one.
  let cacheSettings: ResponseCache.Settings?
  /// Nil in a world without callbacks.
  let door: ScriptedDoor?
  private let alert: @Sendable (Alert) -> Void
  /// Of routers that were stopped: the calls that they had under way go on.
  private var stopped: [Dispatcher] = []

  static let capability = Capability.textGeneration

  /// Two candidates at two providers, unless said otherwise; `north/a` is chosen first, then by id.
  init(
    _ ids: [String] = ["north/a", "south/b"], on ledger: any Ledger = MemoryLedger(),
    clock: ManualClock = ManualClock(), vendors: [String: ScriptedVendor]? = nil,
    contracts: [String: VendorContract] = [:], access: [String: Access] = [:],
    price: Price? = nil, settings: JobSettings = JobWorld.settings, artefacts: (any ArtefactIntake)? = nil,
    cache: ResponseCache.Settings? = nil, door: ScriptedDoor? = nil, seed: UInt64 = 1,
    alert: @escaping @Sendable (Alert) -> Void = { _ in }
  ) async throws {
    cacheSettings = cache
    self.clock = clock
    self.ledger = ledger
    self.settings = settings
    self.artefacts = artefacts
    self.door = door
    self.contracts = contracts
    self.alert = alert
    let providers = Set(ids.map { String($0.split(separator: "/")[0]) }).sorted()
    self.vendors =
      vendors
      ?? Dictionary(uniqueKeysWithValues: providers.map { ($0, ScriptedVendor($0, clock)) })
    let catalogue = try Catalogue(
      providers: providers.map { Provider(id: $0, name: $0, access: access[$0]) },
      candidates: ids.enumerated().map { place, id in
        let parts = id.split(separator: "/")
        return Candidate(
          id: id, provider: String(parts[0]), model: String(parts[1]), capabilities: [Self.capability],
          price: price, priority: place)
      })
    router = try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(), catalogue: catalogue,
      settings: [("policy", .text("priority")), ("holdout", .number(0))], clock: clock,
      mint: IdentifierMint(seed: seed), logger: TestRouter.quiet)
    service = try await JobService.start(
      router: router,
      adapters: JobWorld.adapters(self.vendors, contracts), settings: settings, artefacts: artefacts,
      deliveries: JobWorld.deliveries(router, door), cache: try JobWorld.cache(cache, router, artefacts),
      credits: try CreditService(router, alert: alert), seed: seed, logger: TestRouter.quiet)
  }

  private static func cache(
    _ settings: ResponseCache.Settings?, _ router: RoutingService, _ artefacts: (any ArtefactIntake)?
  ) throws -> ResponseCache? {
    guard let settings, let ledger = router.ledger as? any CacheLedger else { return nil }
    return try ResponseCache(
      ledger: ledger, embedder: router.embedder, artefacts: artefacts as? ArtefactRegister,
      clock: router.clock, settings: settings, logger: TestRouter.quiet)
  }

  /// With webhooks.
  static let settings = JobSettings(publicBase: "https://router.example")

  /// Asked every second, cancels, and can be asked what became of a submission.
  static let polled = VendorContract(
    poll: PollSchedule(floor: .seconds(1), ceiling: .seconds(5), growth: 1.5, jitter: 0), cancels: true)

  static func adapters(
    _ vendors: [String: ScriptedVendor], _ contracts: [String: VendorContract]
  ) -> ScriptedAdapters {
    ScriptedAdapters(vendors.values.map { ScriptedAdapter($0, contracts[$0.provider] ?? polled) })
  }

  var north: ScriptedVendor { vendors["north"]! }
  var south: ScriptedVendor { vendors["south"]! }
  var dispatcher: Dispatcher { service.dispatcher }

  /// Another process on the same ledger, after this one is gone.
  func restart(on ledger: any Ledger, seed: UInt64 = 2) async throws {
    stopped.append(dispatcher)
    self.ledger = ledger
    router = try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(), clock: clock, mint: IdentifierMint(seed: seed),
      logger: TestRouter.quiet)
    service = try await JobService.start(
      router: router, adapters: JobWorld.adapters(vendors, contracts), settings: settings,
      artefacts: artefacts, deliveries: JobWorld.deliveries(router, door),
      cache: try JobWorld.cache(cacheSettings, router, artefacts),
      credits: try CreditService(router, alert: alert), seed: seed,
      logger: TestRouter.quiet)
  }

  private static func deliveries(_ router: RoutingService, _ door: ScriptedDoor?) -> DeliveryService? {
    guard let door else { return nil }
    var settings = DeliveryService.Settings()
    settings.commitPause = .milliseconds(2)
    settings.farewell = .zero
    return DeliveryService(router: router, door: door, settings: settings, seed: 1, logger: TestRouter.quiet)
    {
      Array("{\"job\":\"\($0.job.id)\"}".utf8)
    }
  }

  static func order(
    _ prompt: String = "a fox", budget: Span? = .minutes(10), fallbackOnModeration: Bool = false,
    priority: JobPriority = .normal
  ) -> JobOrder {
    let json = JSONValue.object([.init("prompt", .string(prompt))])
    return JobOrder(
      intent: Intent(capability: capability, text: prompt), input: try! WorkInput(json),
      inputJSON: Array("{\"prompt\":\"\(prompt)\"}".utf8), budget: budget, priority: priority,
      fallbackOnModeration: fallbackOnModeration)
  }

  func submit(_ prompt: String = "a fox", budget: Span? = .minutes(10)) async throws -> Identifier {
    try await service.submit(JobWorld.order(prompt, budget: budget)).job.id
  }

  /// Submits one job and lets time pass until it is over.
  func done(_ order: JobOrder = JobWorld.order()) async throws -> Job {
    let id = try await service.submit(order).job.id
    return try await finish(id)
  }

  func finish(_ id: Identifier) async throws -> Job {
    try await pass(atMost: .hours(2)) { try self.ledger.job(id)?.state.isTerminal ?? false }
    return try await job(id)
  }

  func job(_ id: Identifier) async throws -> Job {
    let job = try #require(try await service.view(id)?.job)
    try job.check()
    return job
  }

  func log(_ id: Identifier) throws -> [JobLogEntry] {
    try ledger.jobEvents(of: id, after: 0, limit: 10_000)
  }

  func kinds(_ id: Identifier) throws -> [JobLogEntry.Kind] { try log(id).map(\.kind) }

  private var underWay: Int {
    get async {
      var sum = 0
      for dispatcher in stopped + [dispatcher] { sum += await dispatcher.underWay }
      return sum
    }
  }

  /// Waits, in real time, until nothing is being done but what sleeps by the test's clock.
  func settle() async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    var quiet = 0
    while quiet < 2 {
      try #require(ContinuousClock.now < deadline, "the executors do not come to rest")
      if await underWay == clock.sleepers {
        quiet += 1
        await Task.yield()
      } else {
        quiet = 0
        try await Task.sleep(for: .microseconds(200))
      }
    }
  }

  /// Lets time pass, from one thing that is due to the next, until a condition holds or so much time is over.
  func pass(atMost span: Span, until isMet: () async throws -> Bool = { false }) async throws {
    let end = clock.now + span
    while true {
      try await settle()
      if try await isMet() { return }
      let timer = await dispatcher.nextTimer
      if let timer, timer <= clock.now {
        // What it sets off sets the next timer, and may be over before anybody looks.
        _ = await dispatcher.tick()
        continue
      }
      let times = [timer, clock.nextWaking] + vendors.values.map(\.nextWebhook)
      guard let next = times.compactMap({ $0 }).min(), next <= end else {
        clock.advance(to: end)
        _ = await dispatcher.tick()
        try await settle()
        return
      }
      clock.advance(to: next)
      for vendor in vendors.values.sorted(by: { $0.provider < $1.provider }) {
        for webhook in vendor.dueWebhooks() {
          _ = await service.receive(webhook.call, from: vendor.provider, token: webhook.token)
        }
      }
    }
  }

  /// What must be so when all is over: nothing in memory, every place given back, no attempt submitted twice.
  func checkRest() async throws {
    try await settle()
    #expect(await dispatcher.live.isEmpty)
    #expect(await dispatcher.polling.isEmpty)
    for vendor in vendors.values {
      #expect(await dispatcher.board.accounts.inUse(vendor.provider) == 0)
      #expect(Set(vendor.tokens).count == vendor.tokens.count, "an attempt was submitted twice")
    }
    #expect(await dispatcher.board.queues.isEmpty)
  }
}

extension Dispatcher {
  fileprivate var nextTimer: Instant? { timers.next }
}
