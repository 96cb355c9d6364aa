public import Jobs
public import Routing
public import Wire

/// A provider as the executors see it: the same few verbs for every vendor, normalised answers, normalised failures.
///
/// An adapter keeps no job: what it must know later stands in the job's stored ``VendorJob``. It never repeats a call
/// that may have spent money, never follows an address to a host that its provider's entry does not allow, and never
/// claims more than it knows: a submission whose fate is open fails with a class that says so.
public protocol Adapter: Sendable {
  /// The provider's id in the catalogue.
  var provider: String { get }

  /// Whether the provider is a service on one's own machine or network that can be asked how it is: then no work is sent
  /// there before it has answered.
  var isOwnService: Bool { get }

  /// Why nothing can be submitted at present; nil when nothing stands in the way.
  func obstacle(for payer: CallerCredential?) -> AdapterObstacle?

  /// What the vendor's interface can and cannot do for such work; nil when the adapter does not serve it.
  func contract(for capability: Capability, model: String) -> VendorContract?

  /// All that is wrong with an order for one candidate, before any money is spent; nil when nothing is.
  func check(_ order: WorkOrder, for candidate: Candidate) -> FieldErrors?

  /// Makes the one call that submits.
  ///
  /// - Throws: a failure for ``JobEvent/submitFailed(_:_:)``, which tells from it whether the vendor may have the job.
  func submit(_ order: WorkOrder) async throws(VendorFailure) -> Acceptance

  /// How a job stands.
  ///
  /// - Throws: when the call got no answer, or none about the job. A job that has failed is a report.
  func status(of work: VendorWork) async throws(VendorFailure) -> VendorReport

  func cancel(_ work: VendorWork) async throws(VendorFailure) -> CancelAnswer

  /// Finds out whether a submission of unknown fate arrived, without submitting it a second time: by repeating it under
  /// its token where the vendor honours one, or by the vendor's list.
  func reconcile(_ order: WorkOrder, by inquiry: Inquiry, since: Instant) async -> Reconciliation

  /// Checks a call to our webhook over its raw bytes, and says which job it is about.
  func verify(_ call: WebhookCall, at now: Instant) async throws(WebhookRefusal) -> WebhookNotice

  /// What a checked webhook says about the job that it names; nil when it only hints that something has happened, and a
  /// status call must tell.
  func report(in notice: WebhookNotice, about work: VendorWork) async -> VendorReport?

  /// What the vendor says that a job costs; nil when it does not say.
  func cost(of work: VendorWork) async throws(VendorFailure) -> Money?

  /// The vendor's lightest call that needs the credential.
  ///
  /// - Returns: why it did not work; nil when it did, or when the vendor has no such call.
  func health() async -> VendorFailure?

  /// The vendor's own list of models; empty when it has none.
  func discover() async throws(VendorFailure) -> [DiscoveredModel]

  /// Submits an order whose answer is read while it is written. Nothing is stored of it.
  ///
  /// - Throws: as ``submit(_:)`` does; `callerError` when the vendor cannot stream such work.
  func stream(
    _ order: WorkOrder
  ) async throws(VendorFailure) -> any AsyncSequence<TextDelta, VendorFailure> & Sendable

  /// Copies an artefact of a report into a file.
  ///
  /// - Parameter descriptor: of a file open for writing; it stays open. After a failure it holds what had come.
  /// - Returns: the media type and the number of bytes.
  func download(
    _ artefact: Artefact, to descriptor: Int32
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int)

  /// The same for work that a caller paid with a key of his own.
  func download(
    _ artefact: Artefact, to descriptor: Int32, for payer: CallerCredential?
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int)
}

extension Adapter {
  public var isOwnService: Bool { false }

  public func download(
    _ artefact: Artefact, to descriptor: Int32, for payer: CallerCredential?
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    try await download(artefact, to: descriptor)
  }
}

/// Where an adapter leaves what a vendor sent inside its answer instead of at an address.
public protocol ArtefactStore: Sendable {
  /// Keeps a file and gives its address, with ``Artefact/isCopied`` true.
  func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact
}

/// What became of a submission that worked.
public enum Acceptance: Hashable, Sendable {
  /// The vendor has it, and will go on by itself.
  case accepted(VendorJob, cost: Money?)
  /// The vendor's answer is the end of it, good or bad.
  case finished(VendorReport, usage: TokenUsage?)
}

/// A job at a vendor, with what is needed to ask about it.
public struct VendorWork: Hashable, Sendable {
  public var capability: Capability
  /// The vendor's name of the model.
  public var model: String
  public var job: VendorJob
  /// Of the caller, where the provider's payment is `forwarded`.
  public var credential: CallerCredential?

  public init(
    capability: Capability, model: String, job: VendorJob, credential: CallerCredential? = nil
  ) {
    self.capability = capability
    self.model = model
    self.job = job
    self.credential = credential
  }
}

/// What keeps an adapter from working until somebody mends it.
public enum AdapterObstacle: Hashable, Sendable, CustomStringConvertible {
  /// The environment variable of that name is not set.
  case missingCredential(provider: String, variable: String)
  /// The provider is paid by its callers, and this one brought no credential.
  case noForwardedCredential(provider: String)

  /// Whether it stands only in the way of a caller who brought no key of his own.
  public var isCallers: Bool { if case .noForwardedCredential = self { true } else { false } }

