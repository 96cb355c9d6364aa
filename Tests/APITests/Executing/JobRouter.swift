import API
import Embedding
import HTTPTypes
import Hummingbird
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// A router that does the work itself, at vendors that follow scripts, behind a real socket. It lives in real time; the
/// vendors live by a clock that the test moves, so that work ends when the test says so.
struct JobRouter: Sendable {
  let router: TestRouter
  let jobs: JobService
  let north: ScriptedVendor
  let south: ScriptedVendor
  let vendorClock: ManualClock
  /// Endpoints with `broken` in their address fail twice, which makes a dead letter here.
  let door: ScriptedDoor
  /// What its API was made of.
  let parts: RouterParts

  /// Asked every 20 ms, so that a test does not wait for what the vendor knows.
  static let polled = VendorContract(
    poll: PollSchedule(floor: .milliseconds(20), ceiling: .milliseconds(20), growth: 1, jitter: 0),
    cancels: true)
  /// Not asked within a test's time.
  static let silent = VendorContract(
    poll: PollSchedule(floor: .minutes(10), ceiling: .minutes(10), growth: 1, jitter: 0))

  static let catalogue: Catalogue = {
    func candidate(_ id: String, priority: Int) -> Candidate {
      let parts = id.split(separator: "/").map(String.init)
      var price = Price()
      price.perRequest = 0.25
      var candidate = Candidate(
        id: id, provider: parts[0], model: parts[1], capabilities: [.textGeneration, .imageGeneration],
        price: price, priority: priority)
      candidate.limits.maximumWidth = 2_048
      candidate.limits.maximumInputTokens = 1_000
      return candidate
    }
    // Valid by construction.
    return try! Catalogue(
      providers: [
        Provider(id: "north", name: "North", access: Access(credential: "NORTH_KEY", concurrency: 4)),
        Provider(id: "south", name: "South", kind: .local), Provider(id: "west", name: "West"),
      ],
      candidates: [
        candidate("north/a", priority: 1), candidate("south/b", priority: 2),
        candidate("west/c", priority: 3),
      ])
  }()

  /// `north/a` is chosen, `south/b` is next; `west` has no adapter.
  static func run<Result: Sendable>(
    on ledger: any Ledger = MemoryLedger(), contract: VendorContract = polled,
    limits: RequestLimits = RequestLimits(), heartbeat: Duration = .seconds(15),
    strangerPauses: [Span] = [.milliseconds(10)],
    requiresLinks: Bool = false,
    _ body: @escaping @Sendable (JobRouter) async throws -> Result
  ) async throws -> Result {
    let clock = ManualClock()
    let service = try await RoutingService.start(
      on: ledger, embedder: HashingEmbedding(), catalogue: catalogue,
      settings: [("policy", .text("priority")), ("holdout", .number(0))],
      mint: IdentifierMint(seed: 7), logger: TestRouter.quiet)
    do {
      let north = ScriptedVendor("north", clock)
      let south = ScriptedVendor("south", clock)
      let door = ScriptedDoor { delivery, number in
        delivery.url.contains("broken") && number <= 2
          ? DeliveryAnswer(status: 500, excerpt: "out of order") : DeliveryAnswer(status: 204)
      }
      var deliverySettings = DeliveryService.Settings()
      deliverySettings.schedule = DeliverySchedule(attempts: 2, base: .milliseconds(10))
      let deliveries = DeliveryService(
        router: service, door: door, settings: deliverySettings, seed: 7, logger: TestRouter.quiet
      ) { try JobNotice.bytes($0, service) }
      var settings = JobSettings(publicBase: "https://router.example")
      settings.strangerPauses = strangerPauses
      let book = ledger as? any ArtefactLedger & CacheLedger ?? MemoryLedger()
      let register = ArtefactRegister(
        TestSupport.MemoryArtefacts(), ledger: book, clock: service.clock, logger: TestRouter.quiet)
      let links = try ArtefactLinks(
        ledger: book, isRequired: requiresLinks, clock: service.clock, mint: { service.mintIdentifier() },
        life: { .hours(1) })
      let cache = try ResponseCache(
        ledger: book, embedder: service.embedder, artefacts: register, clock: service.clock,
        logger: TestRouter.quiet)
      let jobs = try await JobService.start(
        router: service,
        adapters: ScriptedAdapters(
          [ScriptedAdapter(north, contract), ScriptedAdapter(south, contract)],
          gaps: ["west": "no declaration is called 'west'"]),
        settings: settings, deliveries: deliveries, links: links, cache: cache, seed: 7,
        logger: TestRouter.quiet)
      let generations = try await GenerationService.start(jobs, logger: TestRouter.quiet) {
        GenerationNotice.bytes($0)
      }
      let parts = RouterParts(
        jobs: jobs, generations: generations,
        artefacts: MemoryArtefacts(["a.png": ("image/png", Array("0123456789".utf8))]),
        register: register, links: links,
        catalogueIntake: CatalogueRoutesTests.intake, heartbeat: heartbeat)
      let result = try await LiveServer.run({
        RouterAPI.application(
          service, parts: parts, host: "127.0.0.1", port: 0, limits: limits, logger: TestRouter.quiet,
          onListening: $0)
      }) { client in
        try await body(
          JobRouter(
            router: TestRouter(client: client, service: service, clock: clock), jobs: jobs, north: north,
            south: south, vendorClock: clock, door: door, parts: parts))
      }
      await service.stop()
      return result
    } catch {
      await service.stop()
      throw error
    }
  }

