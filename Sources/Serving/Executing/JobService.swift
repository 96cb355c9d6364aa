import Credits
import Crypto
public import Jobs
public import Logging
public import Routing
public import ServiceLifecycle

/// Does the work that decisions ask for: drives jobs through the adapters of their candidates.
///
/// Time passes only while ``run()`` does: without it nothing is polled, retried or given up.
public final class JobService: Sendable {
  public let router: RoutingService
  public let settings: JobSettings
  /// Attempts that speak against a provider, for the health monitor. One reader; the latest 256 wait for it.
  public let failures: AsyncStream<ProviderFailure>
  /// Nil for a router that tells nobody.
  public let deliveries: DeliveryService?
  /// Signs the addresses of artefacts that callers are shown; nil shows them plain.
  public let links: ArtefactLinks?
  /// Nil for a router that remembers no results.
  public let cache: ResponseCache?
  public let credits: CreditService
  let dispatcher: Dispatcher
  let strangers = WebhookStrangers()

  init(
    router: RoutingService, settings: JobSettings, dispatcher: Dispatcher,
    failures: AsyncStream<ProviderFailure>, deliveries: DeliveryService?, links: ArtefactLinks? = nil,
    cache: ResponseCache? = nil, credits: CreditService
  ) {
    self.cache = cache
    self.links = links
    self.router = router
    self.settings = settings
    self.dispatcher = dispatcher
    self.failures = failures
    self.deliveries = deliveries
    self.credits = credits
  }

  /// Reads every unfinished job, restores what they occupy, and goes on with each where it was.
  ///
  /// - Parameters:
  ///   - artefacts: where results are copied to; nil leaves them at their vendors' addresses.
  ///   - deliveries: who tells customers how their jobs ended; to be run beside the jobs.
  ///   - credits: the books; nil to read them from the router's ledger.
  ///   - seed: of the jitter and of the half-open circuits' draws.
  public static func start(
    router: RoutingService, adapters: any AdapterSource, settings: JobSettings = JobSettings(),
    artefacts: (any ArtefactIntake)? = nil, deliveries: DeliveryService? = nil, links: ArtefactLinks? = nil,
    cache: ResponseCache? = nil, credits: CreditService? = nil,
    seed: UInt64 = .random(in: .min ... .max), logger: Logger
  ) async throws -> JobService {
    let (failures, doubts) = AsyncStream<ProviderFailure>.makeStream(
      bufferingPolicy: .bufferingNewest(256))
    let credits = try credits ?? CreditService(router)
    let dispatcher = Dispatcher(
      router: router, adapters: adapters, catalogue: await router.keeper.pending.catalogue.value,
      settings: settings, artefacts: artefacts, deliveries: deliveries, cache: cache, credits: credits,
      seed: seed,
      logger: logger,
      doubts: doubts)
    try await dispatcher.recover()
    return JobService(
      router: router, settings: settings, dispatcher: dispatcher, failures: failures, deliveries: deliveries,
      links: links, cache: cache, credits: credits)
  }

