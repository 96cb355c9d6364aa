import Embedding
import Testing

struct HashingEmbeddingTests {
  let embedding = HashingEmbedding()

  /// The elements that are not zero.
  private func features(_ text: String) -> [Int: Float] {
    var features: [Int: Float] = [:]
    for (index, x) in embedding.vector(of: text).enumerated() where x != 0 { features[index] = x }
    return features
  }

  @Test("\"ai\" has one word and three parts")
  func hashesShortWord() {
    // FNV-1a 64, computed in Python:
    //   w:ai   2c1042f73248c282  bucket 0x82 = 130, +1
    //   c:<ai  aed6aff56166031a  bucket 0x1a =  26, bit 63 set: −1/√3
    //   c:ai>  3b15f5f48f0929d8  bucket 0xd8 = 216, +1/√3
    //   c:<ai> 7cd021f48057562c  bucket 0x2c =  44, +1/√3
    // Length √(1 + 3/3) = √2, so 0.7071068 and 1/√6 = 0.4082483.
    let found = features("ai")
    #expect(found.keys.sorted() == [26, 44, 130, 216])
    for (bucket, value) in [130: 0.7071068, 26: -0.4082483, 216: 0.4082483, 44: 0.4082483] as [Int: Float] {
      #expect(abs((found[bucket] ?? 0) - value) < 1e-6)
    }
  }

  @Test("a word twice weighs 1 + ln 2, accents are letters, and case and punctuation do not matter")
  func weighsRepetitions() {
    // The definition in Python; w:été has h = a47428a88f92d0c0, so bucket 192 gets −1/‖v‖ with
    // ‖v‖² = 2(1 + ln 2)² + 1 + 5/5 = 7.7333, and w:ai (1 + ln 2)/‖v‖.
    let expected: [Int: Float] = [
      26: -0.3515169, 36: 0.1608152, 44: 0.3515169, 46: -0.1608152, 56: -0.1608152, 130: 0.6088451,
      174: -0.1608152, 192: -0.3595937, 216: 0.3515169, 248: -0.1608152,
    ]
    for text in ["AI, ai! été", "ai--Ai ÉTÉ…"] {
      let found = features(text)
      #expect(found.count == expected.count)
      for (bucket, value) in expected {
        #expect(abs((found[bucket] ?? 0) - value) < 1e-6, "\(text) \(bucket)")
      }
    }
  }

  @Test("a word counts as far as its 40th character")
  func cutsLongWords() {
    let forty = String(repeating: "é", count: 40)
    #expect(features(forty + "tail and") == features(forty + " and"))
    #expect(features(forty.dropLast() + "t") != features(forty))
  }

  @Test(
    "a text without a letter or a digit is the zero vector",
    arguments: ["", "   ", "\n\t", "—…!? ()", "😀👍", "_", "½²"])
  func zeroForNoWords(_ text: String) {
    #expect(embedding.vector(of: text) == Array(repeating: 0, count: 256))
  }

  @Test("a text of 30,000 characters, alike or all different, has length 1")
  func handlesLongTexts() {
    for text in [String(repeating: "a", count: 30_000), (0..<5_000).map { "w\($0)" }.joined(separator: " ")] {
      let squares = embedding.vector(of: text).reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(squares - 1) < 1e-6)
    }
  }

  @Test("its declaration agrees with its vectors")
  func declares() async throws {
    #expect(embedding.name == "hashing-256")
    #expect(try await embedding.embed("one").count == embedding.dimension)
    #expect(embedding.noveltyFloor > 0 && embedding.noveltyFloor < 1)
  }

  @Test(
    "the reference vectors, to 1e-6",
    .enabled(if: Golden.exists, "needs shared/data/embedding_golden.json beside the repository"))
  func agreesWithReference() throws {
    for golden in try Golden.load() {
      let vector = embedding.vector(of: golden.text)
      #expect(zip(vector, golden.hash256).allSatisfy { abs($0 - $1) <= 1e-6 }, "\(golden.text)")
    }
  }
}