  static func body(_ prompt: String = "a fox", _ more: [JSONValue.Member] = []) -> JSONValue {
    .object(
      [
        .init("capability", "text_generation"),
        .init("input", .object([.init("prompt", .string(prompt))])),
      ] + more)
  }

  func post(_ body: JSONValue = body(), _ headers: HTTPFields = [:]) async throws -> Reply {
    try await router.send(.post, "/v1/jobs", body: body.serialized(), headers: headers)
  }

  /// Takes a job in and gives its id.
  func job(_ body: JSONValue = body()) async throws -> String {
    let reply = try await post(body)
    try #require(reply.status == 202, "\(reply.text)")
    return try #require(reply.json.text("/id"))
  }

  func get(_ path: String, _ headers: HTTPFields = [:]) async throws -> Reply {
    try await router.send(.get, path, headers: headers)
  }

  /// The job when it is over.
  func done(_ id: String) async throws -> Reply {
    let reply = try await get("/v1/jobs/\(id)", [HTTPField.Name("Prefer")!: "wait=60"])
    try #require(reply.status == 200 && reply["/ended_at"] != .null, "\(reply.text)")
    return reply
  }

  /// Waits until a job is in a state.
  func reaches(_ state: String, _ id: String) async throws -> Bool {
    try await eventually { try await get("/v1/jobs/\(id)").json.text("/state") == state }
  }

  /// Takes a job in whose end is told to an address, and waits until its delivery is in a state.
  func delivery(to url: String, reaching state: DeliveryState) async throws -> Identifier {
    let id = try await job(JobRouter.body("a fox", [.init("callback_url", .string(url))]))
    _ = try await done(id)
    let job = try #require(Identifier(id))
    func found() throws -> Delivery? {
      try router.service.ledger.deliveries(state: state, job: job, before: nil, limit: 1).first
    }
    try #require(try await eventually { try found() != nil })
    return try #require(try found()).id
  }

  /// The vendor takes the work and does it when its clock has moved on by a minute.
  static let slow = ScriptedVendor.Reply(.accepts(.succeeded(.sample), after: .minutes(1)))
  static let broken = ScriptedVendor.Reply(.fails(VendorFailure(httpStatus: 500, message: "out of order")))
}

extension HTTPField.Name {
  static let prefer = HTTPField.Name("Prefer")!
  static let preferenceApplied = HTTPField.Name("Preference-Applied")!
  static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
  static let idempotentReplay = HTTPField.Name("Idempotent-Replay")!
  static let lastEventID = HTTPField.Name("Last-Event-ID")!
  static let signature = HTTPField.Name("X-Signature")!
}
