import Jobs
import Routing
import Testing

@Suite("A shelf of the cache")
struct CacheShelfTests {
  typealias Shelf = CacheShelf<String, Int>

  /// Puts `a`, `b`, `c` of 10 bytes each into 30, expiring after 30, 10 and 20 s, and uses a twice and b once.
  static func filled(_ strategy: CacheStrategy) -> Shelf {
    var shelf = Shelf(strategy, capacity: 30)
    for (number, (key, end)) in [("a", 30.0), ("b", 10), ("c", 20)].enumerated() {
      shelf.insert(key, number, bytes: 10, expires: Sample.at(end), at: Sample.at(0))
    }
    for key in ["b", "a", "a"] { _ = shelf.find(key, at: Sample.at(1)) }
    return shelf
  }

  @Test(
    "Who leaves first: longest unused, least used, first to expire",
    arguments: [
      // c was put in after a and b, and has not been used since; then b, then a.
      (CacheStrategy.lru, ["c", "b", "a"]),
      // Used 0, 1 and 2 times.
      (.lfu, ["c", "b", "a"]),
      // Their times end after 10, 20 and 30 s.
      (.ttl, ["b", "c", "a"]),
    ] as [(CacheStrategy, [String])])
  func order(strategy: CacheStrategy, leaving: [String]) {
    var shelf = Self.filled(strategy)
    let gone = shelf.insert("d", 9, bytes: 30, expires: Sample.at(99), at: Sample.at(2))
    #expect(gone == leaving && shelf.count == 1 && shelf.bytes == 30)
  }

  @Test("Where uses differ from recency, the strategies do too")
  func lruAndLfu() {
    for (strategy, gone) in [(CacheStrategy.lru, "a"), (.lfu, "b")] {
      var shelf = Shelf(strategy, capacity: 20)
      shelf.insert("a", 1, bytes: 10, expires: Sample.at(99), at: Sample.at(0))
      shelf.insert("b", 2, bytes: 10, expires: Sample.at(99), at: Sample.at(0))
      for key in ["a", "a", "b"] { _ = shelf.find(key, at: Sample.at(1)) }
      #expect(shelf.insert("c", 3, bytes: 1, expires: Sample.at(99), at: Sample.at(2)) == [gone])
    }
  }

  @Test("What has expired is told so once, and leaves before anybody who has not")
  func expiry() {
    var shelf = Self.filled(.lru)
    guard case .expired = shelf.find("b", at: Sample.at(10)) else {
      Issue.record("b lives for 10 s")
      return
    }
    guard case .missing = shelf.find("b", at: Sample.at(10)) else {
      Issue.record("b is gone")
      return
    }
    #expect(shelf.bytes == 20)
    var other = Self.filled(.lru)
    // At 15 s b is over, and c, which lru would send first, is not.
    #expect(other.insert("d", 9, bytes: 10, expires: Sample.at(99), at: Sample.at(15)) == ["b"])
  }

  @Test("A value larger than the shelf, or over already, is not put there, and what it replaces is gone")
  func refused() {
    var shelf = Self.filled(.lru)
    #expect(shelf.insert("a", 7, bytes: 31, expires: Sample.at(99), at: Sample.at(1)) == [])
    #expect(shelf.count == 2 && shelf.bytes == 20)
    #expect(shelf.insert("b", 7, bytes: 1, expires: Sample.at(1), at: Sample.at(1)) == [])
    #expect(shelf.count == 1 && Array(shelf.keys) == ["c"])
    var none = Shelf(.lfu, capacity: 0)
    none.insert("a", 1, bytes: 1, expires: Sample.at(9), at: Sample.at(0))
    #expect(none.count == 0)
  }

  /// The same by a plain list.
  struct Naive {
    struct Entry {
      var key: Int
      var value: Int
      var bytes: Int
      var expires: Instant
      var uses = 0
      var used: Int
    }

    let strategy: CacheStrategy
    let capacity: Int
    var entries: [Entry] = []
    var steps = 0

    var bytes: Int { entries.reduce(0) { $0 + $1.bytes } }

    mutating func find(_ key: Int, at now: Instant) -> String {
      guard let place = entries.firstIndex(where: { $0.key == key }) else { return "missing" }
      guard now < entries[place].expires else {
        entries.remove(at: place)
        return "expired"
      }
      steps += 1
      entries[place].uses += 1
      entries[place].used = steps
      return "\(entries[place].value)"
    }

    mutating func insert(_ key: Int, _ value: Int, _ size: Int, _ expires: Instant, at now: Instant) -> [Int]
    {
      let uses = entries.first { $0.key == key }?.uses ?? 0
      entries.removeAll { $0.key == key }
      guard size <= capacity, now < expires else { return [] }
      var gone: [Int] = []
      if bytes + size > capacity {
        gone = entries.filter { $0.expires <= now }.sorted { $0.used < $1.used }.map(\.key)
        entries.removeAll { gone.contains($0.key) }
      }
      while bytes + size > capacity {
        let first = entries.min { left, right in
          switch strategy {
          case .lru: left.used < right.used
          case .lfu: (left.uses, left.used) < (right.uses, right.used)
          case .ttl: (left.expires, left.used) < (right.expires, right.used)
          }
        }!
        gone.append(first.key)
        entries.removeAll { $0.key == first.key }
      }
      steps += 1
      entries.append(
        Entry(key: key, value: value, bytes: size, expires: expires, uses: uses, used: steps))
      return gone
    }
  }

  @Test("Twenty thousand steps by a fixed seed go as with a plain list", arguments: CacheStrategy.allCases)
  func sweep(strategy: CacheStrategy) {
    var state: UInt64 = 11
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var shelf = CacheShelf<Int, Int>(strategy, capacity: 500)
    var naive = Naive(strategy: strategy, capacity: 500)
    var seconds = 0.0
    for step in 0..<20_000 {
      seconds += Double(next(3))
      let now = Sample.at(seconds)
      let key = next(60)
      switch next(10) {
      case 0..<5:
        let found =
          switch shelf.find(key, at: now) {
          case .hit(let value): "\(value)"
          case .missing: "missing"
          case .expired: "expired"
          }
        #expect(found == naive.find(key, at: now), "step \(step)")
      case 5..<9:
        let (size, end) = (next(60), Sample.at(seconds + Double(next(200))))
        let gone = shelf.insert(key, step, bytes: size, expires: end, at: now)
        #expect(gone == naive.insert(key, step, size, end, at: now), "step \(step)")
      default:
        #expect(shelf.remove(key) == naive.entries.contains { $0.key == key })
        naive.entries.removeAll { $0.key == key }
      }
      #expect(shelf.count == naive.entries.count && shelf.bytes == naive.bytes && shelf.bytes <= 500)
    }
  }
}
