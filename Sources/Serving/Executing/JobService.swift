public import Jobs
public import Logging
public import Routing
public import ServiceLifecycle

/// Does the work that decisions ask for: drives jobs through the adapters of their candidates.
public final class JobService: Sendable {
  public let router: RoutingService
  public let settings: JobSettings
  /// Attempts that speak against a provider, for the health monitor. One reader; the latest 256 wait for it.
  public let failures: AsyncStream<ProviderFailure>

  init(router: RoutingService, settings: JobSettings) {
    self.router = router
    self.settings = settings
    failures = AsyncStream { _ in }
  }

  /// Reads every unfinished job, restores what they occupy, and goes on with each where it was.
  ///
  /// - Parameters:
  ///   - artefacts: where results are copied to; nil leaves them at their vendors' addresses.
  ///   - seed: of the jitter and of the half-open circuits' draws.
  public static func start(
    router: RoutingService, adapters: any AdapterSource, settings: JobSettings = JobSettings(),
    artefacts: (any ArtefactIntake)? = nil, seed: UInt64 = .random(in: .min ... .max), logger: Logger
  ) async throws -> JobService { fatalError("to come") }

  /// Takes a job in. On return it is durable, with its decision, its input and the answer to keep, in one transaction.
  ///
  /// - Parameter keep: makes an answer to be remembered under the caller's key.
  /// - Throws: ``JobRefusal``, ``NoEligibleCandidate``, ``ServiceError``: nothing was recorded and nothing spent.
  public func submit(_ order: JobOrder, keep: (@Sendable (JobView) -> Answer)? = nil) async throws -> JobView {
    fatalError("to come")
  }

  /// How a job stands; nil for one that nobody knows.
  public func view(_ id: Identifier) async throws -> JobView? { fatalError("to come") }

  /// The latest first, by id.
  public func list(
    states: Set<JobState>? = nil, before: Identifier? = nil, limit: Int
  ) async throws -> [JobView] { fatalError("to come") }

  /// Asks for a job's end. It may take a while where a vendor must be asked; one that is over stays as it is.
  public func cancel(_ id: Identifier) async throws -> JobView? { fatalError("to come") }

  /// Waits until a job is over, at most so long; then as it stands.
  public func wait(for id: Identifier, atMost limit: Span) async throws -> JobView? { fatalError("to come") }

  /// What happened to a job after an entry's number, then what happens, until it is over; nil for an unknown job.
  public func events(
    of id: Identifier, after number: Int = 0
  ) async throws -> AsyncThrowingStream<JobLogEntry, any Error>? { fatalError("to come") }

  /// Takes in a call to `/webhooks/<provider>`; what it says is durable before this returns.
  ///
  /// - Parameter token: of the URL's query, ``Job/token(_:)``.
  public func receive(
    _ call: WebhookCall, from provider: String, token: String?
  ) async -> WebhookAnswer { fatalError("to come") }

  /// Goes over to a new catalogue: jobs at the vendors keep their places.
  public func adopt(adapters: any AdapterSource, catalogue: Catalogue) async { fatalError("to come") }

  /// Every provider of the catalogue, by id.
  public func providers() async -> [ProviderView] { fatalError("to come") }

  /// What the health monitor has found.
  public func note(health state: ProviderHealth.State, of provider: String) async { fatalError("to come") }
}

extension JobService: Service {
  /// Keeps the time until shutdown begins: wakes jobs when they are due.
  public func run() async throws { fatalError("to come") }
}
