import Declarations
import Foundation
import Routing
import Serving
import Testing
import Wire

@testable import pointsman

/// What a vendor's list means for a catalogue, and the entries that are made of it.
@Suite("Reviews of discovered models")
struct DiscoveryReviewTests {
  static let stock = """
    version: 1
    providers: [{id: acme, name: Acme}, {id: other}]
    models:
      - {id: acme/same, model: a/same, capabilities: [text_generation], price: {per_million_input_tokens: 1}}
      - {id: acme/dearer, model: a/dearer, capabilities: [text_generation], price: {per_million_input_tokens: 1}}
      - {id: acme/unpriced, model: a/unpriced, capabilities: [text_generation]}
      - {id: acme/gone, model: a/gone, capabilities: [text_generation]}
      - {id: acme/old, model: a/old, capabilities: [text_generation], lifecycle: {stage: retired}}
      - id: acme/versioned
        model: "a/versioned:0123456789abcdef0123456789abcdef"
        capabilities: [text_generation]
      - {id: other/gone, model: b/gone, capabilities: [text_generation]}

    """

  static func priced(_ input: Double) -> Price {
    var price = Price()
    price.perMillionInputTokens = input
    return price
  }

  static func review(_ models: [DiscoveredModel]) throws -> DiscoveryReview {
    let catalogue = try CatalogueFile.parse(stock, file: "stock")
    return DiscoveryReview(models, of: try #require(catalogue.provider("acme")), in: catalogue) {
      capability, _ in capability != .imageGeneration
    }
  }

  static let listed = [
    DiscoveredModel(model: "a/same", capabilities: [.textGeneration], price: priced(1)),
    DiscoveredModel(model: "a/dearer", capabilities: [.textGeneration], price: priced(1.5)),
    DiscoveredModel(model: "a/unpriced", capabilities: [.textGeneration], price: priced(2)),
    DiscoveredModel(model: "a/versioned", capabilities: [.textGeneration], gaps: [.price("no prices")]),
    DiscoveredModel(
      model: "a/Brand New:free", title: "Brand\nnew", capabilities: [.textGeneration, .imageGeneration],
      price: Price(), maximumInputTokens: 8_192),
    DiscoveredModel(model: "a/Odd", gaps: [.capabilities(seen: ["odd"]), .price("no prices")]),
  ]

