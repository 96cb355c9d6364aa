import HTTPTypes
import Hummingbird
import Jobs
import Routing
import Serving
import Synchronization

/// How often vendors' webhooks are looked at.
public struct WebhookLimits: Hashable, Sendable {
  /// Webhooks a second of one source for one provider, in the long run. > 0.
  public var rate = 2_000.0
  /// And at once after a rest: vendors tell of many jobs together. ≥ 1.
  public var burst = 4_000.0
  /// What a call that is not believed costs of these, beside itself: with 100 a source has 20 of them a second. ≥ 0.
  public var refusalCost = 100.0
  /// Sources that are remembered, each with each provider: at about 150 bytes, 1.5 MB. ≥ 1.
  public var sources = 10_000
  /// Proxies in front of this router, each of which appends its caller to `X-Forwarded-For`. ≥ 0.
  public var trustedProxies = 0

  public init() {}
}

/// Lets vendors' webhooks in at a rate, before anything of them is read: a signature costs more to check than to send.
final class WebhookGate: Sendable {
  /// One source at one provider, so that a stranger who calls for one of them stands in no other's way.
  struct Visitor: Hashable, Sendable {
    var source: SourceAddress
    /// Empty for all that the catalogue has not: a stranger must not fill the table with names.
    var provider: String
  }

  private struct State {
    var limiter: RateLimiter<Visitor>
    var limited: [String: Int] = [:]
  }

  private let limits: WebhookLimits
  private let state: Mutex<State>

  init(_ limits: WebhookLimits) {
    self.limits = limits
    state = Mutex(
      State(limiter: RateLimiter(rate: limits.rate, burst: limits.burst, capacity: limits.sources)))
  }

  /// Whose call a request is.
  func visitor(_ request: Request, _ context: RouterContext, provider: String) -> Visitor {
    Visitor(
      source: SourceAddress(
        context.peer, forwarded: limits.trustedProxies > 0 ? request.headers[values: .forwardedFor] : [],
        proxies: limits.trustedProxies),
      provider: provider)
  }

  /// - Throws: 429 with the time until the next one is let in.
  func admit(_ visitor: Visitor, at now: Instant) throws(Problem) {
    let wait = state.withLock { state in
      let wait = state.limiter.take(for: visitor, at: now)
      if wait != nil { state.limited[visitor.provider, default: 0] += 1 }
      return wait
    }
    if let wait { throw .tooManyWebhooks(wait) }
  }

  /// A call was not believed.
  func charge(_ visitor: Visitor, at now: Instant) {
    state.withLock { $0.limiter.charge(limits.refusalCost, to: visitor, at: now) }
  }

  /// How many for a provider were turned away since the start.
  func limited(for provider: String) -> Int { state.withLock { $0.limited[provider] ?? 0 } }
}

extension WebhookRefusal {
  /// Whether it is the sender's doing.
  var isSendersFault: Bool {
    switch self {
    case .missingSecret, .keysUnavailable: false
    case .notExpected, .missingHeader, .stale, .wrongSignature, .malformed: true
    }
  }
}

extension Problem {
  fileprivate static func tooManyWebhooks(_ wait: Span) -> Problem {
    Problem(
      .tooManyRequests, "too-many-webhooks", "Too many webhooks come from one place",
      "webhooks of one source for one provider are taken at a rate, and those that are not believed count more; "
        + "deliver it again later", retryAfter: wait.wholeSeconds)
  }
}

extension HTTPField.Name {
  static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}
