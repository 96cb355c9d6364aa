import Routing
import Serving

/// A vendor's public keys, fetched once and kept.
///
/// Kept for an hour. A signature that none of them fits asks for fresh ones, because keys rotate, but not more often
/// than once a minute: otherwise anybody could make us call the vendor as often as he calls us.
actor KeySet {
  private let fetch: @Sendable () async throws(WebhookRefusal) -> [[UInt8]]
  private var keys: [[UInt8]] = []
  private var fetched: Instant?
  private var tried: Instant?
  private var underWay: Task<Result<[[UInt8]], WebhookRefusal>, Never>?

  static let lifetime = Span.hours(1)
  static let leastInterval = Span.minutes(1)

  init(_ fetch: @escaping @Sendable () async throws(WebhookRefusal) -> [[UInt8]]) { self.fetch = fetch }

  /// The keys at hand, fetched when there are none or they are old.
  ///
  /// - Throws: when there are none and they cannot be had.
  func current(at now: Instant) async throws(WebhookRefusal) -> [[UInt8]] {
    if let fetched, now < fetched + KeySet.lifetime { return keys }
    do {
      try await refresh(at: now)
    } catch {
      // Old keys are better than none: a vendor's web server may be down while its webhooks go out.
      if keys.isEmpty { throw error }
    }
    return keys
  }

  /// Newer keys than the ones that did not fit; nil when it is too early to ask again or nothing new came.
  func renewed(at now: Instant) async -> [[UInt8]]? {
    if underWay == nil, let tried, now < tried + KeySet.leastInterval { return nil }
    let before = keys
    guard (try? await refresh(at: now)) != nil, keys != before else { return nil }
    return keys
  }

  /// Webhooks come together: whoever comes while the keys are being fetched waits for the same answer.
  private func refresh(at now: Instant) async throws(WebhookRefusal) {
    let call: Task<Result<[[UInt8]], WebhookRefusal>, Never>
    if let underWay {
      call = underWay
    } else {
      if fetched == nil, let tried, now < tried + .seconds(5) {
        throw .keysUnavailable("the last try failed a moment ago")
      }
      tried = now
      call = Task { [fetch] in
        do throws(WebhookRefusal) {
          return .success(try await fetch())
        } catch {
          return .failure(error)
        }
      }
      underWay = call
    }
    let answer = await call.value
    if underWay == call { underWay = nil }
    let fresh = try answer.get()
    guard !fresh.isEmpty else { throw .keysUnavailable("the vendor's set holds no Ed25519 key") }
    keys = fresh
    fetched = now
  }
}
