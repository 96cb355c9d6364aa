public import Jobs
public import Routing
public import Serving
import Synchronization
public import Wire

/// A vendor's own side of the work: what it was asked, what it has, and how it will end. It goes on when the router
/// stops, and remembers every submission, so that a test can count them.
public final class ScriptedVendor: Sendable {
  /// What becomes of a submission.
  public enum Answer: Sendable {
    /// The answer is the finished work.
    case delivers(JobResult, cost: Money?)
    case fails(VendorFailure)
    /// The vendor takes it at once, and it ends like this after a while, whenever the answer comes.
    case accepts(VendorStatus, after: Span)
    /// The vendor takes it, and the answer is lost on its way.
    case losesAnswer(VendorStatus, after: Span)
    /// The submission itself is lost, and the caller cannot know.
    case losesSubmission
  }

  public struct Reply: Sendable {
    public var answer: Answer
    /// By the vendor's clock, before it answers.
    public var delay: Span
    /// How long after the end each webhook comes; none unless said.
    public var webhooks: [Span]

    public init(_ answer: Answer, delay: Span = .seconds(0), webhooks: [Span] = []) {
      self.answer = answer
      self.delay = delay
      self.webhooks = webhooks
    }
  }

  /// A job as the vendor has it.
  public struct Work: Sendable {
    public var id: String
    public var token: String
    public var finishes: Instant
    public var ending: VendorStatus
    public var isCanceled = false
    public var polls = 0
  }

  public struct Webhook: Sendable {
    public var at: Instant
    public var call: WebhookCall
    public var token: String?
  }

  private struct State {
    var script: @Sendable (Int, WorkOrder) -> Reply
    var works: [String: Work] = [:]
    var orders: [WorkOrder] = []
    var webhooks: [Webhook] = []
    var statusFailures: [VendorFailure] = []
    var cancelFailures: [VendorFailure] = []
    var cancels: [String] = []
    var downloads = 0
    var downloadFailures: [VendorFailure] = []
    var listing = 0
    var faults: FieldErrors?
    var obstacle: AdapterObstacle?
    var credentials: [CallerCredential?] = []
  }

  public let provider: String
  let clock: ManualClock
  private let state: Mutex<State>

  /// - Parameter script: the reply to the n-th submission, from 0; one text at once unless said otherwise.
  public init(
    _ provider: String, _ clock: ManualClock,
    script: @escaping @Sendable (Int, WorkOrder) -> Reply = { _, _ in Reply(.delivers(.sample, cost: nil)) }
  ) {
    self.provider = provider
    self.clock = clock
    state = Mutex(State(script: script))
  }

  public func follow(_ script: @escaping @Sendable (Int, WorkOrder) -> Reply) {
    state.withLock { $0.script = script }
  }

  public func reply(_ reply: Reply) { follow { _, _ in reply } }

  /// Every order that was submitted, in order.
  public var orders: [WorkOrder] { state.withLock { $0.orders } }
  public var tokens: [String] { orders.map(\.token) }
  public var works: [Work] { state.withLock { $0.works.values.sorted { $0.id < $1.id } } }
  public var cancels: [String] { state.withLock { $0.cancels } }
  public var downloads: Int { state.withLock { $0.downloads } }
  /// How often somebody asked what became of a submission.
  public var inquiries: Int { state.withLock { $0.listing } }

  public func failStatus(_ failures: VendorFailure...) {
    state.withLock { $0.statusFailures += failures }
  }
  public func failCancel(_ failures: VendorFailure...) {
    state.withLock { $0.cancelFailures += failures }
  }
  public func failDownload(_ failures: VendorFailure...) {
    state.withLock { $0.downloadFailures += failures }
  }
  public func refuse(_ faults: FieldErrors?) { state.withLock { $0.faults = faults } }
  public func obstruct(_ obstacle: AdapterObstacle?) { state.withLock { $0.obstacle = obstacle } }

  /// The callers' keys with which it was asked, stopped and downloaded from, in order.
  public var credentials: [CallerCredential?] { state.withLock { $0.credentials } }

  func note(_ credential: CallerCredential?) { state.withLock { $0.credentials.append(credential) } }

  var faults: FieldErrors? { state.withLock { $0.faults } }
  var obstacle: AdapterObstacle? { state.withLock { $0.obstacle } }

