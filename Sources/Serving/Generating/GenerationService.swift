import Jobs
public import Logging
import Recipes
public import Routing
public import ServiceLifecycle

/// Carries out recipes: lets things happen to generations, to each in a row, and drives the jobs of their steps.
///
/// A change is stored, and only then its jobs begin. A job's id follows from its place in the generation, and so what a
/// stop leaves undone is found again: a job that the ledger has is awaited, one that it has not is submitted.
public actor GenerationService {
  public nonisolated let book: RecipeBook
  nonisolated let jobs: JobService
  nonisolated let artefacts: (any ArtefactReading)?
  nonisolated let logger: Logger
  private nonisolated let payload: @Sendable (GenerationView) throws -> [UInt8]

  var live: [Identifier: LiveGeneration] = [:]
  private var lastNumber = 0
  private var isStopping = false

  nonisolated var router: RoutingService { jobs.router }
  private nonisolated var now: Instant { router.clock.now }

  private init(
    _ jobs: JobService, _ artefacts: (any ArtefactReading)?, _ logger: Logger,
    _ payload: @escaping @Sendable (GenerationView) throws -> [UInt8]
  ) {
    self.jobs = jobs
    self.artefacts = artefacts
    self.logger = logger
    self.payload = payload
    book = RecipeBook(jobs.router.ledger, clock: jobs.router.clock)
  }

  /// Goes on with every generation that is not over.
  ///
  /// - Parameters:
  ///   - artefacts: where results lie whose addresses nobody outside can reach: a vendor is sent the file itself.
  ///   - payload: makes what is sent to a customer of a generation that has ended.
  public static func start(
    _ jobs: JobService, artefacts: (any ArtefactReading)? = nil, logger: Logger,
    payload: @escaping @Sendable (GenerationView) throws -> [UInt8]
  ) async throws -> GenerationService {
    let service = GenerationService(jobs, artefacts, logger, payload)
    try await service.recover()
    return service
  }

  private func recover() throws {
    var unfinished: [Generation] = []
    try router.ledger.unfinishedGenerations { unfinished.append($0) }
    for generation in unfinished {
      live[generation.id] = LiveGeneration(generation)
      for place in generation.running { pursue(place, of: generation.id) }
    }
  }

  // MARK: Taking in

  /// Takes a generation in. On return it is durable, with the answer to keep, and its first jobs begin.
  ///
  /// - Parameter keep: makes an answer to be remembered under the caller's key.
  /// - Throws: ``GenerationRefusal``, ``ServiceError``: nothing was recorded and nothing spent.
  public func submit(
    _ order: GenerationOrder, keep: (@Sendable (GenerationView) -> Answer)? = nil
  ) async throws -> GenerationView {
    guard !isStopping else { throw ServiceError.stopped }
    let version = try recipe(for: order)
    if let errors = version.recipe.faults(of: order.input) { throw GenerationRefusal.input(errors) }
    let now = now
    var order = order
    order.terms.callbackURL = try order.terms.callbackURL.map { try callback($0, of: order.terms.tenant) }
    do { try jobs.checkCredentials(order.credentials) } catch {
      throw GenerationRefusal.credential("\(error)")
    }
    order.terms.ownKeys = order.credentials.keys.sorted()
    let time = order.time ?? GenerationService.time(for: version.recipe, jobs.settings)
    let generation: Generation
    do {
      generation = try Generation(
        id: router.mintIdentifier(), recipe: version.recipe, version: version.version, request: order.input,
        intent: order.intent, terms: order.terms, created: now, deadline: now + time)
    } catch {
      throw GenerationRefusal.start(error)
    }
    for place in generation.running { try checkInput(of: generation, at: place) }
    try await checkFunds(of: generation, order.credentials, at: now)
    let view = GenerationView(generation, links: jobs.links)
    var batch = LedgerBatch()
    batch.generations = [GenerationChange(generation, before: nil)]
    if let keep { batch.answers = [keep(view)] }
    // Where every step is left out there is nothing to wait for.
    if generation.state.isTerminal, let delivery = try delivery(of: generation) {
      batch.deliveries = [delivery]
    }
    do {
      _ = try await router.recorder.commit(batch)
    } catch {
      // The disk may have it all the same.
      guard try router.ledger.generation(generation.id) == generation else { throw error }
    }
    live[generation.id] = LiveGeneration(generation, credentials: order.credentials)
    for place in generation.running { pursue(place, of: generation.id) }
    if generation.state.isTerminal { finish(generation) }
    return view
  }

  private nonisolated func recipe(for order: GenerationOrder) throws -> RecipeVersion {
    guard let wanted = order.recipe else { return try book.serving(order.capability) }
    guard let version = try book.recipe(wanted) else {
      throw GenerationRefusal.recipe("there is no recipe '\(wanted)'; GET /v1/recipes lists them")
    }
    guard version.recipe.capability == order.capability else {
      throw GenerationRefusal.recipe(
        "recipe '\(wanted)' serves \(version.recipe.capability), not \(order.capability)")
    }
    return version
  }

  private nonisolated func callback(_ url: String, of tenant: String?) throws -> String {
    guard let deliveries = jobs.deliveries else {
      throw GenerationRefusal.callback("this router makes no callbacks")
    }
    do {
      return try deliveries.checked(url, of: tenant)
    } catch let refusal as DeliveryRefusal {
      throw GenerationRefusal.callback("\(refusal)")
    }
  }

  /// What every step may take by itself, one after the other.
  static func time(for recipe: Recipe, _ settings: JobSettings) -> Span {
    recipe.steps.reduce(.seconds(0)) {
      Span(microseconds: $0.microseconds + settings.budget(for: $1.capability).microseconds)
    }
  }

  // MARK: One generation, one thing after another

  /// Lets an event happen, and returns when it is durable. Our own are tried until they are; who waits outside hears of
  /// a disk that is full.
  ///
  /// - Throws: ``ServiceError`` when it could not be stored; then it has not happened.
  func tell(_ event: GenerationEvent, to id: Identifier, isOurs: Bool) async throws {
    await turn(of: id)
    defer { pass(id) }
    while let before = live[id]?.generation {
      var generation = before
      let transition = generation.apply(event, at: now)
      guard transition.changed else { return }
      do {
        try await commit(generation, before: before)
      } catch {
        if try router.ledger.generation(id) != generation {
          guard isOurs, !isStopping, error as? ServiceError != .stopped else { throw error }
          try await Task.sleep(for: .microseconds(jobs.settings.commitPause.microseconds))
          continue
        }
      }
      live[id]?.generation = generation
      for place in transition.begun { pursue(place, of: id) }
      for place in transition.stopped { callOff(before[place].job) }
      if generation.state.isTerminal { finish(generation) }
      return
    }
  }

  private func commit(_ generation: Generation, before: Generation) async throws {
    var batch = LedgerBatch()
    batch.generations = [GenerationChange(generation, before: before.revision)]
    if before.verdict == nil { batch.judgements = ReviewSignals.submissions(of: generation, at: now) }
    if generation.state.isTerminal, let delivery = try delivery(of: generation) {
      batch.deliveries = [delivery]
    }
    for case .rejected(let reason) in try await router.recorder.commit(batch) {
      logger.warning("a verdict was refused", metadata: ["id": "\(generation.id)", "reason": "\(reason)"])
    }
  }

  /// Who is to be told of the end, in the same transaction.
  private func delivery(of generation: Generation) throws -> DeliveryChange? {
    guard let url = generation.terms.callbackURL else { return nil }
    guard let deliveries = jobs.deliveries else {
      logger.error(
        "nobody makes callbacks here, and a generation wants one", metadata: ["id": "\(generation.id)"])
      return nil
    }
    let delivery = Delivery(
      id: deliveries.mint(), job: generation.id, tenant: generation.terms.tenant,
      event: "generation.\(generation.state.rawValue)", url: url, created: now)
    return DeliveryChange(
      delivery, before: nil, payload: try payload(GenerationView(generation, links: jobs.links)))
  }

  private func finish(_ generation: Generation) {
    if generation.terms.callbackURL != nil { jobs.deliveries?.ring() }
    let waiters = live[generation.id]?.waiters ?? [:]
    live[generation.id]?.waiters = [:]
    for waiter in waiters.values { waiter.resume() }
    // Somebody may stand in the queue still; the last one to leave forgets it.
    if live[generation.id]?.queue.isEmpty == true { live[generation.id] = nil }
  }

  /// Waits for one's turn at a generation.
  private func turn(of id: Identifier) async {
    guard live[id]?.isBusy == true else {
      live[id]?.isBusy = true
      return
    }
    await withCheckedContinuation { live[id]?.queue.append($0) }
  }

  private func pass(_ id: Identifier) {
    guard live[id]?.queue.isEmpty == false else {
      live[id]?.isBusy = false
      if live[id]?.generation.state.isTerminal == true { live[id] = nil }
      return
    }
    live[id]?.queue.removeFirst().resume()
  }

  // MARK: Looking on

  /// Waits until a generation is over, its time is up or the task is cancelled.
  public func wait(for id: Identifier, atMost limit: Duration) async {
    guard live[id] != nil else { return }
    lastNumber += 1
    let number = lastNumber
    let timer = Task {
      try? await Task.sleep(for: limit)
      self.stopWaiting(for: id, number)
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        guard !Task.isCancelled, live[id] != nil, !isStopping else {
          continuation.resume()
          return
        }
        live[id]?.waiters[number] = continuation
      }
    } onCancel: {
      Task { await self.stopWaiting(for: id, number) }
    }
    timer.cancel()
  }

  private func stopWaiting(for id: Identifier, _ number: Int) {
    live[id]?.waiters.removeValue(forKey: number)?.resume()
  }

  func pursue(_ place: ElementPlace, of id: Identifier) {
    guard !isStopping else { return }
    live[id]?.pursuits[place] = Task { await self.follow(place, of: id) }
  }

  func current(_ id: Identifier) -> Generation? { live[id]?.generation }

  /// The caller's own keys; none after a restart.
  func credentials(of id: Identifier) -> [String: CallerCredential] { live[id]?.credentials ?? [:] }

  private func stop() {
    isStopping = true
    for slot in live.values {
      for task in slot.pursuits.values { task.cancel() }
      for waiter in slot.waiters.values { waiter.resume() }
    }
    for id in live.keys { live[id]?.waiters = [:] }
  }
}

extension GenerationService: Service {
  /// Until shutdown begins. What is under way then is gone on with at the next start.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: .seconds(3_600))) != nil {}
    }
    stop()
  }
}

/// A generation in memory: all that are not over.
struct LiveGeneration {
  /// As it is stored.
  var generation: Generation
  /// Whether an event is being stored, and who waits to come next.
  var isBusy = false
  var queue: [CheckedContinuation<Void, Never>] = []
  var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
  var pursuits: [ElementPlace: Task<Void, Never>] = [:]
  /// The caller's own keys, by provider: nowhere but here, and with the jobs that it has begun.
  let credentials: [String: CallerCredential]

  init(_ generation: Generation, credentials: [String: CallerCredential] = [:]) {
    self.generation = generation
    self.credentials = credentials
  }
}