  /// How a job that meets it is blocked.
  public var reason: BlockReason { .noCredential }

  public var description: String {
    switch self {
    case .missingCredential(let provider, let variable):
      "provider '\(provider)' is skipped: the environment variable \(variable) is not set"
    case .noForwardedCredential(let provider):
      "provider '\(provider)' takes the caller's own credential, and none was given"
    }
  }
}

/// A call to one of our webhook addresses, as it came.
public struct WebhookCall: Hashable, Sendable {
  /// In the order in which they came; names in any case.
  public var headers: [Field]
  /// The raw bytes: a signature holds over nothing else.
  public var body: [UInt8]

  public struct Field: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public init(headers: [Field], body: [UInt8]) {
    self.headers = headers
    self.body = body
  }

  /// The first value under a name, whatever its case.
  public subscript(name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.name.lowercased() == name }?.value
  }
}

/// A webhook whose sender is known, or that is only taken as a hint.
public struct WebhookNotice: Hashable, Sendable {
  /// How the vendor calls the job.
  public var vendorID: String
  /// The same for every delivery of the same message, where the vendor says so.
  public var deliveryID: String?
  /// Whether a signature proves the sender. What an unsigned call says about a job is not believed.
  public var isSigned: Bool
  public var body: JSONValue

  public init(vendorID: String, deliveryID: String?, isSigned: Bool, body: JSONValue) {
    self.vendorID = vendorID
    self.deliveryID = deliveryID
    self.isSigned = isSigned
    self.body = body
  }
}

/// Why a webhook is not believed.
public enum WebhookRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The provider sends none, or the adapter does not understand them.
  case notExpected
  case missingHeader(String)
  /// Older or newer than the replay window allows.
  case stale
  case wrongSignature
  /// No secret to check with: the environment variable of that name is not set.
  case missingSecret(variable: String)
  /// The vendor's public keys cannot be had now; it may deliver again.
  case keysUnavailable(String)
  /// Signed, and not a message that can be read.
  case malformed(String)

  /// What the vendor is answered.
  public var httpStatus: Int {
    switch self {
    case .notExpected: 404
    case .missingHeader, .stale, .wrongSignature: 401
    case .missingSecret, .keysUnavailable: 503
    case .malformed: 400
    }
  }

  public var description: String {
    switch self {
    case .notExpected: "this provider sends no webhooks here"
    case .missingHeader(let name): "the header \(name) is missing or malformed"
    case .stale: "the timestamp is outside the replay window"
    case .wrongSignature: "the signature does not match the body"
    case .missingSecret(let variable): "the environment variable \(variable) is not set"
    case .keysUnavailable(let detail): "the vendor's keys cannot be had: \(detail)"
    case .malformed(let detail): "the body cannot be read: \(detail)"
    }
  }
}

/// A model as its vendor lists it.
public struct DiscoveredModel: Hashable, Sendable {
  /// The vendor's name of the model.
  public var model: String
  public var title: String?
  /// As far as the vendor's list tells; may be empty.
  public var capabilities: [Capability]
  /// Nil when the list does not say.
  public var price: Price?
  public var maximumInputTokens: Int?
  /// Nil when the list does not say.
  public var lifecycle: Lifecycle?
  /// What cannot be told from the list, and is not guessed.
  public var gaps: [Gap]

  public enum Gap: Hashable, Sendable, CustomStringConvertible {
    /// What it makes, with the vendor's own words for it.
    case capabilities(seen: [String])
    case price(String)

    public var description: String {
      switch self {
      case .capabilities(let seen):
        seen.isEmpty
          ? "the list does not say what it makes"
          : "what it makes cannot be told from " + seen.map { "'\($0)'" }.joined(separator: ", ")
      case .price(let reason): reason
      }
    }
  }

  /// Whether the vendor says that it costs nothing.
  public var isFree: Bool { price == Price() }

  public init(
    model: String, title: String? = nil, capabilities: [Capability] = [], price: Price? = nil,
    maximumInputTokens: Int? = nil, lifecycle: Lifecycle? = nil, gaps: [Gap] = []
  ) {
    self.gaps = gaps
    self.model = model
    self.title = title
    self.capabilities = capabilities
    self.price = price
    self.maximumInputTokens = maximumInputTokens
    self.lifecycle = lifecycle
  }

  /// Whether a candidate's model is this one. Bedrock's inference profiles put a region before the name
  /// (`eu.amazon.nova-lite-v1:0`), and its list does not.
  public func isListing(_ model: String) -> Bool { model == self.model || model.hasSuffix(".\(self.model)") }
}

/// A piece of an answer that is read while it is written.
public struct TextDelta: Hashable, Sendable {
  /// What comes next; may be empty.
  public var text: String
  /// Why the answer ends here, in the vendor's word (`stop`, `length`); nil before the end.
  public var finish: String?
  /// With the last piece, where the vendor says it.
  public var usage: TokenUsage?

  public init(text: String, finish: String? = nil, usage: TokenUsage? = nil) {
    self.text = text
    self.finish = finish
    self.usage = usage
  }
}

/// Tokens that an answer took.
public struct TokenUsage: Hashable, Sendable {
  public var input: Int
  public var output: Int
  /// What the vendor says that it cost.
  public var cost: Money?

  public init(input: Int, output: Int, cost: Money? = nil) {
    self.input = input
    self.output = output
    self.cost = cost
  }
}
