import Declarations
import Foundation
import Routing
import Testing

@Suite struct CatalogueFileTests {
  static let good = """
    version: 1
    providers:
      - {id: acme, name: Acme}
      - {id: home, kind: local}
    models:
      - id: acme/film-2
        model: acme.film-v2:0
        capabilities: [image_to_video, text_to_video]
        limits: {max_width: 1920, min_duration_s: 4, max_duration_s: 8.5}
        price: {per_second: 0.4, per_request: 0.01}
        prior: {quality: 0.8, mass: 10, regions: {video.film: 0.9}}
        bid: 1.5
        priority: 3
        weight: 0
        latency_p90: 90s
      - id: acme/film-1
        capabilities: [text_to_video]
        lifecycle: {stage: retired, ends: 2026-09-24, replacement: acme/film-2}
      - id: home/1.0
        capabilities: [video_composition]
        price: {per_request: 0}
        enabled: false
    regions:
      - id: video.film
        capability: text_to_video
        examples: [a slow dolly shot, film grain]
      - id: anything
        examples: [hello]

    """

  /// The errors of the good text after a replacement, which must apply.
  func errors(replacing old: String, with new: String) -> [String] {
    #expect(Self.good.contains(old))
    do {
      _ = try CatalogueFile.parse(Self.good.replacingOccurrences(of: old, with: new), file: "c.yaml")
      return []
    } catch {
      return error.errors.map(\.description)
    }
  }

