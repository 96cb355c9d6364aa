public import Jobs
public import Routing

/// The deliveries of a ``MemoryLedger``.
struct MemoryDeliveries: Sendable {
  private(set) var deliveries: [Identifier: Delivery] = [:]
  private(set) var payloads: [Identifier: [UInt8]] = [:]
  private(set) var attempts: [Identifier: [DeliveryAttempt]] = [:]
  private(set) var secrets: [Identifier: SigningSecret] = [:]

  /// Holds changes against what is there, and against each other.
  func check(_ changes: [DeliveryChange]) throws(LedgerConflict) {
    var revisions: [Identifier: Int] = [:]
    for change in changes {
      let id = change.delivery.id
      let stored = revisions[id] ?? deliveries[id]?.revision
      guard stored == change.before else {
        throw .deliveryChanged(id, stored: stored, expected: change.before)
      }
      revisions[id] = change.delivery.revision
    }
  }

  /// Takes in a change that was checked.
  mutating func apply(_ change: DeliveryChange) {
    let id = change.delivery.id
    deliveries[id] = change.delivery
    if let payload = change.payload { payloads[id] = payload }
    if let attempt = change.attempt { attempts[id, default: []].append(attempt) }
  }

  mutating func keep(_ secret: SigningSecret, endingOthers end: Instant) {
    for other in secrets.values.filter({ $0.tenant == secret.tenant }).ending(by: end) {
      secrets[other.id] = other
    }
    secrets[secret.id] = secret
  }

  mutating func drop(secret id: Identifier) -> Bool { secrets.removeValue(forKey: id) != nil }

  /// - Returns: how many.
  mutating func drop(endedBefore: Instant) -> Int {
    let dropped = deliveries.values.filter { $0.ended.map { $0 < endedBefore } ?? false }
    for delivery in dropped {
      deliveries[delivery.id] = nil
      payloads[delivery.id] = nil
      attempts[delivery.id] = nil
    }
    return dropped.count
  }

  /// Those due by an instant, the first first.
  func due(by now: Instant) -> [Delivery] {
    deliveries.values.filter { $0.due.map { $0 <= now } ?? false }.sorted { left, right in
      left.due == right.due ? left.id < right.id : left.due! < right.due!
    }
  }
}

extension MemoryLedger {
  public func delivery(_ id: Identifier) throws -> Delivery? { current.deliveries.deliveries[id] }

  public func deliveries(
    state: DeliveryState?, job: Identifier?, before: Identifier?, limit: Int
  ) throws -> [Delivery] {
    let matching = current.deliveries.deliveries.values.filter { delivery in
      (state.map { $0 == delivery.state } ?? true) && (job.map { $0 == delivery.job } ?? true)
        && (before.map { delivery.id < $0 } ?? true)
    }
    return Array(matching.sorted { $0.id > $1.id }.prefix(limit))
  }

  public func deliveryPayload(_ id: Identifier) throws -> [UInt8]? { current.deliveries.payloads[id] }

  public func deliveryAttempts(of id: Identifier) throws -> [DeliveryAttempt] {
    current.deliveries.attempts[id] ?? []
  }

  public func dueDeliveries(
    by now: Instant, after receiver: String?, busy: Set<String>, receivers: Int, each: Int
  ) throws -> [DueDeliveries] {
    let due = Dictionary(grouping: current.deliveries.due(by: now), by: \.receiver)
    // By bytes, as SQLite compares.
    let names = due.keys.filter { !busy.contains($0) && (receiver.map($0.isBehind) ?? true) }
      .sorted { $1.isBehind($0) }
    return names.prefix(receivers).map { name in
      DueDeliveries(receiver: name, ids: (due[name] ?? []).prefix(each).map(\.id))
    }
  }

  public func dueDeliveries(by now: Instant, for receiver: String, limit: Int) throws -> [Identifier] {
    current.deliveries.due(by: now).filter { $0.receiver == receiver }.prefix(limit).map(\.id)
  }

  public func nextDelivery(after now: Instant) throws -> Instant? {
    current.deliveries.deliveries.values.compactMap(\.due).filter { $0 > now }.min()
  }

  public func signingSecrets(of tenant: String?) throws -> [SigningSecret] {
    try signingSecrets().filter { $0.tenant == tenant }
  }

  public func signingSecrets() throws -> [SigningSecret] {
    current.deliveries.secrets.values.sorted { $0.id < $1.id }
  }
}

extension String {
  fileprivate func isBehind(_ other: String) -> Bool { other.utf8.lexicographicallyPrecedes(utf8) }
}