  @Test("New ones, other prices and what is not listed any more are told apart; what agrees is left alone")
  func standings() throws {
    let review = try Self.review(Self.listed)
    #expect(
      review.entries.map { "\($0.standing.name) \($0.id)" } == [
        "new acme/brand-new-free", "new acme/odd", "price acme/dearer", "price acme/unpriced",
        "not listed acme/gone", "listed acme/same", "listed acme/versioned",
      ])
    #expect(review.entries[2].standing == .priced(before: Self.priced(1), now: Self.priced(1.5)))
    #expect(review.entries[3].standing == .priced(before: nil, now: Self.priced(2)))
    // No operation of the adapter makes pictures: the entry would be good for text alone.
    #expect(review.entries[0].served == [.textGeneration])
    #expect(review.entries[0].remarks == ["no operation is declared for image_generation"])
  }

  @Test("An id is the last part of the vendor's name, the whole where that is taken, or numbered")
  func ids() {
    var taken: Set<String> = ["acme/flux"]
    func id(_ model: String) -> String { DiscoveryReview.id(of: model, provider: "acme", taken: &taken) }
    #expect(id("meta/Llama-3.3-70B") == "acme/llama-3.3-70b")
    #expect(id("bfl/FLUX") == "acme/bfl-flux")
    #expect(id("BFL/flux") == "acme/bfl-flux-2")
    #expect(id("///") == "acme/model")
    let long = id(String(repeating: "x", count: 300))
    #expect(long == "acme/" + String(repeating: "x", count: 64))
  }

  @Test("The entries are a catalogue that its own reader takes, all of them disabled")
  func entries() throws {
    let review = try Self.review(Self.listed)
    let yaml = try DiscoveryYAML.text(review, fetched: try #require(Instant("2026-11-20T10:00:00Z")))
    let catalogue = try CatalogueFile.parse(yaml, file: "entries")
    #expect(catalogue.providers.map(\.name) == ["Acme"])
    let new = try #require(catalogue.candidates.first)
    #expect(catalogue.candidates.count == 1)
    #expect(new.id == "acme/brand-new-free" && new.model == "a/Brand New:free" && !new.isEnabled)
    #expect(new.capabilities == [.textGeneration] && new.price == Price())
    #expect(new.limits.maximumInputTokens == 8_192)
    // What nobody can say what it makes is left to the reader of the file.
    #expect(yaml.contains("  #   - id: acme/odd"))
    #expect(yaml.contains("# Not known: what it makes cannot be told from 'odd'"))
    #expect(yaml.contains("# Brand new"))
  }

  @Test("With nothing new there is an empty list, and it is read as well")
  func nothingNew() throws {
    let yaml = try DiscoveryYAML.text(
      try Self.review([]), fetched: try #require(Instant("2026-11-20T10:00:00Z")))
    #expect(try CatalogueFile.parse(yaml, file: "entries").candidates.isEmpty)
  }

  @Test("Prices of any size are read back as they are", arguments: [1e-9, 0.15, 3, 12.5, 1_000_000, 1e12])
  func prices(dollars: Double) throws {
    let models = [DiscoveredModel(model: "n", capabilities: [.embedding], price: Self.priced(dollars))]
    let yaml = try DiscoveryYAML.text(
      try Self.review(models), fetched: try #require(Instant("2026-11-20T10:00:00Z")))
    let read = try CatalogueFile.parse(yaml, file: "entries").candidates.first?.price
    #expect(read?.perMillionInputTokens == dollars)
  }

  @Test("More models than a catalogue takes are refused with what narrows them")
  func tooMany() throws {
    let models = (0...256).map { DiscoveredModel(model: "m-\($0)", capabilities: [.embedding]) }
    let review = try Self.review(models)
    #expect(throws: CommandFailure.self) {
      try DiscoveryYAML.text(review, fetched: try #require(Instant("2026-11-20T10:00:00Z")))
    }
    let some = review.filtered { $0.id != "acme/m-7" }
    let yaml = try DiscoveryYAML.text(some, fetched: try #require(Instant("2026-11-20T10:00:00Z")))
    #expect(try CatalogueFile.parse(yaml, file: "entries").candidates.count == 256)
  }

  @Test("A list is kept as it was, for six hours, and only for the addresses that were asked")
  func cache() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "discovery-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let cache = DiscoveryCache(folder: folder.path)
    let now = try #require(Instant("2026-11-20T10:00:00Z"))
    let provider = Provider(id: "acme", name: "Acme")
    #expect(cache.load(provider, at: now) == nil)
    let listing = DiscoveryCache.Listing(fetched: now, models: Self.listed)
    try cache.store(listing, of: provider)
    #expect(cache.load(provider, at: now + .hours(5)) == listing)
    #expect(cache.load(provider, at: now + .hours(6)) == nil)
    // A clock that was set back does not make it younger.
    #expect(cache.load(provider, at: now - .seconds(1)) == nil)
    let moved = Provider(
      id: "acme", name: "Acme", access: Access(bases: [.init(name: "api", url: "https://new.example")]))
    #expect(cache.load(moved, at: now) == nil)
    try Data("{".utf8).write(to: folder.appending(path: "acme.json"))
    #expect(cache.load(provider, at: now) == nil)
  }

  @Test("The table shows what a person must look at, and nothing a terminal would obey")
  func table() throws {
    let now = try #require(Instant("2026-11-20T10:00:00Z"))
    let listing = DiscoveryCache.Listing(fetched: now, models: Self.listed)
    let review = try Self.review(
      Self.listed + [DiscoveredModel(model: "a/\u{1B}[31mred", capabilities: [.embedding], price: Price())])
    let text = DiscoveryAnswer.text(review, listing, isKept: true, showsAll: false)
    #expect(text.contains("--refresh asks the vendor again"))
    #expect(
      text.contains("3 new, 2 at another price, 1 not listed any more, 2 as the catalogue has them"))
    #expect(text.contains("1.0000 → 1.5000 per million input tokens"))
    #expect(text.contains("free"))
    #expect(!text.contains("\u{1B}") && !text.contains("acme/same"))
    #expect(DiscoveryAnswer.text(review, listing, isKept: true, showsAll: true).contains("acme/same"))
    let json = DiscoveryAnswer.json(review, listing, isKept: false)
    let gone = json["models"]?.arrayValue?.first { $0["standing"]?.stringValue == "not_listed" }
    #expect(gone?["candidate"]?.stringValue == "acme/gone")
    #expect(json["cached"]?.boolValue == false)
  }
}
