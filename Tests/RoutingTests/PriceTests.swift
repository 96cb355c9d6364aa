import Routing
import Testing

@Suite("Price and work")
struct PriceTests {
  static let work = Work(
    inputTokens: 2_000, outputTokens: 500, images: 3, width: 2_000, height: 1_000, duration: 90,
    characters: 400)

  @Test(
    "each part alone, for 2000 + 500 tokens, 3 pictures of 2000 × 1000, 90 s and 400 characters",
    arguments: [
      ("per request", \Price.perRequest, 0.25, 0.25),
      // 3 pictures.
      ("per image", \Price.perImage, 0.04, 0.12),
      // 3 × 2 megapixels.
      ("per megapixel", \Price.perMegapixel, 0.01, 0.06),
      ("per second", \Price.perSecond, 0.1, 9),
      // 1.5 minutes.
      ("per minute", \Price.perMinute, 0.006, 0.009),
      ("input tokens", \Price.perMillionInputTokens, 3, 0.006),
      ("output tokens", \Price.perMillionOutputTokens, 15, 0.0075),
      ("characters", \Price.perMillionCharacters, 30, 0.012),
    ] as [(String, any WritableKeyPath<Price, Double> & Sendable, Double, Double)])
  func parts(name: String, part: any WritableKeyPath<Price, Double> & Sendable, unit: Double, dollars: Double)
  {
    var price = Price()
    price[keyPath: part] = unit
    #expect((price.dollars(for: Self.work) - dollars).magnitude < 1e-12, "\(name)")
  }

  @Test("a price is the sum of its parts, and a price of nothing is free")
  func sum() {
    var price = Price()
    #expect(price.dollars(for: Self.work) == 0)
    price.perRequest = 0.01
    price.perSecond = 0.1
    price.perMillionOutputTokens = 15
    #expect((price.dollars(for: Self.work) - 9.0175).magnitude < 1e-12)
  }

  @Test("what the caller does not say is assumed, what it says stays")
  func assumptions() {
    let assumed = Work().assumed(intentBytes: 256)
    #expect(
      assumed
        == Work(
          inputTokens: 64, outputTokens: 500, images: 1, width: 1_024, height: 1_024, duration: 5,
          characters: 256))
    #expect(Self.work.assumed(intentBytes: 9_999) == Self.work)
    #expect(Work(duration: 8).assumed(intentBytes: 0).duration == 8)
    #expect(Work().assumed(intentBytes: 0).inputTokens == 1)
  }
}
