import Jobs
import Routing

/// The health of all providers, and who is to be asked when. A value: the monitor asks, and tells it the answers.
struct HealthBook: Sendable {
  private struct Page {
    var health: ProviderHealth
    /// In [0, 1), drawn anew for each check, so that providers do not stay in step.
    var jitter: Double
    var isAsked = false
  }

  /// Checks under way at most.
  let width: Int
  /// How much a wait may be lengthened: never shortened, since intervals are the least that the rules allow.
  static let jitter = 0.2

  private let rules: ProviderHealth.Rules
  private var pages: [String: Page] = [:]

  init(rules: ProviderHealth.Rules, width: Int) {
    self.rules = rules
    self.width = max(width, 1)
  }

  var providers: [String] { pages.keys.sorted() }

  func health(of provider: String) -> ProviderHealth? { pages[provider]?.health }

  /// Adds a provider with its checks of before, oldest first. One that is there already stays as it is.
  ///
  /// - Parameter isOwnService: see ``ProviderHealth/Rules/isOwnService``.
  mutating func add(
    _ provider: String, history: [ProviderHealth.Entry], isOwnService: Bool = false, random: Double
  ) {
    guard pages[provider] == nil else { return }
    let health = ProviderHealth(
      provider: provider, rules: isOwnService ? rules.ofOwnService : rules, past: history.map(\.check))
    pages[provider] = Page(health: health, jitter: random)
  }

  mutating func remove(_ provider: String) { pages[provider] = nil }

  /// Whom to ask now, the longest due first; they count as asked until ``record(_:of:random:)``.
  mutating func begin(at now: Instant) -> [String] {
    let free = width - pages.values.count { $0.isAsked }
    let due = waiting(at: now).filter { $0.at <= now }.prefix(max(free, 0))
    for item in due { pages[item.provider]?.isAsked = true }
    return due.map(\.provider)
  }

  /// When ``begin(at:)`` has somebody next; nil when only an answer can bring that about.
  func next(after now: Instant) -> Instant? {
    guard pages.values.count(where: { $0.isAsked }) < width else { return nil }
    return waiting(at: now).first?.at
  }

  /// - Returns: nil for a provider that has left meanwhile; else the entry to keep, and an alert when its state changed.
  mutating func record(
    _ check: ProviderHealth.Check, of provider: String, random: Double
  ) -> (entry: ProviderHealth.Entry, alert: HealthAlert?)? {
    guard var page = pages[provider] else { return nil }
    let alert = page.health.record(check)
    page.isAsked = false
    page.jitter = random
    pages[provider] = page
    return (ProviderHealth.Entry(check: check, state: page.health.state), alert)
  }

  /// Ends an asking without an answer.
  mutating func abandon(_ provider: String) { pages[provider]?.isAsked = false }

  mutating func doubt(_ failure: VendorFailure, of provider: String) {
    pages[provider]?.health.doubt(failure)
  }

  private func waiting(at now: Instant) -> [(provider: String, at: Instant)] {
    pages.filter { !$0.value.isAsked }
      .map { (provider: $0.key, at: due($0.value, now)) }
      .sorted { ($0.at, $0.provider) < ($1.at, $1.provider) }
  }

  private func due(_ page: Page, _ now: Instant) -> Instant {
    let next = page.health.nextCheck(after: now)
    guard let last = page.health.history.last?.check.at else { return next }
    let wait = Double((next - last).microseconds) * (1 + HealthBook.jitter * page.jitter)
    return last + Span(microseconds: Int64(wait))
  }
}
