public import Routing

/// Who leaves a full cache first. What has expired is never found, whatever the strategy.
public enum CacheStrategy: String, CaseIterable, Hashable, Sendable {
  /// Whoever was used longest ago.
  case lru
  /// Whoever was used least often; among equals, longest ago.
  case lfu
  /// Whoever expires first.
  case ttl
}

/// What a lookup in a ``CacheShelf`` finds.
public enum CacheFinding<Value: Sendable>: Sendable {
  case hit(Value)
  case missing
  /// It was there, and its time is over: it is not there any more.
  case expired
}

/// Values under keys, within a bound of bytes and each until its time is over. A value: time is an argument.
///
/// Every step costs O(log n): entries stand in a binary heap by who leaves first, and each knows its place there.
public struct CacheShelf<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  public let strategy: CacheStrategy
  /// Bytes that all values together may have, ≥ 0.
  public let capacity: Int
  /// Bytes that they have.
  public private(set) var bytes = 0

  private struct Entry {
    var key: Key
    var value: Value
    var bytes: Int
    var expires: Instant
    var uses: Int
    /// The number of the step in which it was used last: no two entries have the same.
    var used: Int
  }

  /// A heap: who leaves first stands first.
  private var heap: [Entry] = []
  private var places: [Key: Int] = [:]
  private var steps = 0

  public init(_ strategy: CacheStrategy, capacity: Int) {
    self.strategy = strategy
    self.capacity = max(0, capacity)
  }

  public var count: Int { heap.count }
  public var keys: some Collection<Key> { places.keys }

  /// Looks a key up; to be found is to be used.
  public mutating func find(_ key: Key, at now: Instant) -> CacheFinding<Value> {
    guard let place = places[key] else { return .missing }
    guard now < heap[place].expires else {
      removeEntry(at: place)
      return .expired
    }
    steps += 1
    heap[place].uses += 1
    heap[place].used = steps
    let value = heap[place].value
    settle(place)
    return .hit(value)
  }

  /// Puts a value under a key, in place of what was there, which keeps its count of uses.
  ///
  /// - Parameters:
  ///   - bytes: what it counts for, ≥ 0. One that is larger than the whole shelf is not put there.
  /// - Returns: the keys that had to leave for it, in order: first what has expired, then by the strategy.
  @discardableResult
  public mutating func insert(
    _ key: Key, _ value: Value, bytes size: Int, expires: Instant, at now: Instant
  ) -> [Key] {
    let uses = places[key].map { heap[$0].uses } ?? 0
    remove(key)
    guard size <= capacity, now < expires else { return [] }
    var gone: [Key] = []
    if bytes + size > capacity {
      gone = heap.filter { $0.expires <= now }.sorted { $0.used < $1.used }.map(\.key)
      for key in gone { remove(key) }
    }
    while bytes + size > capacity {
      gone.append(heap[0].key)
      removeEntry(at: 0)
    }
    steps += 1
    places[key] = heap.count
    heap.append(Entry(key: key, value: value, bytes: size, expires: expires, uses: uses, used: steps))
    bytes += size
    settle(heap.count - 1)
    return gone
  }

  /// - Returns: whether it was there.
  @discardableResult
  public mutating func remove(_ key: Key) -> Bool {
    guard let place = places[key] else { return false }
    removeEntry(at: place)
    return true
  }

  // MARK: The heap

  private func leavesBefore(_ left: Entry, _ right: Entry) -> Bool {
    switch strategy {
    case .lru: left.used < right.used
    case .lfu: (left.uses, left.used) < (right.uses, right.used)
    case .ttl: (left.expires, left.used) < (right.expires, right.used)
    }
  }

  private mutating func removeEntry(at place: Int) {
    bytes -= heap[place].bytes
    places[heap[place].key] = nil
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    places[last.key] = place
    settle(place)
  }

  /// Moves an entry that has changed to where it belongs.
  private mutating func settle(_ start: Int) {
    var place = start
    while place > 0, leavesBefore(heap[place], heap[(place - 1) / 2]) {
      swap(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
    while true {
      var first = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if leavesBefore(heap[child], heap[first]) { first = child }
      }
      if first == place { return }
      swap(place, first)
      place = first
    }
  }

  private mutating func swap(_ one: Int, _ other: Int) {
    heap.swapAt(one, other)
    places[heap[one].key] = one
    places[heap[other].key] = other
  }
}
