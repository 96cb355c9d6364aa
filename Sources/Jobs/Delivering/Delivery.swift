public import Routing

/// An event on its way to an endpoint of a customer, as a value: answers go in, and when to try next comes out. It knows
/// no clock, no network and no store; what is sent is kept beside it.
public struct Delivery: Hashable, Sendable {
  /// Of the event. The same in every attempt, so that a receiver knows a repetition.
  public let id: Identifier
  /// Whose end is told.
  public let job: Identifier
  /// Whose secrets sign it; nil for a router that serves one customer.
  public let tenant: String?
  /// Such as `job.succeeded`.
  public let event: String
  public let url: String
  public let created: Instant

  public internal(set) var state: DeliveryState
  /// In all.
  public internal(set) var attempts: Int
  /// Since it was made, or was taken out of the dead letters.
  public internal(set) var tries: Int
  /// When it is to be tried next; nil unless pending.
  public internal(set) var due: Instant?
  /// When it was delivered or given up.
  public internal(set) var ended: Instant?
  /// The status of the last answer; nil when there was none.
  public internal(set) var lastStatus: Int?
  /// Why the last attempt failed; nil when it did not.
  public internal(set) var lastFailure: String?
  /// Counts the changes.
  public internal(set) var revision: Int

  /// A new one, due at once, unless said otherwise: a store gives back what it has.
  public init(
    id: Identifier, job: Identifier, tenant: String? = nil, event: String, url: String, created: Instant,
    state: DeliveryState = .pending, attempts: Int = 0, tries: Int = 0, due: Instant? = nil,
    ended: Instant? = nil, lastStatus: Int? = nil, lastFailure: String? = nil, revision: Int = 0
  ) {
    self.id = id
    self.job = job
    self.tenant = tenant
    self.event = event
    self.url = url
    self.created = created
    self.state = state
    self.attempts = attempts
    self.tries = tries
    self.due = state == .pending ? due ?? created : nil
    self.ended = ended
    self.lastStatus = lastStatus
    self.lastFailure = lastFailure
    self.revision = revision
  }

  /// Who receives it: scheme, host and port, in lower case. Receivers wait for each other's sake, never for another's.
  public var receiver: String { Delivery.receiver(of: url) }

  public static func receiver(of url: String) -> String {
    let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty else { return url }
    return "\(parts[0])//\(parts[2].prefix { $0 != "/" && $0 != "?" && $0 != "#" })".lowercased()
  }

  /// Takes down how an attempt was answered.
  ///
  /// - Parameters:
  ///   - started: when it was sent.
  ///   - random: in [0, 1), for jitter.
  /// - Returns: the attempt, to be kept; nil, with nothing changed, when the delivery is not pending.
  public mutating func record(
    _ answer: DeliveryAnswer, started: Instant, at now: Instant, random: Double,
    schedule: DeliverySchedule = DeliverySchedule()
  ) -> DeliveryAttempt? {
    guard state == .pending else { return nil }
    attempts += 1
    tries += 1
    revision += 1
    lastStatus = answer.status
    lastFailure = answer.failure
    if answer.failure == nil {
      (state, due, ended) = (.delivered, nil, now)
    } else if tries >= schedule.attempts {
      (state, due, ended) = (.dead, nil, now)
    } else {
      due = now + schedule.delay(after: tries, random: random, retryAfter: answer.retryAfter)
    }
    return DeliveryAttempt(number: attempts, started: started, ended: now, answer: answer)
  }

  /// Takes it out of the dead letters: all its attempts anew, from now on. False, with nothing changed, when it is not
  /// dead.
  public mutating func retry(at now: Instant) -> Bool {
    guard state == .dead else { return false }
    revision += 1
    tries = 0
    (state, due, ended) = (.pending, now, nil)
    return true
  }
}

public enum DeliveryState: String, CaseIterable, Hashable, Sendable {
  /// To be tried, for the first time or again.
  case pending
  /// Its receiver took it.
  case delivered
  /// Given up after the last attempt, until somebody retries it.
  case dead
}

/// How a receiver took an attempt.
public struct DeliveryAnswer: Hashable, Sendable {
  /// Nil when there was no answer.
  public var status: Int?
  /// Why the event does not count as delivered, for a person; nil when it does.
  public var failure: String?
  /// How the answer's body begins.
  public var excerpt: String
  /// What the receiver asked for.
  public var retryAfter: Span?

  /// An answer with the status that a receiver gave: only 200 to 299 means that it has the event.
  public init(status: Int, excerpt: String = "", retryAfter: Span? = nil) {
    self.status = status
    self.excerpt = excerpt
    self.retryAfter = retryAfter
    switch status {
    case 200..<300: failure = nil
    case 300..<400: failure = "answered \(status): redirects are not followed; name the address itself"
    default: failure = "answered \(status)"
    }
  }

  /// No answer, and why.
  public init(unanswered failure: String) {
    self.failure = failure
    excerpt = ""
  }
}

/// One attempt to deliver, as it is kept for whoever looks into it later.
public struct DeliveryAttempt: Hashable, Sendable {
  /// From 1, without gaps.
  public var number: Int
  public var started: Instant
  public var ended: Instant
  public var answer: DeliveryAnswer

  public init(number: Int, started: Instant, ended: Instant, answer: DeliveryAnswer) {
    self.number = number
    self.started = started
    self.ended = ended
    self.answer = answer
  }
}
