import Routing
import TestSupport
import Testing

@Suite("Catalogue")
struct CatalogueTests {
  static let providers = [Provider(id: "b", name: "B"), Provider(id: "a", name: "A")]

  @Test("everything is sorted by id, whatever order it came in")
  func sorting() throws {
    let catalogue = try Catalogue(
      providers: Self.providers,
      candidates: ["b/x", "a/y", "a/x"].map { RoutingSamples.candidate($0) },
      regions: [NamedRegion(id: "z", examples: []), NamedRegion(id: "y", examples: [])])
    #expect(catalogue.providers.map(\.id) == ["a", "b"])
    #expect(catalogue.candidates.map(\.id) == ["a/x", "a/y", "b/x"])
    #expect(catalogue.regions.map(\.id) == ["y", "z"])
    #expect(catalogue.candidate("a/y")?.model == "y")
    #expect(catalogue.provider("c") == nil)
    #expect(Catalogue.empty.candidates.isEmpty)
  }

  private func refusal(
    _ providers: [Provider] = providers, _ candidates: [Candidate] = [], _ regions: [NamedRegion] = []
  ) -> CatalogueError? {
    do {
      _ = try Catalogue(providers: providers, candidates: candidates, regions: regions)
      return nil
    } catch {
      return error
    }
  }

  @Test("two of the same id are refused")
  func duplicates() {
    #expect(refusal(Self.providers + [Provider(id: "a", name: "")]) == .duplicate("provider", "a"))
    let candidate = RoutingSamples.candidate("a/x")
    #expect(refusal(Self.providers, [candidate, candidate]) == .duplicate("model", "a/x"))
    let region = NamedRegion(id: "r", examples: [])
    #expect(refusal(Self.providers, [], [region, region]) == .duplicate("region", "r"))
  }

  @Test("a model of nobody, and figures out of range, are refused by name")
  func ranges() {
    #expect(refusal([], [RoutingSamples.candidate("a/x")]) == .unknownProvider("a", of: "a/x"))
    for bid in [0, -1, Double.infinity, .nan] {
      #expect(
        refusal(Self.providers, [RoutingSamples.candidate("a/x", bid: bid)])
          == .outOfRange("bid and weight", of: "a/x"))
    }
    for weight in [-0.1, Double.infinity, .nan] {
      #expect(refusal(Self.providers, [RoutingSamples.candidate("a/x", weight: weight)]) != nil)
    }
    for prior in [
      Prior(quality: 1.1, mass: 1), Prior(quality: 0.5, mass: 50.1), Prior(quality: 0.5, mass: -1),
      Prior(quality: .nan, mass: 1),
      Prior(quality: 0.5, mass: 1, regions: [.init(region: "r", quality: -0.1)]),
    ] {
      #expect(refusal(Self.providers, [RoutingSamples.candidate("a/x", prior: prior)]) != nil)
    }
    #expect(
      refusal(
        Self.providers, [RoutingSamples.candidate("a/x", weight: 0, prior: Prior(quality: 1, mass: 50))])
        == nil)
  }

  @Test("a capability takes 256 models and not one more")
  func size() {
    let many = (0..<257).map { RoutingSamples.candidate("a/m\($0)") }
    #expect(refusal(Self.providers, Array(many.dropLast())) == nil)
    #expect(refusal(Self.providers, many) == .tooMany(257, .textToVideo))
    #expect("\(CatalogueError.tooMany(257, .textToVideo))".contains("257 models serve text_to_video"))
  }
}
