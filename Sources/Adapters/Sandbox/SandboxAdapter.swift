public import Jobs
public import Routing
public import Serving
public import Wire

/// The built-in provider that needs no account: small but real files, the same for the same order, after a moment.
///
/// `steady` always delivers. `flaky` is out of order for every third attempt or so, so that failover can be watched;
/// which ones follows from the attempt's token.
public struct SandboxAdapter: Adapter {
  public let provider: String
  let store: any ArtefactStore
  /// How long the work takes.
  let delay: Duration

  public static let steady = "steady"
  public static let flaky = "flaky"

  public init(
    provider: String = "sandbox", store: any ArtefactStore, delay: Duration = .milliseconds(200)
  ) {
    self.provider = provider
    self.store = store
    self.delay = delay
  }

  public func obstacle(for payer: CallerCredential?) -> AdapterObstacle? { nil }

  public func contract(for capability: Capability, model: String) -> VendorContract? {
    guard [Self.steady, Self.flaky].contains(model) else { return nil }
    return VendorContract(submitLimit: .seconds(10), poll: nil)
  }

  public func check(_ order: WorkOrder, for candidate: Candidate) -> FieldErrors? {
    var errors = candidate.limits.faults(of: order)
    if SandboxWork(order).subject.isEmpty {
      errors.append(
        FieldError(pointer: "/prompt", message: "is required: the sandbox makes everything out of it"))
    }
    return errors.isEmpty ? nil : errors
  }

  public func submit(_ order: WorkOrder) async throws(VendorFailure) -> Acceptance {
    let work = try await worked(order)
    var result = JobResult(text: work.text)
    if let file = work.file {
      do {
        result.artefacts = [try await store.keep(file.bytes, contentType: file.contentType)]
      } catch {
        throw VendorFailure(.local, cause: .found, message: "the sandbox's file cannot be stored: \(error)")
      }
    }
    return .finished(VendorReport(.succeeded(result), cost: .zero), usage: work.usage)
  }

  /// Waits, and fails where the model is to fail.
  private func worked(_ order: WorkOrder) async throws(VendorFailure) -> SandboxWork {
    guard contract(for: order.capability, model: order.model) != nil else {
      throw VendorFailure(
        .callerError, httpStatus: 404,
        message: "the sandbox has no model '\(order.model)'; it has steady and flaky")
    }
    do {
      try await Task.sleep(for: delay)
    } catch {
      throw VendorFailure(.local, cause: .found, message: "the work was given up")
    }
    let work = SandboxWork(order)
    if order.model == Self.flaky, work.isUnlucky {
      throw VendorFailure(
        .transient, httpStatus: 503, message: "the sandbox's flaky model is out of order for now")
    }
    return work
  }

  public func stream(
    _ order: WorkOrder
  ) async throws(VendorFailure) -> any AsyncSequence<TextDelta, VendorFailure> & Sendable {
    let work = try await worked(order)
    guard let text = work.text, order.capability == .textGeneration || order.capability == .qualityReview
    else {
      throw VendorFailure(.callerError, cause: .found, message: "the sandbox streams only text")
    }
    return WordSequence(text: text, usage: work.usage)
  }

  // Everything is over when it is submitted.

  public func status(of work: VendorWork) async throws(VendorFailure) -> VendorReport {
    throw VendorFailure(.local, httpStatus: 404, message: "the sandbox keeps no jobs")
  }

  public func cancel(_ work: VendorWork) async throws(VendorFailure) -> CancelAnswer { .alreadyEnded }

  public func reconcile(_ order: WorkOrder, by inquiry: Inquiry, since: Instant) async -> Reconciliation {
    .absent
  }

  public func verify(_ call: WebhookCall, at now: Instant) async throws(WebhookRefusal) -> WebhookNotice {
    throw .notExpected
  }

  public func report(in notice: WebhookNotice, about work: VendorWork) async -> VendorReport? { nil }

  public func cost(of work: VendorWork) async throws(VendorFailure) -> Money? { .zero }

  public func health() async -> VendorFailure? { nil }

  public func discover() async throws(VendorFailure) -> [DiscoveredModel] {
    [Self.steady, Self.flaky].map {
      DiscoveredModel(model: $0, capabilities: Capability.allCases, price: Price())
    }
  }

  public func download(
    _ artefact: Artefact, to descriptor: Int32
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    throw VendorFailure(.local, cause: .found, message: "the sandbox's files are in the store already")
  }
}

/// A text word by word.
struct WordSequence: AsyncSequence, Sendable {
  typealias Element = TextDelta
  typealias Failure = VendorFailure

  let text: String
  let usage: TokenUsage?

  func makeAsyncIterator() -> Iterator {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    return Iterator(
      rest: words.enumerated().map { $0.offset == 0 ? String($0.element) : " " + $0.element }.reversed(),
      usage: usage)
  }

  struct Iterator: AsyncIteratorProtocol {
    var rest: [String]
    var usage: TokenUsage?
    var isOver = false

    mutating func next() async throws(VendorFailure) -> TextDelta? { try await next(isolation: nil) }

    mutating func next(isolation actor: isolated (any Actor)?) async throws(VendorFailure) -> TextDelta? {
      if let word = rest.popLast() { return TextDelta(text: word) }
      guard !isOver else { return nil }
      isOver = true
      return TextDelta(text: "", finish: "stop", usage: usage)
    }
  }
}
