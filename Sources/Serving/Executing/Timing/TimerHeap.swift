import Routing

/// What is due when, for any number of keys: one time for each key, the earliest first.
///
/// A binary heap. Setting a key again leaves the old entry to be passed over, and the heap is made anew when half of
/// it is such; so every operation is O(log n), amortised.
struct TimerHeap<Key: Hashable & Sendable>: Sendable {
  private struct Entry {
    var at: Instant
    var serial: UInt64
    var key: Key
  }

  private var heap: [Entry] = []
  private var valid: [Key: Entry] = [:]
  private var serial: UInt64 = 0

  init() {}

  var count: Int { valid.count }

  /// The earliest time; nil when nothing is due ever.
  var next: Instant? {
    mutating get {
      while let first = heap.first {
        if isValid(first) { return first.at }
        _ = removeFirst()
      }
      return nil
    }
  }

  func time(of key: Key) -> Instant? { valid[key]?.at }

  /// Replaces the time set before.
  mutating func set(_ key: Key, at instant: Instant) {
    serial += 1
    let entry = Entry(at: instant, serial: serial, key: key)
    valid[key] = entry
    if heap.count > 2 * valid.count + 64 {
      heap = valid.values.sorted { precedes($0, $1) }
      return
    }
    heap.append(entry)
    rise(from: heap.count - 1)
  }

  /// Keeps the earlier of two times.
  mutating func setIfEarlier(_ key: Key, at instant: Instant) {
    if let time = time(of: key), time <= instant { return }
    set(key, at: instant)
  }

  mutating func remove(_ key: Key) { valid[key] = nil }

  /// Takes out the earliest key that is due; nil when none is.
  mutating func popDue(at now: Instant) -> Key? {
    guard let next, next <= now else { return nil }
    let entry = removeFirst()
    valid[entry.key] = nil
    return entry.key
  }

  private func isValid(_ entry: Entry) -> Bool { valid[entry.key]?.serial == entry.serial }

  private func precedes(_ left: Entry, _ right: Entry) -> Bool {
    left.at == right.at ? left.serial < right.serial : left.at < right.at
  }

  private mutating func removeFirst() -> Entry {
    heap.swapAt(0, heap.count - 1)
    let entry = heap.removeLast()
    sink(from: 0)
    return entry
  }

  private mutating func rise(from start: Int) {
    var place = start
    while place > 0, precedes(heap[place], heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink(from start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && precedes(heap[child], heap[least]) {
        least = child
      }
      guard least != place else { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}
