import Embedding
import Foundation
public import Jobs
import Logging
public import Recipes
public import Routing
public import Serving
import Synchronization
public import Wire

/// A router that carries out recipes at vendors that follow scripts, on the real clock: `north/a` and then `south/b` do
/// everything there is, at once.
public struct GenerationWorld: Sendable {
  public let router: RoutingService
  public let jobs: JobService
  public let generations: GenerationService
  public let deliveries: DeliveryService
  private let tasks: [Task<Void, any Error>]

  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Vendors that outlive routers.
  public struct Vendors: Sendable {
    public let clock = ManualClock()
    public let north: ScriptedVendor
    public let south: ScriptedVendor
    public let door: ScriptedDoor

    public init(_ door: ScriptedDoor = ScriptedDoor()) {
      north = ScriptedVendor("north", clock) { _, order in GenerationWorld.reply(to: order) }
      south = ScriptedVendor("south", clock) { _, order in GenerationWorld.reply(to: order) }
      self.door = door
    }

    /// Work that was delivered, and so is paid for.
    public var bought: Int { (north.works + south.works).count { !$0.isCanceled } }
  }

  public static func reply(to order: WorkOrder) -> ScriptedVendor.Reply {
    .init(.accepts(.succeeded(result(of: order)), after: .seconds(0)))
  }

  /// Of texts three lines, of reviews a good score, of everything else a file.
  public static func result(of order: WorkOrder) -> JobResult {
    switch order.capability {
    case .textGeneration: JobResult(text: "one\ntwo\nthree")
    case .qualityReview: JobResult(text: #"It is fine: {"score": 0.9, "reason": "sharp"}"#)
    default:
      JobResult(artefacts: [Artefact(url: "https://north.example/\(order.token)", contentType: "image/png")])
    }
  }

  public static func catalogue(
    _ ids: [String] = ["north/a", "south/b"], access: [String: Access] = [:]
  ) throws -> Catalogue {
    var price = Price()
    price.perRequest = 0.25
    return try Catalogue(
      providers: ["north", "south"].map { Provider(id: $0, name: $0, access: access[$0]) },
      candidates: ids.enumerated().map { place, id in
        let parts = id.split(separator: "/").map(String.init)
        return Candidate(
          id: id, provider: parts[0], model: parts[1], capabilities: Capability.allCases, price: price,
          priority: place)
      })
  }

  /// Asked every few milliseconds, and can say what became of a submission.
  static let contract = VendorContract(
    poll: PollSchedule(floor: .milliseconds(3), ceiling: .milliseconds(3), growth: 1, jitter: 0),
    lists: true, cancels: true)

  /// - Parameters:
  ///   - access: how providers are called and paid, where that matters.
  ///   - isDead: whether the process is gone: its calls reach nobody then.
  public static func start(
    on ledger: any Ledger, _ vendors: Vendors, access: [String: Access] = [:],
    isDead: @escaping @Sendable () -> Bool = { false }
  ) async throws -> GenerationWorld {
    let router = try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(), catalogue: try catalogue(access: access),
      settings: [("policy", .text("priority")), ("holdout", .number(0))], logger: quiet)
    var settings = DeliveryService.Settings()
    settings.commitPause = .milliseconds(2)
    settings.farewell = .zero
    let deliveries = DeliveryService(
      router: router, door: MortalDoor(door: vendors.door, isDead: isDead), settings: settings, logger: quiet
    ) { Array("{\"job\":\"\($0.job.id)\"}".utf8) }
    var jobSettings = JobSettings()
    jobSettings.commitPause = .milliseconds(5)
    let jobs = try await JobService.start(
      router: router,
      adapters: ScriptedAdapters(
        [vendors.north, vendors.south].map { ScriptedAdapter($0, contract, isDead: isDead) }),
      settings: jobSettings, deliveries: deliveries, logger: quiet)
    let generations = try await GenerationService.start(jobs, logger: quiet) {
      Array("{\"generation\":\"\($0.generation.id)\",\"state\":\"\($0.generation.state)\"}".utf8)
    }
    return GenerationWorld(
      router: router, jobs: jobs, generations: generations, deliveries: deliveries,
      tasks: [
        Task { try await jobs.run() }, Task { try await deliveries.run() },
        Task { try await generations.run() },
      ])
  }

  /// Ends at once, whatever is under way.
  public func abandon() { for task in tasks { task.cancel() } }

  public func stop() async {
    abandon()
    await router.stop()
  }

  public func generation(_ id: Identifier) async throws -> Generation? {
    try await generations.view(id)?.generation
  }

  /// Submits and waits for the end.
  public func done(_ order: GenerationOrder) async throws -> Generation {
    let id = try await generations.submit(order).generation.id
    return try await finish(id)
  }

  public func finish(_ id: Identifier) async throws -> Generation {
    await generations.wait(for: id, atMost: .seconds(30))
    guard let generation = try await generation(id), generation.state.isTerminal else {
      throw Violation(description: "generation \(id) does not come to its end")
    }
    return generation
  }

  // MARK: Killed after every transaction

