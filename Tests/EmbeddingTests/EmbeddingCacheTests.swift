import Embedding
import Synchronization
import Testing

/// The text's length and first byte; counts its calls and fails at "fail".
private final class CountingEmbedder: Embedder {
  struct Failure: Error {}
  let name = "counting"
  let dimension = 2
  let noveltyFloor: Float = 0.3
  private let computed = Mutex<[String]>([])
  var texts: [String] { computed.withLock { $0 } }

  func embed(_ text: String) async throws -> [Float] {
    computed.withLock { $0.append(text) }
    await Task.yield()
    if text == "fail" { throw Failure() }
    return Self.vector(of: text)
  }

  static func vector(of text: String) -> [Float] { [Float(text.utf8.count), Float(text.utf8.first ?? 0)] }
}

struct EmbeddingCacheTests {
  @Test("a text asked for again is not computed again")
  func remembers() async throws {
    let base = CountingEmbedder()
    let cache = EmbeddingCache(base, capacity: 3)
    #expect(try await cache.embed("abc") == [3, 97])
    #expect(try await cache.embed("abc") == [3, 97])
    #expect(base.texts == ["abc"])
    #expect(cache.counts.hits == 1 && cache.counts.misses == 1)
    #expect(cache.name == "counting" && cache.dimension == 2 && cache.noveltyFloor == 0.3)
  }

  @Test("at once: a local embedder always, a distant one only for what is remembered")
  func answersAtOnce() async throws {
    let local = EmbeddingCache(HashingEmbedding(), capacity: 3)
    #expect(local.embedAtOnce("a fjord") == HashingEmbedding().vector(of: "a fjord"))
    #expect(local.embedAtOnce("a fjord") == HashingEmbedding().vector(of: "a fjord"))
    #expect(local.counts.hits == 1 && local.counts.misses == 1)
    let distant = EmbeddingCache(CountingEmbedder(), capacity: 3)
    #expect(distant.embedAtOnce("abc") == nil)
    _ = try await distant.embed("abc")
    #expect(distant.embedAtOnce("abc") == [3, 97])
    #expect(distant.counts.hits == 1 && distant.counts.misses == 1)
  }

  @Test("a text that was asked for again outlives one that was not")
  func givesSecondChance() async throws {
    let base = CountingEmbedder()
    let cache = EmbeddingCache(base, capacity: 2)
    // a, b fill the places; a gets its mark; c takes a's mark away, passes it and replaces b.
    for text in ["a", "b", "a", "c", "a", "b"] { _ = try await cache.embed(text) }
    #expect(base.texts == ["a", "b", "c", "b"])
    #expect(cache.counts.hits == 2 && cache.counts.misses == 4)
    #expect(cache.count == 2)
  }

  @Test("canonically equivalent texts are two texts")
  func distinguishesBytes() async throws {
    let cache = EmbeddingCache(CountingEmbedder(), capacity: 8)
    #expect(try await cache.embed("\u{E9}") == [2, 0xC3])
    #expect(try await cache.embed("e\u{301}") == [3, 0x65])
    #expect(cache.count == 2)
  }

  @Test("a text too long is computed each time, an error is passed on, and neither is remembered")
  func forgets() async throws {
    let base = CountingEmbedder()
    let cache = EmbeddingCache(base, capacity: 8, longestText: 4)
    for _ in 0..<2 {
      _ = try await cache.embed("12345")
      await #expect(throws: CountingEmbedder.Failure.self) { try await cache.embed("fail") }
    }
    #expect(base.texts == ["12345", "fail", "12345", "fail"])
    #expect(cache.count == 0)
    #expect(cache.counts.hits == 0 && cache.counts.misses == 4)
  }

  @Test("many tasks at once all get the right vectors, and the bound holds")
  func survivesConcurrency() async throws {
    let base = CountingEmbedder()
    let cache = EmbeddingCache(base, capacity: 7)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          var rng = SplitMix(state: UInt64(task))
          var right = true
          for _ in 0..<200 {
            let text = String(repeating: "x", count: rng.below(20))
            right = try await cache.embed(text) == CountingEmbedder.vector(of: text) && right
          }
          return right
        }
      }
      for try await right in group { #expect(right) }
    }
    #expect(cache.count == 7)
    #expect(cache.counts.hits + cache.counts.misses == 1600)
    #expect(cache.counts.misses == base.texts.count)
  }
}