  /// When the next webhook leaves.
  public var nextWebhook: Instant? { state.withLock { $0.webhooks.map(\.at).min() } }

  /// Takes the webhooks that have left by now.
  public func dueWebhooks() -> [Webhook] {
    let now = clock.now
    return state.withLock { state in
      defer { state.webhooks.removeAll { $0.at <= now } }
      return state.webhooks.filter { $0.at <= now }.sorted { $0.at < $1.at }
    }
  }

  func submit(_ order: WorkOrder) async throws(VendorFailure) -> Acceptance {
    let reply = state.withLock { state in
      let reply = state.script(state.orders.count, order)
      state.orders.append(order)
      // What it takes it has at once, however long the answer needs.
      switch reply.answer {
      case .accepts(let ending, let span), .losesAnswer(let ending, let span):
        take(order, ending, after: span, reply.webhooks, &state)
      case .delivers, .fails, .losesSubmission: break
      }
      return reply
    }
    await clock.sleep(for: reply.delay)
    switch reply.answer {
    case .delivers(let result, let cost):
      return .finished(VendorReport(.succeeded(result), cost: cost), usage: nil)
    case .fails(let failure): throw failure
    case .accepts: return .accepted(VendorJob(id: id(of: order.token)), cost: nil)
    case .losesAnswer, .losesSubmission: throw ScriptedVendor.silence
    }
  }

  public static let silence = VendorFailure(.transient, cause: .timedOut, message: "no answer in time")

  private func id(of token: String) -> String { "\(provider)-\(token)" }

  private func take(
    _ order: WorkOrder, _ ending: VendorStatus, after span: Span, _ webhooks: [Span], _ state: inout State
  ) {
    let id = id(of: order.token)
    let finishes = clock.now + span
    state.works[id] = Work(id: id, token: order.token, finishes: finishes, ending: ending)
    for wait in webhooks {
      state.webhooks.append(
        Webhook(
          at: finishes + wait, call: ScriptedVendor.call(id),
          token: order.webhookURL.flatMap { $0.split(separator: "=").last.map(String.init) }))
    }
  }

  /// A webhook about a job; signed unless said otherwise.
  public static func call(_ id: String, signature: String? = "good") -> WebhookCall {
    WebhookCall(
      headers: signature.map { [.init("x-signature", $0)] } ?? [], body: Array(id.utf8))
  }

  func status(of id: String) throws(VendorFailure) -> VendorReport {
    let now = clock.now
    let result: Result<VendorReport, VendorFailure> = state.withLock { state in
      if !state.statusFailures.isEmpty { return .failure(state.statusFailures.removeFirst()) }
      guard var work = state.works[id] else {
        return .failure(VendorFailure(httpStatus: 404, message: "no such job"))
      }
      work.polls += 1
      state.works[id] = work
      return .success(ScriptedVendor.report(work, at: now))
    }
    return try result.get()
  }

  func report(about id: String) -> VendorReport? {
    let now = clock.now
    return state.withLock { $0.works[id].map { ScriptedVendor.report($0, at: now) } }
  }

  private static func report(_ work: Work, at now: Instant) -> VendorReport {
    let status: VendorStatus =
      work.isCanceled ? .canceled : work.finishes <= now ? work.ending : .running(progress: nil)
    return VendorReport(status, vendor: VendorJob(id: work.id))
  }

  func cancel(_ id: String) throws(VendorFailure) -> CancelAnswer {
    let now = clock.now
    let result: Result<CancelAnswer, VendorFailure> = state.withLock { state in
      if !state.cancelFailures.isEmpty { return .failure(state.cancelFailures.removeFirst()) }
      state.cancels.append(id)
      guard let work = state.works[id], work.finishes > now else { return .success(.alreadyEnded) }
      state.works[id]?.isCanceled = true
      return .success(.canceled)
    }
    return try result.get()
  }

  func find(_ token: String) -> Reconciliation {
    state.withLock { state in
      state.listing += 1
      let id = id(of: token)
      return state.works[id] == nil ? .absent : .found(VendorJob(id: id))
    }
  }

  func download() throws(VendorFailure) {
    let failure = state.withLock { state in
      state.downloads += 1
      return state.downloadFailures.isEmpty ? nil : state.downloadFailures.removeFirst()
    }
    if let failure { throw failure }
  }
}

extension JobResult {
  /// A text.
  public static let sample = JobResult(text: "done")
}