  /// Kills a router after its first commit, its second and so on, and lets another one go on with what it left.
  ///
  /// - Parameters:
  ///   - ledger: makes an empty one.
  ///   - writesLast: whether the last commit is on disk, and nobody has heard of it.
  ///   - elements: how many jobs the recipe comes to.
  /// - Returns: how many commits there are to be killed after.
  public static func sweep(
    _ recipe: Recipe, _ input: JSONValue, elements: Int, writesLast: Bool,
    on ledger: () throws -> any Ledger
  ) async throws -> Int {
    var commits = 0
    while true {
      let base = try ledger()
      let hasDied = try await killed(
        after: commits, recipe, input, elements: elements, writesLast: writesLast, base)
      try base.close()
      guard hasDied else { return commits }
      commits += 1
      try expect(commits < 200, "it comes to no end")
    }
  }

  private static func killed(
    after commits: Int, _ recipe: Recipe, _ input: JSONValue, elements: Int, writesLast: Bool,
    _ base: any Ledger
  ) async throws -> Bool {
    let vendors = Vendors()
    let dying = FailingLedger(base)
    _ = try base.append(recipe: Sample.version(recipe))
    try base.append(
      secret: SigningSecret(
        id: Sample.id(5), key: Array(repeating: 7, count: SigningSecret.keySize), created: Sample.at()),
      endingOthers: Sample.at())
    let first = try await start(on: dying, vendors, isDead: { dying.isDead })
    dying.stop(after: commits, writesLast: writesLast)
    let order = GenerationOrder(
      capability: recipe.capability, input: input, recipe: recipe.name,
      terms: Generation.Terms(callbackURL: "https://acme.example/done"))
    let taken = try? await first.generations.submit(order).generation.id
    func open() throws -> [Generation] { try base.generations(states: [.running], before: nil, limit: 9) }
    let isOver = try await eventually {
      try dying.isGone || taken != nil && open().isEmpty && isTold(base)
    }
    let what = "\(recipe.name), \(commits) commits, \(writesLast)"
    try expect(isOver, "\(what): it neither dies nor ends")
    let hasDied = dying.isGone
    first.abandon()
    if hasDied {
      let second = try await start(on: base, vendors)
      let ends = try await eventually { try open().isEmpty && isTold(base) }
      if !ends {
        let jobs = try base.jobs(states: nil, before: nil, limit: 99).map {
          "\($0.capability) \($0.state) \($0.attempts.map(\.state)) \($0.blocks)"
        }
        let steps = try open().map { $0.steps.map { "\($0.state) \($0.elements.map(\.state))" } }
        throw Violation(description: "\(what): the next router does not end it: \(steps), \(jobs)")
      }
      await second.stop()
    }
    await first.router.stop()
    try check(base, vendors, isTaken: taken != nil || hasDied && writesLast, elements, what)
    return hasDied
  }

  /// Whether whoever waits for word has got it.
  private static func isTold(_ ledger: any Ledger) throws -> Bool {
    try ledger.deliveries(state: .pending, job: nil, before: nil, limit: 9).isEmpty
  }

  private static func check(
    _ ledger: any Ledger, _ vendors: Vendors, isTaken: Bool, _ elements: Int, _ what: String
  ) throws {
    let generations = try ledger.generations(states: nil, before: nil, limit: 9)
    try expect(generations.count == (isTaken ? 1 : 0), "\(what): \(generations.count) generations")
    let jobs = try ledger.jobs(states: nil, before: nil, limit: 500)
    try expect(jobs.count == (isTaken ? elements : 0), "\(what): \(jobs.count) jobs")
    try expect(vendors.bought == jobs.count, "\(what): bought \(vendors.bought) times")
    for generation in generations {
      try expect(generation.state == .succeeded, "\(what): \(generation.state) \(generation.failure as Any)")
      let places = generation.steps.flatMap(\.elements)
      try expect(Set(places.map(\.job)) == Set(jobs.map(\.id)), "\(what): jobs of nobody")
      try expect(places.allSatisfy { $0.state == .succeeded && $0.result != nil }, what)
      if generation.verdict != nil {
        for element in generation.steps[generation.recipe.result].elements {
          let said = try element.decision.map { try ledger.feedback(about: $0) } ?? []
          let reviews = said.count { $0.submission.id.hasPrefix("review:") }
          try expect(reviews == 1, "\(what): reviewed \(reviews) times")
        }
      }
      let told = try ledger.deliveries(state: nil, job: generation.id, before: nil, limit: 9)
      try expect(told.map(\.event) == ["generation.succeeded"], "\(what): \(told.map(\.event))")
      try expect(told.allSatisfy { $0.state == .delivered }, what)
      try expect(Set(vendors.door.sent.map(\.delivery.id)) == Set(told.map(\.id)), "\(what): told twice")
    }
  }
}

/// A door that a dead process cannot open.
private struct MortalDoor: DeliveryDoor {
  let door: ScriptedDoor
  let isDead: @Sendable () -> Bool

  func checked(_ url: String) throws(DeliveryRefusal) -> String { try door.checked(url) }

  func send(
    _ delivery: Delivery, _ payload: [UInt8], secrets: [SigningSecret], at now: Instant
  ) async -> DeliveryAnswer {
    if isDead() { return DeliveryAnswer(unanswered: "dead") }
    return await door.send(delivery, payload, secrets: secrets, at: now)
  }
}
