/// Addresses of names for a while, and who waits for which.
struct NameCache {
  private struct Known {
    let addresses: [IPAddress]
    let until: Instant
  }

  /// Nanoseconds.
  private let lifetime: Int64
  private var known: [String: Known] = [:]
  private var waiting: [String: [Transfer]] = [:]

  /// More names than this are not kept: the older half of them is dropped.
  private static let most = 4_096

  init(lifetime: Duration) { self.lifetime = lifetime.nanoseconds }

  /// Nil when the name must be looked up (again).
  func known(_ name: String, at now: Instant) -> [IPAddress]? {
    known[name].flatMap { $0.until > now ? $0.addresses : nil }
  }

  /// - Returns: whether the caller must start the look-up; otherwise it is under way.
  mutating func wait(_ name: String, _ transfer: Transfer) -> Bool {
    waiting[name, default: []].append(transfer)
    return waiting[name]?.count == 1
  }

  /// - Returns: those who have waited for it.
  mutating func found(_ name: String, _ result: Result<[IPAddress], LookupFailure>, at now: Instant)
    -> [Transfer]
  {
    if case .success(let addresses) = result {
      if known.count >= NameCache.most {
        let middle = known.values.map(\.until).sorted()[known.count / 2]
        known = known.filter { $0.value.until > middle }
      }
      known[name] = Known(addresses: addresses, until: now.advanced(by: lifetime))
    }
    return waiting.removeValue(forKey: name) ?? []
  }
}