  /// Takes a job in. On return it is durable, with its decision, its input and the answer to keep, in one transaction.
  ///
  /// - Parameters:
  ///   - id: of the job; a new one unless its caller must know it before. One that is taken is refused.
  ///   - keep: makes an answer to be remembered under the caller's key.
  /// - Throws: ``JobRefusal``, ``NoEligibleCandidate``, ``ServiceError``: nothing was recorded and nothing spent.
  public func submit(
    _ order: JobOrder, id: Identifier? = nil, keep: (@Sendable (JobView) -> Answer)? = nil
  ) async throws -> JobView {
    let now = router.clock.now
    let budget = order.budget ?? settings.budget(for: order.intent.capability)
    guard budget > .seconds(0) else {
      throw JobRefusal.budget("a job's time must be more than 0, got \(budget)")
    }
    let address = try order.callbackURL.map { try callback($0, of: order.tenant) }
    if let view = try await answer(order, to: address, at: now, budget: budget, keep: keep) { return view }
    try checkCredentials(order.credentials)
    let (drawn, plan) = try await draw(order, at: now, deadline: now + budget)
    let decision = drawn.answered.decision
    let job = try Job(
      id: id ?? router.mintIdentifier(), decision: decision.id, capability: order.intent.capability,
      input: JobService.reference(to: order.inputJSON), plan: plan, created: now, budget: budget,
      priority: order.priority, tenant: order.tenant, callbackURL: address,
      fallbackOnModeration: order.fallbackOnModeration, maximumAttempts: order.maximumAttempts,
      copiesArtefacts: dispatcher.artefacts != nil,
      cacheTicket: cache == nil ? nil : order.cache.map { CacheTicket(order, $0) },
      apiKey: order.apiKey?.id, isBilled: credits.isBilled(order.tenant))
    let held = try hold(job, for: order, at: now)
    var batch = LedgerBatch()
    batch.credits = held.map { [$0] } ?? []
    batch.decisions = [decision]
    batch.embeddings = [drawn.embedding]
    let wait = drawn.opens.flatMap { $0 > now ? $0 - now : nil }
    let stored: Job
    do {
      stored = try await dispatcher.take(
        job, order.input, bytes: order.inputJSON, batch, credentials: order.credentials,
        keep: keep.map { [links] keep in
          { keep(JobView(job: $0, decision: decision, retryAfter: wait, links: links)) }
        })
    } catch {
      credits.release(held)
      throw error
    }
    return JobView(
      job: stored, decision: decision, retryAfter: wait,
      queuedAhead: await dispatcher.queuedAhead(of: job.id), links: links)
  }

  private func callback(_ url: String, of tenant: String?) throws -> String {
    guard let deliveries else { throw JobRefusal.callback("this router makes no callbacks") }
    do {
      return try deliveries.checked(url, of: tenant)
    } catch let refusal as DeliveryRefusal {
      throw JobRefusal.callback("\(refusal)")
    }
  }

  /// Decides among those who can be given the order, and makes the plan of what was decided.
  func draw(
    _ order: JobOrder, at now: Instant, deadline: Instant
  ) async throws -> (drawn: Drawn, plan: [PlannedCandidate]) {
    // An epoch that closes in between may bring a choice that was not looked at; the next look sees it.
    for _ in 0..<3 {
      let roster = router.snapshot[order.intent.capability].roster
      let eligible = roster.eligible(for: order.intent).positions.map { roster.candidates[$0] }
      let planning = JobPlanning(
        order, eligible, await dispatcher.terms(of: eligible), now: now, deadline: deadline)
      if let errors = planning.inputFaults { throw JobRefusal.input(errors) }
      let drawn = try await router.draw(
        order.intent, embedding: order.embedding, unable: planning.unable, tenant: order.tenant)
      let plan = planning.plan(
        drawn.order, Dictionary(uniqueKeysWithValues: eligible.map { ($0.id, $0) }),
        work: order.intent.assumedWork)
      if let first = plan.first, first.candidate == drawn.order.first { return (drawn, plan) }
    }
    throw JobRefusal.changing
  }

  /// The same input is kept once, whoever sends it.
  static func reference(to bytes: [UInt8]) -> JobInput {
    let digits = Array("0123456789abcdef")
    let digest = SHA256.hash(data: bytes)
    let text = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return JobInput(reference: "sha256:" + String(text), byteCount: bytes.count)
  }

  /// Goes over to a new catalogue: jobs at the vendors keep their places.
  public func adopt(adapters: any AdapterSource, catalogue: Catalogue) async {
    await dispatcher.adopt(adapters, catalogue)
  }

  /// Every provider of the catalogue, by id.
  public func providers() async -> [ProviderView] {
    await dispatcher.providers().map { view in
      var view = view
      view.droppedWebhooks = strangers.dropped(from: view.provider)
      return view
    }
  }

  /// What a check of a provider came to. Told after every check, and not only when the state has
  /// changed: a good one opens what a refused credential had shut, a refused one confirms it.
  public func note(check: ProviderHealth.Check, of provider: String) async {
    await dispatcher.note(check: check, of: provider)
  }

  /// A provider's health has changed.
  public func note(health state: ProviderHealth.State, of provider: String) async {
    await dispatcher.note(state, of: provider)
  }
}

extension JobService: Service {
  /// Keeps the time until shutdown begins: wakes jobs when they are due.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [dispatcher] in await dispatcher.keepTime() }
  }
}