  @Test("a right file gives the catalogue it says")
  func workedExample() throws {
    let catalogue = try CatalogueFile.parse(Self.good, file: "c.yaml")
    #expect(
      catalogue.providers == [
        Provider(id: "acme", name: "Acme"), Provider(id: "home", name: "home", kind: .local),
      ])
    var limits = Limits()
    limits.maximumWidth = 1920
    limits.minimumDuration = 4
    limits.maximumDuration = 8.5
    var price = Price()
    price.perSecond = 0.4
    price.perRequest = 0.01
    #expect(
      catalogue.candidate("acme/film-2")
        == Candidate(
          id: "acme/film-2", provider: "acme", model: "acme.film-v2:0",
          capabilities: [.textToVideo, .imageToVideo], limits: limits, price: price,
          prior: Prior(quality: 0.8, mass: 10, regions: [.init(region: "video.film", quality: 0.9)]),
          bid: 1.5, priority: 3, weight: 0, latencyP90: .seconds(90)))
    // date -u -d 2026-09-24 +%s gives 1790208000.
    #expect(
      catalogue.candidate("acme/film-1")
        == Candidate(
          id: "acme/film-1", provider: "acme", model: "film-1", capabilities: [.textToVideo],
          lifecycle: Lifecycle(
            stage: .retired, ends: Instant(microseconds: 1_790_208_000_000_000), replacement: "acme/film-2")))
    #expect(catalogue.candidate("home/1.0")?.isEnabled == false)
    #expect(catalogue.candidate("home/1.0")?.price == Price())
    #expect(
      catalogue.regions == [
        NamedRegion(id: "anything", examples: ["hello"]),
        NamedRegion(
          id: "video.film", capability: .textToVideo, examples: ["a slow dolly shot", "film grain"]),
      ])
  }

  static let faults: [(old: String, new: String, error: String)] = [
    ("version: 1", "version: 2", "c.yaml:1: 'version' in catalogue must be an integer from 1 to 1, got '2'"),
    (
      "kind: local}", "kind: local}\n  - {id: acme}",
      "c.yaml:5: provider 'acme' is declared twice, first in line 3"
    ),
    (
      "id: home/1.0", "id: acme/film-1",
      "c.yaml:19: model 'acme/film-1' is declared twice, first in line 16"
    ),
    ("id: anything", "id: video.film", "c.yaml:27: region 'video.film' is declared twice, first in line 24"),
    (
      "id: home/1.0", "id: hame/1.0",
      "c.yaml:19: model 'hame/1.0' belongs to provider 'hame', which is not declared; did you mean 'home'?"
    ),
    (
      "id: home/1.0", "id: home",
      "c.yaml:19: 'id' in model must be provider/name, each of a–z, 0–9, '.', '_' and '-', got 'home'"
    ),
    (
      "id: anything", "id: a/b",
      "c.yaml:27: 'id' in region must be an id of a–z, 0–9, '.', '_' and '-', got 'a/b'"
    ),
    ("kind: local", "kind: cloud", "c.yaml:4: 'kind' in provider must be one of remote, local, got 'cloud'"),
    (
      "per_second: 0.4", "per_second: -0.4",
      "c.yaml:10: 'per_second' in price must be a number ≥ 0, got '-0.4'"
    ),
    (
      "{per_request: 0}", "{}", "c.yaml:21: price is empty; a free model says per_request: 0"
    ),
    (
      "per_second", "per_secnd",
      "c.yaml:10: unknown key 'per_secnd' in price; allowed: per_request, per_image, per_megapixel, per_second, "
        + "per_minute, per_million_input_tokens, per_million_output_tokens, per_million_characters; did you mean "
        + "'per_second'?"
    ),
    (
      "[video_composition]", "[video_compositoin]",
      "c.yaml:20: unknown capability 'video_compositoin' in model; did you mean 'video_composition'?"
    ),
    (
      "[image_to_video, text_to_video]", "[text_to_video, text_to_video]",
      "c.yaml:8: capability 'text_to_video' stands twice in model"
    ),
    (
      "[video_composition]", "[]",
      "c.yaml:20: 'capabilities' in model must be a list of 1 to 16 strings, got 0"
    ),
    (
      "replacement: acme/film-2", "replacement: acme/film-3",
      "c.yaml:18: the replacement 'acme/film-3' of model 'acme/film-1' is not declared; did you mean 'acme/film-2'?"
    ),
    (
      "replacement: acme/film-2", "replacement: acme/film-1",
      "c.yaml:18: model 'acme/film-1' names itself as its replacement"
    ),
    (
      "ends: 2026-09-24", "ends: 2026-02-30",
      "c.yaml:18: 'ends' in lifecycle must be a date such as 2026-09-24, got '2026-02-30'"
    ),
    (
      "stage: retired", "stage: gone",
      "c.yaml:18: 'stage' in lifecycle must be one of active, legacy, draining, retired, got 'gone'"
    ),
    (
      "stage: retired, ends: 2026-09-24", "stage: draining",
      "c.yaml:18: 'stage' in lifecycle is draining, which needs the day it 'ends'"
    ),
    (
      "stage: retired", "stage: active",
      "c.yaml:18: 'ends' in lifecycle does not go with the stage active; use draining"
    ),
    ("quality: 0.8", "quality: 1.1", "c.yaml:11: 'quality' in prior must be a number from 0 to 1, got '1.1'"),
    ("mass: 10", "mass: 51", "c.yaml:11: 'mass' in prior must be a number from 0 to 50, got '51'"),
    (
      "video.film: 0.9", "video.film: 2",
      "c.yaml:11: 'video.film' in regions must be a number from 0 to 1, got '2'"
    ),
    (
      "video.film: 0.9", "video.flim: 0.9",
      "c.yaml:11: the prior of model 'acme/film-2' scores region 'video.flim', which is not declared; did you mean "
        + "'video.film'?"
    ),
    ("bid: 1.5", "bid: 0", "c.yaml:12: 'bid' in model must be a number from 5e-324 to 1000000, got '0'"),
    ("weight: 0", "weight: -1", "c.yaml:14: 'weight' in model must be a number from 0 to 1000000, got '-1'"),
    (
      "latency_p90: 90s", "latency_p90: soon",
      "c.yaml:15: 'latency_p90' in model must be a span such as 800ms, 45s or 3m, got 'soon'"
    ),
    (
      "max_width: 1920", "max_width: 0",
      "c.yaml:9: 'max_width' in limits must be an integer from 1 to 1000000000, got '0'"
    ),
    (
      "max_duration_s: 8.5", "max_duration_s: 3",
      "c.yaml:9: 'max_duration_s' in limits must not be below min_duration_s (4.0)"
    ),
    ("enabled: false", "enabled: no", "c.yaml:22: 'enabled' in model must be true or false, got 'no'"),
    (
      "examples: [hello]", "examples: []",
      "c.yaml:28: 'examples' in region must be a list of 1 to 64 strings, got 0"
    ),
  ]

  @Test("each fault is refused with its line and what is allowed", arguments: faults)
  func refusals(old: String, new: String, error: String) {
    #expect(errors(replacing: old, with: new) == [error])
  }

  @Test("several faults arrive together, by line")
  func severalFaults() {
    let text = Self.good.replacingOccurrences(of: "per_second: 0.4", with: "per_second: x")
      .replacingOccurrences(of: "mass: 10", with: "mass: 99")
      .replacingOccurrences(of: "- {id: home, kind: local}", with: "- {id: hme}")
    let thrown = #expect(throws: DeclarationErrors.self) {
      try CatalogueFile.parse(text, file: "c.yaml")
    }
    #expect(thrown?.errors.map(\.line) == [10, 11, 19])
    #expect(thrown?.description.split(separator: "\n").count == 3)
  }

  @Test("256 models may serve one capability, 257 may not")
  func tooManyModels() throws {
    func text(_ count: Int) -> String {
      "version: 1\nproviders: [{id: p}]\nmodels:\n"
        + (1...count).map { "  - {id: p/m\($0), capabilities: [embedding]}\n" }.joined()
    }
    #expect(try CatalogueFile.parse(text(256), file: "c.yaml").candidates.count == 256)
    let thrown = #expect(throws: DeclarationErrors.self) {
      try CatalogueFile.parse(text(257), file: "c.yaml")
    }
    #expect(thrown?.description == "c.yaml:260: 257 models serve embedding; at most 256 can")
  }

  @Test("a file that is not there is an error with its name")
  func missingFile() {
    let thrown = #expect(throws: DeclarationErrors.self) { try CatalogueFile.load(path: "no/such.yaml") }
    #expect(thrown?.description == "no/such.yaml: cannot be read")
  }

  @Test("A candidate for all is stored as it always was, and one that must be named comes back as such")
  func storedOnlyByName() throws {
    let text = """
      version: 1
      providers:
        - {id: a}
      models:
        - {id: a/x, capabilities: [embedding]}
        - {id: a/y, capabilities: [embedding], only_by_name: true}
      """
    let catalogue = try CatalogueFile.parse(text, file: "c.yaml")
    let bytes = try catalogue.candidates.map { try JSONEncoder().encode($0) }
    #expect(!String(decoding: bytes[0], as: UTF8.self).lowercased().contains("name"))
    let again = try bytes.map { try JSONDecoder().decode(Candidate.self, from: $0) }
    #expect(again == catalogue.candidates && again.map(\.isOnlyByName) == [false, true])
  }

  // MARK: The shipped catalogue

  static let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "data/catalogue.yaml").path

  @Test("the shipped catalogue is right and covers every capability with a living remote or local model")
  func shippedCatalogue() throws {
    let catalogue = try CatalogueFile.load(path: Self.shipped)
    let day = try #require(Instant("2026-11-20"))
    for capability in Capability.allCases {
      let living = catalogue.candidates.filter {
        $0.capabilities.contains(capability) && !$0.lifecycle.isRetired(at: day) && $0.isEnabled
      }
      #expect(!living.isEmpty, "\(capability)")
      #expect(catalogue.regions.count { $0.capability == capability } == 3, "\(capability)")
    }
    #expect(catalogue.regions.allSatisfy { (3...5).contains($0.examples.count) })
    let standIns = catalogue.candidates.filter { $0.provider == "sandbox" }
    #expect(standIns.map(\.id) == ["sandbox/flaky", "sandbox/steady"])
    #expect(standIns.allSatisfy { $0.isEnabled && $0.isOnlyByName && $0.capabilities == Capability.allCases })
    #expect(catalogue.candidates.count { $0.isOnlyByName } == standIns.count)
    #expect(
      catalogue.providers.allSatisfy { provider in
        catalogue.candidates.contains { $0.provider == provider.id }
      })
  }

  @Test(
    "what is gone is marked retired, with its day and its replacement",
    arguments: [
      ("openai/sora-2", "2026-09-24", nil), ("openai/sora-2-pro", "2026-09-24", nil),
      ("google/veo-3.1-preview", "2026-10-22", "google/gemini-omni-1.1-flash"),
      ("google/veo-3.1-fast-preview", "2026-10-22", "google/gemini-omni-1.1-flash"),
      ("bedrock/nova-reel-1.1", "2026-09-30", nil), ("bedrock/nova-canvas", "2026-09-30", nil),
    ] as [(String, String, String?)])
  func retirements(id: String, day: String, replacement: String?) throws {
    let catalogue = try CatalogueFile.load(path: Self.shipped)
    let lifecycle = try #require(catalogue.candidate(id)).lifecycle
    #expect(lifecycle == Lifecycle(stage: .retired, ends: Instant(day), replacement: replacement))
  }

  @Test("a damaged catalogue is read or refused, every error within the file, and never traps")
  func damage() throws {
    let lines = try String(contentsOfFile: Self.shipped, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    var generator = SplitMix(state: 3)
    var refused = 0
    for _ in 0..<60 {
      var damaged = lines
      for _ in 0..<3 {
        let place = damaged.indices.randomElement(using: &generator)!
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: damaged.remove(at: place)
        case 1: damaged.insert(damaged[place], at: place)
        case 2: damaged[place] = damaged[place].dropLast(Int.random(in: 1...6, using: &generator))
        default: damaged.swapAt(place, damaged.indices.randomElement(using: &generator)!)
        }
      }
      do {
        _ = try CatalogueFile.parse(damaged.joined(separator: "\n"), file: "c.yaml")
      } catch {
        refused += 1
        #expect(!error.errors.isEmpty)
        #expect(error.errors.allSatisfy { (0...damaged.count + 1).contains($0.line) })
      }
    }
    #expect(refused > 20)
  }
}

/// SplitMix64 (Steele, Lea & Flood 2014), so that every sweep is the same in every run.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
