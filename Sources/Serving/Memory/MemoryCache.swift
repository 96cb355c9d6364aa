public import Jobs
public import Routing
import Synchronization

extension MemoryState {
  mutating func keep(_ answer: CachedAnswer) {
    dropCached([answer.ticket.key])
    cache[answer.ticket.key] = answer
    artefacts.use(
      answer.result.copies, by: ArtefactHolder.answer(answer.ticket.key), at: answer.created)
  }

  mutating func dropCached(_ keys: some Sequence<String>) {
    for key in keys {
      cache[key] = nil
      artefacts.forget(ArtefactHolder.answer(key))
    }
  }
}

/// Cached answers of a ``MemoryLedger``: by plain loops, to hold others against.
extension MemoryLedger: CacheLedger {
  public func cachedAnswer(_ key: String) throws -> CachedAnswer? { current.cache[key] }

  public func cachedVectors(
    ofKin kin: String, at now: Instant, limit: Int
  ) throws -> [(key: String, vector: [UInt8])] {
    let kindred = current.cache.values.filter { $0.ticket.kin == kin && now < $0.expires }
    let latest = kindred.sorted { ($0.created, $0.ticket.key) > ($1.created, $1.ticket.key) }
    return Array(latest.compactMap { answer in answer.vector.map { (answer.ticket.key, $0) } }.prefix(limit))
  }

  public func dropCached(_ keys: [String]) throws { state.withLock { $0.dropCached(keys) } }

  public func dropCached(matching selection: CacheSelection) throws -> [String] {
    state.withLock { state in
      let keys = state.cache.values.filter { selection.contains($0) }.map(\.ticket.key).sorted()
      state.dropCached(keys)
      return keys
    }
  }

  public func trimCache(to bytes: Int, by strategy: CacheStrategy, at now: Instant) throws -> CacheTrimming {
    state.withLock { state in
      let expired = state.cache.values.filter { $0.expires <= now }.map(\.ticket.key).sorted()
      state.dropCached(expired)
      var order = state.cache.values.sorted { $0.ticket.key < $1.ticket.key }
      switch strategy {
      case .lru: order.sort { $0.used < $1.used }
      case .lfu: order.sort { ($0.uses, $0.used) < ($1.uses, $1.used) }
      case .ttl: order.sort { $0.expires < $1.expires }
      }
      var total = order.reduce(0) { $0 + $1.byteCount }
      var evicted: [String] = []
      for answer in order where total > bytes {
        total -= answer.byteCount
        evicted.append(answer.ticket.key)
      }
      state.dropCached(evicted)
      return CacheTrimming(expired: expired, evicted: evicted)
    }
  }

  public func cacheTotals() throws -> CacheTotals {
    let answers = current.cache.values
    return CacheTotals(entries: answers.count, bytes: answers.reduce(0) { $0 + $1.byteCount })
  }
}
