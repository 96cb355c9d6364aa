import Jobs
import Routing
import Serving
import Synchronization
import Wire

/// An adapter that can only say how it is and what it lists.
final class HealthStub: Adapter {
  let provider: String
  let isOwnService: Bool
  private let missing: String?
  private let answer: @Sendable (Int) async -> VendorFailure?
  private let models: [DiscoveredModel]?
  private let count = Mutex(0)

  /// How often it was asked.
  var asked: Int { count.withLock { $0 } }

  /// - Parameters:
  ///   - missing: the variable of a credential that is not there.
  ///   - models: nil for a list that cannot be had.
  ///   - answer: to the n-th question, from 1.
  init(
    _ provider: String, missing: String? = nil, isOwnService: Bool = false, models: [DiscoveredModel]? = [],
    answer: @escaping @Sendable (Int) async -> VendorFailure? = { _ in nil }
  ) {
    self.provider = provider
    self.missing = missing
    self.models = models
    self.isOwnService = isOwnService
    self.answer = answer
  }

  func health() async -> VendorFailure? {
    await answer(
      count.withLock { count in
        count += 1
        return count
      })
  }

  func obstacle(for payer: CallerCredential?) -> AdapterObstacle? {
    missing.map { .missingCredential(provider: provider, variable: $0) }
  }

  private static let nothing = VendorFailure(.local, cause: .found, message: "only health is asked here")

  func contract(for capability: Capability, model: String) -> VendorContract? { nil }
  func check(_ order: WorkOrder, for candidate: Candidate) -> FieldErrors? { nil }
  func submit(_ order: WorkOrder) async throws(VendorFailure) -> Acceptance { throw Self.nothing }
  func status(of work: VendorWork) async throws(VendorFailure) -> VendorReport { throw Self.nothing }
  func cancel(_ work: VendorWork) async throws(VendorFailure) -> CancelAnswer { throw Self.nothing }
  func reconcile(_ order: WorkOrder, by inquiry: Inquiry, since: Instant) async -> Reconciliation { .absent }
  func verify(_ call: WebhookCall, at now: Instant) async throws(WebhookRefusal) -> WebhookNotice {
    throw .notExpected
  }
  func report(in notice: WebhookNotice, about work: VendorWork) async -> VendorReport? { nil }
  func cost(of work: VendorWork) async throws(VendorFailure) -> Money? { nil }
  func discover() async throws(VendorFailure) -> [DiscoveredModel] {
    guard let models else { throw Self.nothing }
    return models
  }
  func stream(
    _ order: WorkOrder
  ) async throws(VendorFailure) -> any AsyncSequence<TextDelta, VendorFailure> & Sendable {
    throw Self.nothing
  }
  func download(
    _ artefact: Artefact, to descriptor: Int32
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) { throw Self.nothing }
}
