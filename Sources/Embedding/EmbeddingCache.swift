import Foundation
import Synchronization

/// An embedder that remembers the vectors of recent texts.
///
/// Bounded, and by second chance (CLOCK; Corbató 1968): a hit sets a mark and moves nothing; when a place is
/// needed, a hand goes round, takes marks away, and stops at the first text without one. Two lookups of one
/// text at the same moment may both compute it. An error is passed on and not remembered.
public final class EmbeddingCache: Embedder {
  /// How often a vector was already there, and how often it had to be computed.
  public struct Counts: Sendable, Hashable {
    public internal(set) var hits = 0
    public internal(set) var misses = 0
  }

  /// The most texts remembered.
  public let capacity: Int
  /// The longest text remembered, in bytes of UTF-8; a longer one is computed each time. Together they bound the
  /// memory: capacity · (4·D + this).
  public let longestText: Int
  private let base: any Embedder
  private let state = Mutex(State())

  /// - Precondition: `capacity` is 1 or more.
  public init(_ base: any Embedder, capacity: Int, longestText: Int = 8192) {
    precondition(capacity >= 1, "a cache has at least one place")
    self.base = base
    self.capacity = capacity
    self.longestText = longestText
  }

  public var name: String { base.name }
  public var dimension: Int { base.dimension }
  public var noveltyFloor: Float { base.noveltyFloor }

  /// Hits and misses since the start.
  public var counts: Counts { state.withLock { $0.counts } }

  /// The number of texts remembered now, at most ``capacity``.
  public var count: Int { state.withLock { $0.entries.count } }

  public func embed(_ text: String) async throws -> [Float] {
    let key = Key(text: text)
    if let known = state.withLock({ $0.find(key) }) { return known }
    return remember(key, try await base.embed(text))
  }

  /// Counts as a lookup only when it finds a vector: who gets nil here asks ``embed(_:)`` next.
  public func embedAtOnce(_ text: String) -> [Float]? {
    let key = Key(text: text)
    if let known = state.withLock({ $0.find(key, countsMisses: false) }) { return known }
    guard let vector = base.embedAtOnce(text) else { return nil }
    state.withLock { $0.counts.misses += 1 }
    return remember(key, vector)
  }

  private func remember(_ key: Key, _ vector: [Float]) -> [Float] {
    if key.text.utf8.count <= longestText {
      state.withLock { $0.insert(key, vector, capacity: capacity) }
    }
    return vector
  }

  /// A text by its bytes: `String` counts canonically equivalent texts as equal, embeddings do not.
  private struct Key: Hashable {
    var text: String

    init(text: String) {
      self.text = text
      self.text.makeContiguousUTF8()
    }

    static func == (left: Key, right: Key) -> Bool {
      left.text.utf8.count == right.text.utf8.count
        && (left.text.utf8.withContiguousStorageIfAvailable { left in
          right.text.utf8.withContiguousStorageIfAvailable { right in
            // One comparison of memory: it is made at every hit.
            left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
          } ?? false
        } ?? false)
    }

    func hash(into hasher: inout Hasher) {
      let hashed: Void? = text.utf8.withContiguousStorageIfAvailable {
        hasher.combine(bytes: UnsafeRawBufferPointer($0))
      }
      if hashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
    }
  }

  private struct Entry {
    var key: Key
    var vector: [Float]
    var marked: Bool
  }

  private struct State {
    var places: [Key: Int] = [:]
    var entries: [Entry] = []
    var hand = 0
    var counts = Counts()

    mutating func find(_ key: Key, countsMisses: Bool = true) -> [Float]? {
      guard let place = places[key] else {
        if countsMisses { counts.misses += 1 }
        return nil
      }
      counts.hits += 1
      entries[place].marked = true
      return entries[place].vector
    }

    mutating func insert(_ key: Key, _ vector: [Float], capacity: Int) {
      // Another lookup of the same text was quicker.
      guard places[key] == nil else { return }
      // Without a mark: a text seen once makes room before one that was asked for again.
      let entry = Entry(key: key, vector: vector, marked: false)
      if entries.count < capacity {
        places[key] = entries.count
        entries.append(entry)
        return
      }
      while entries[hand].marked {
        entries[hand].marked = false
        hand = (hand + 1) % capacity
      }
      places[entries[hand].key] = nil
      places[key] = hand
      entries[hand] = entry
      hand = (hand + 1) % capacity
    }
  }
}
