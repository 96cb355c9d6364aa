import Routing
import Synchronization

/// What the decision path reads: the tables, and the market as their snapshot sees it. Swapped in whole when an epoch
/// closes and when the market changes.
final class CurrentTables: Sendable {
  struct Value: Sendable {
    var tables: TableCache
    /// Nil where nothing is known of the moment.
    var market: ResolvedMarket?
  }

  private let current: Mutex<Value>
  /// Held by whoever makes the next value, so that deciding does not wait while a market is resolved.
  private let making = Mutex(())

  init(_ tables: TableCache) { current = Mutex(Value(tables: tables, market: nil)) }

  var value: Value { current.withLock { $0 } }

  func swap(to tables: TableCache) {
    making.withLock { _ in set(tables, value.market?.market ?? LiveMarket()) }
  }

  func swap(to market: LiveMarket) {
    making.withLock { _ in
      let value = value
      if market != value.market?.market ?? LiveMarket() { set(value.tables, market) }
    }
  }

  private func set(_ tables: TableCache, _ market: LiveMarket) {
    let resolved = market.states.isEmpty ? nil : ResolvedMarket(market, tables.snapshot)
    current.withLock { $0 = Value(tables: tables, market: resolved) }
  }
}
