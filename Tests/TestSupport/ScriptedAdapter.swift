public import Jobs
public import Routing
public import Serving
public import Wire

/// The adapter of a ``ScriptedVendor``.
public struct ScriptedAdapter: Adapter {
  public let vendor: ScriptedVendor
  public let contract: VendorContract
  /// Whether the process that calls is gone: its submissions reach nobody then.
  private let isDead: @Sendable () -> Bool

  public init(
    _ vendor: ScriptedVendor, _ contract: VendorContract, isDead: @escaping @Sendable () -> Bool = { false }
  ) {
    self.vendor = vendor
    self.contract = contract
    self.isDead = isDead
  }

  public var provider: String { vendor.provider }

  /// One that only a caller without a key of his own meets is met by no other.
  public func obstacle(for payer: CallerCredential?) -> AdapterObstacle? {
    vendor.obstacle.flatMap { $0.isCallers && payer != nil ? nil : $0 }
  }

  /// Every model but the one called `unserved`.
  public func contract(for capability: Capability, model: String) -> VendorContract? {
    model == "unserved" ? nil : contract
  }

  public func check(_ order: WorkOrder, for candidate: Candidate) -> FieldErrors? { vendor.faults }

  public func submit(_ order: WorkOrder) async throws(VendorFailure) -> Acceptance {
    if isDead() { throw ScriptedVendor.silence }
    return try await vendor.submit(order)
  }

  public func status(of work: VendorWork) async throws(VendorFailure) -> VendorReport {
    vendor.note(work.credential)
    return try vendor.status(of: work.job.id)
  }

  public func cancel(_ work: VendorWork) async throws(VendorFailure) -> CancelAnswer {
    vendor.note(work.credential)
    return try vendor.cancel(work.job.id)
  }

  public func reconcile(_ order: WorkOrder, by inquiry: Inquiry, since: Instant) async -> Reconciliation {
    vendor.find(order.token)
  }

  public func verify(_ call: WebhookCall, at now: Instant) async throws(WebhookRefusal) -> WebhookNotice {
    let signature = call["X-Signature"]
    if let signature, signature != "good" { throw .wrongSignature }
    return WebhookNotice(
      vendorID: String(decoding: call.body, as: UTF8.self), deliveryID: nil, isSigned: signature != nil,
      body: .null)
  }

  public func report(in notice: WebhookNotice, about work: VendorWork) async -> VendorReport? {
    vendor.report(about: notice.vendorID)
  }

  public func cost(of work: VendorWork) async throws(VendorFailure) -> Money? { nil }

  public func health() async -> VendorFailure? { nil }

  public func discover() async throws(VendorFailure) -> [DiscoveredModel] { [] }

  public func stream(
    _ order: WorkOrder
  ) async throws(VendorFailure) -> any AsyncSequence<TextDelta, VendorFailure> & Sendable {
    throw VendorFailure(.callerError, cause: .found, message: "it does not stream")
  }

  public func download(
    _ artefact: Artefact, to descriptor: Int32
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    try await download(artefact, to: descriptor, for: nil)
  }

  public func download(
    _ artefact: Artefact, to descriptor: Int32, for payer: CallerCredential?
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    vendor.note(payer)
    try vendor.download()
    return ("image/png", 4)
  }
}

/// Adapters by provider.
public struct ScriptedAdapters: AdapterSource {
  public var adapters: [String: ScriptedAdapter]
  public var gaps: [String: String]

  public init(_ adapters: [ScriptedAdapter], gaps: [String: String] = [:]) {
    self.adapters = Dictionary(uniqueKeysWithValues: adapters.map { ($0.provider, $0) })
    self.gaps = gaps
  }

  public subscript(provider: String) -> (any Adapter)? { adapters[provider] }
}
