import Jobs
import Routing

/// A provider has refused our credential, or has no money of ours. One such answer may be a mistake of its own, so work
/// waits for the check that is to confirm it, for a while.
struct Refusal: Hashable, Sendable {
  /// The first refusal since the provider last served us: later ones do not prolong the wait.
  let since: Instant
  /// Whether a check was refused too.
  var isConfirmed = false

  init(since: Instant) { self.since = since }

  /// How long work waits for a check: two that get no answer, one after the other.
  static let patience = Span.seconds(60)

  /// By then the check that follows a refusal has been made: its interval, lengthened by jitter, and its answer.
  private static let firstWait = Span.seconds(3)

  /// When the next check will have been made; nil when waiting for it is no use.
  func recheck(after now: Instant) -> Instant? {
    guard !isConfirmed, now < since + Refusal.patience else { return nil }
    // Waits that double: those who wait are written down each time.
    var wait = Refusal.firstWait
    while since + wait <= now { wait = Span(microseconds: 2 * wait.microseconds) }
    return min(since + wait, since + Refusal.patience)
  }
}

extension ProviderBoard {
  /// When work may ask again at a provider whose circuit is opened hard; nil when only somebody's hand helps.
  func recheck(of provider: String, at now: Instant) -> Instant? {
    refusals[provider]?.recheck(after: now)
  }
}
