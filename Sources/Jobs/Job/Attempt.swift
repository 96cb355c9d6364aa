public import Routing

/// One submission of a job to one candidate, and what became of it.
public struct Attempt: Hashable, Sendable {
  /// The position in the job's plan.
  public internal(set) var candidate: Int
  public internal(set) var state: AttemptState
  public internal(set) var started: Instant
  /// When the vendor's acceptance was known.
  public internal(set) var accepted: Instant?
  /// When it ended, or when we stopped waiting.
  public internal(set) var ended: Instant?
  /// How the vendor calls it, and where to ask.
  public internal(set) var vendor: VendorJob?
  /// 0…1, never falling.
  public internal(set) var progress: Double?
  public internal(set) var failure: VendorFailure?
  public internal(set) var estimatedCost: Money?
  /// What the vendor said that it costs.
  public internal(set) var statedCost: Money?
  /// The job was submitted again while this attempt might have been alive, or after it had delivered something unusable.
  public internal(set) var possibleDoubleSpend = false
  /// Whether the circuit and the statistics have heard of its end.
  public internal(set) var isReported = false
  public internal(set) var cancelAsked: Instant?
  /// Since when the fate of its submission is unknown.
  public internal(set) var unknownSince: Instant?
  public internal(set) var polls = 0
  public internal(set) var polled: Instant?
  /// Status calls in a row that found no such job.
  public internal(set) var missing = 0
  public internal(set) var reconciliations = 0
  public internal(set) var copies = 0

  init(candidate: Int, started: Instant, estimatedCost: Money?) {
    self.candidate = candidate
    state = .submitting
    self.started = started
    self.estimatedCost = estimatedCost
  }

  /// Beyond this (a thousand million dollars) a stated cost is a slip of the vendor's and counts as not said.
  static let mostCost = Money(micros: 1_000_000_000_000_000)

  /// What it is booked at: what the vendor stated, else the estimate for work that was delivered, else nothing.
  public var cost: Money {
    if let statedCost { return statedCost }
    return state == .succeeded || state == .surplus || state == .collecting ? estimatedCost ?? .zero : .zero
  }

  /// Whether its vendor may charge for it though another attempt is made: it may still be at work, or it delivered, and
  /// what it delivered was of no use.
  var mayBePaid: Bool { !state.isSettled || isUnusable }

  /// What may yet be charged: the estimate of an attempt whose end is unknown, or that brought something unusable.
  public var exposure: Money {
    (state == .lost || isUnusable) && statedCost == nil ? estimatedCost ?? .zero : .zero
  }

  private var isUnusable: Bool { state == .failed && failure?.failureClass == .badOutput }
}

/// A vendor's name for an attempt. Its addresses are used as given, never rebuilt, and checked before use.
public struct VendorJob: Hashable, Sendable {
  public var id: String
  public var statusURL: String?
  public var resultURL: String?
  public var cancelURL: String?

  public init(id: String, statusURL: String? = nil, resultURL: String? = nil, cancelURL: String? = nil) {
    self.id = id
    self.statusURL = statusURL
    self.resultURL = resultURL
    self.cancelURL = cancelURL
  }

  var hasURLs: Bool { statusURL != nil || resultURL != nil || cancelURL != nil }
}

/// What a job has made.
public struct JobResult: Hashable, Sendable {
  public var artefacts: [Artefact]
  public var text: String?

  public init(artefacts: [Artefact] = [], text: String? = nil) {
    self.artefacts = artefacts
    self.text = text
  }

  /// An answer of nothing is not a result.
  public var isEmpty: Bool { artefacts.isEmpty && (text ?? "").isEmpty }
}

/// One file that a job has made.
public struct Artefact: Hashable, Sendable {
  /// The vendor's address, or that of our copy.
  public var url: String
  public var contentType: String?
  public var byteCount: Int?
  /// When the address stops working, where known.
  public var expires: Instant?
  /// Whether the address is that of our own copy.
  public var isCopied: Bool

  public init(
    url: String, contentType: String? = nil, byteCount: Int? = nil, expires: Instant? = nil,
    isCopied: Bool = false
  ) {
    self.url = url
    self.contentType = contentType
    self.byteCount = byteCount
    self.expires = expires
    self.isCopied = isCopied
  }
}
