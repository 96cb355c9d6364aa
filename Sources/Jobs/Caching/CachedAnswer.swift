public import Routing

/// What a caller wants of the cache, for one job.
public struct CacheWish: Hashable, Sendable {
  public enum Mode: String, CaseIterable, Hashable, Sendable {
    /// The same order.
    case exact
    /// Or one that differs in its prompt alone, and means nearly the same.
    case semantic
  }

  public var mode: Mode
  /// How long the result may answer others.
  public var lifetime: Span
  /// In `semantic` mode: the least cosine between two prompts' embeddings.
  public var similarity: Double

  public static let standardLifetime = Span.seconds(3_600)
  public static let standardSimilarity = 0.95

  public init(
    mode: Mode = .exact, lifetime: Span = CacheWish.standardLifetime,
    similarity: Double = CacheWish.standardSimilarity
  ) {
    self.mode = mode
    self.lifetime = lifetime
    self.similarity = similarity
  }
}

/// What a job's result is to be kept under when it is there: stored with the job, which may end after a restart.
public struct CacheTicket: Hashable, Sendable {
  /// SHA-256, 64 hexadecimal digits, of what makes two orders the same.
  public var key: String
  /// The same without the prompt.
  public var kin: String
  /// `capability:candidate:prompt`, which patterns are held against; the candidate is `auto` where any will do.
  public var label: String
  public var lifetime: Span
  /// Whether orders that mean nearly the same may be answered by it.
  public var isSemantic: Bool

  public init(key: String, kin: String, label: String, lifetime: Span, isSemantic: Bool = false) {
    self.key = key
    self.kin = kin
    self.label = label
    self.lifetime = lifetime
    self.isSemantic = isSemantic
  }
}

/// Where the result of a job comes from that nobody worked on.
public struct CacheOrigin: Hashable, Sendable {
  /// The job that was worked on.
  public var job: Identifier
  /// When its result was kept.
  public var kept: Instant
  /// The cosine between the two prompts; nil for the same order.
  public var similarity: Double?

  public init(job: Identifier, kept: Instant, similarity: Double? = nil) {
    self.job = job
    self.kept = kept
    self.similarity = similarity
  }
}

/// The result of a job, kept to answer others with.
public struct CachedAnswer: Hashable, Sendable {
  public var ticket: CacheTicket
  public var job: Identifier
  /// Which chose who delivered.
  public var decision: Identifier
  public var capability: Capability
  public var candidate: String
  public var provider: String
  /// The vendor's name of the model.
  public var model: String
  public var tenant: String?
  public var cost: Money
  public var result: JobResult
  /// Of the prompt, quantised; nil where it is found by its key alone.
  public var vector: [UInt8]?
  public var created: Instant
  public var expires: Instant
  /// When it last answered, or was kept; and how often it has.
  public var used: Instant
  public var uses: Int

  public init(
    ticket: CacheTicket, job: Identifier, decision: Identifier, capability: Capability, candidate: String,
    provider: String, model: String, tenant: String?, cost: Money, result: JobResult, vector: [UInt8]? = nil,
    created: Instant, expires: Instant, used: Instant? = nil, uses: Int = 0
  ) {
    self.ticket = ticket
    self.job = job
    self.decision = decision
    self.capability = capability
    self.candidate = candidate
    self.provider = provider
    self.model = model
    self.tenant = tenant
    self.cost = cost
    self.result = result
    self.vector = vector
    self.created = created
    self.expires = expires
    self.used = used ?? created
    self.uses = uses
  }

  /// What a job leaves for others; nil when it must not, or did not ask for it.
  ///
  /// Never what failed, nor what some content policy refused on the way, nor a file that is not ours and stops being
  /// there at a time that nobody knows.
  ///
  /// - Parameter model: the vendor's name of the one that delivered.
  public init?(_ job: Job, model: String, vector: [UInt8]? = nil, at now: Instant) {
    guard let ticket = job.cacheTicket, job.state == .succeeded, let result = job.result,
      let winner = job.winner, job.cacheOrigin == nil,
      !job.attempts.contains(where: { $0.failure?.failureClass == .moderated })
    else { return nil }
    var expires = now + ticket.lifetime
    for artefact in result.artefacts where !artefact.isCopied {
      guard let end = artefact.expires else { return nil }
      expires = min(expires, end)
    }
    guard now < expires else { return nil }
    let planned = job.plan[job.attempts[winner].candidate]
    self.init(
      ticket: ticket, job: job.id, decision: job.decision, capability: job.capability,
      candidate: planned.candidate, provider: planned.provider, model: model, tenant: job.tenant,
      cost: job.cost, result: result, vector: vector, created: now, expires: expires)
  }

  /// What it counts for where bytes are bounded: its texts, and as much again as one has around them.
  public var byteCount: Int {
    let texts = [ticket.key, ticket.kin, ticket.label, candidate, provider, model, tenant ?? ""]
    let files = result.artefacts.reduce(0) { $0 + $1.url.utf8.count + ($1.contentType?.utf8.count ?? 0) + 64 }
    return texts.reduce(256) { $0 + $1.utf8.count } + files + (result.text?.utf8.count ?? 0)
      + (vector?.count ?? 0)
  }
}

/// Which cached answers are meant; what is nil is not looked at.
public struct CacheSelection: Hashable, Sendable {
  /// Held against ``CacheTicket/label``: `*` stands for any characters, `?` for one.
  public var pattern: String?
  public var capability: Capability?
  public var provider: String?
  public var model: String?

  public init(
    pattern: String? = nil, capability: Capability? = nil, provider: String? = nil, model: String? = nil
  ) {
    self.pattern = pattern
    self.capability = capability
    self.provider = provider
    self.model = model
  }

  public func contains(_ answer: CachedAnswer) -> Bool {
    capability.map { $0 == answer.capability } ?? true && provider.map { $0 == answer.provider } ?? true
      && model.map { $0 == answer.model } ?? true
      && pattern.map { CacheSelection.matches(answer.ticket.label, $0) } ?? true
  }

  /// Whether a pattern covers the whole of a text. Each star is tried once from where the last one stopped, so the time
  /// is at most the product of the lengths.
  static func matches(_ text: String, _ pattern: String) -> Bool {
    let (text, pattern) = (Array(text.unicodeScalars), Array(pattern.unicodeScalars))
    var (place, step) = (0, 0)
    var star: (place: Int, step: Int)?
    while place < text.count {
      if step < pattern.count, pattern[step] == "*" {
        star = (place, step)
        step += 1
      } else if step < pattern.count, pattern[step] == "?" || pattern[step] == text[place] {
        place += 1
        step += 1
      } else if let last = star {
        star = (last.place + 1, last.step)
        (place, step) = (last.place + 1, last.step + 1)
      } else {
        return false
      }
    }
    return pattern[step...].allSatisfy { $0 == "*" }
  }
}
