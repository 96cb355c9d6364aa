import Routing
import Testing

@Suite struct CatalogueChangesTests {
  private static func candidate(_ id: String = "fal/veo", _ change: (inout Candidate) -> Void = { _ in })
    -> Candidate
  {
    var price = Price()
    price.perSecond = 0.15
    var candidate = Candidate(
      id: id, provider: "fal", model: "veo", capabilities: [.textToVideo], price: price)
    change(&candidate)
    return candidate
  }

  private static func catalogue(_ candidates: [Candidate]) throws -> Catalogue {
    try Catalogue(providers: [Provider(id: "fal", name: "fal")], candidates: candidates)
  }

  @Test("the fields of a candidate have the names of the file, and what is not said is absent")
  func fields() {
    let names = Self.candidate().fields.map(\.name)
    #expect(
      names == [
        "model", "capabilities", "price.per_second", "lifecycle.stage", "bid", "priority", "weight",
        "enabled",
      ])
    let full = Self.candidate {
      $0.limits.maximumWidth = 1_920
      $0.prior = Prior(quality: 0.5, mass: 2, regions: [.init(region: "sea", quality: 0.75)])
      $0.lifecycle = Lifecycle(stage: .draining, ends: Instant("2026-12-24")!, replacement: "fal/veo-2")
      $0.latencyP90 = .seconds(90)
    }
    #expect(full.fields.contains(CatalogueField("limits.max_width", .number(1_920))))
    #expect(full.fields.contains(CatalogueField("prior.regions.sea", .number(0.75))))
    #expect(full.fields.contains(CatalogueField("lifecycle.ends", .text("2026-12-24"))))
    #expect(full.fields.contains(CatalogueField("latency_p90", .text("90s"))))
  }

  @Test("a price of nothing is a field that says 0, an unknown price is no field")
  func prices() {
    let free = Self.candidate { $0.price = Price() }
    let unknown = Self.candidate { $0.price = nil }
    #expect(free.fields.contains(CatalogueField("price.per_request", .number(0))))
    #expect(!unknown.fields.contains { $0.name.hasPrefix("price") })
    #expect(
      CandidateChange(from: unknown, to: free)?.fields == [
        .init("price.per_request", before: nil, after: .number(0))
      ])
  }

  @Test("a change names every field that differs, with both values, and no other")
  func changed() {
    let before = Self.candidate { $0.limits.maximumDuration = 8 }
    let after = Self.candidate {
      $0.price?.perSecond = 0.2
      $0.price?.perRequest = 0.01
      $0.isEnabled = false
      $0.capabilities = [.textToVideo, .imageToVideo]
    }
    #expect(
      CandidateChange(from: before, to: after)
        == CandidateChange(
          candidate: "fal/veo", kind: .changed,
          fields: [
            .init(
              "capabilities", before: .list(["text_to_video"]),
              after: .list(["text_to_video", "image_to_video"])),
            .init("limits.max_duration_s", before: .number(8), after: nil),
            .init("price.per_request", before: nil, after: .number(0.01)),
            .init("price.per_second", before: .number(0.15), after: .number(0.2)),
            .init("enabled", before: .flag(true), after: .flag(false)),
          ]))
  }

  @Test("two catalogues differ by those who came, who went and who changed, by id")
  func catalogues() throws {
    let first = try Self.catalogue([
      Self.candidate("fal/a"), Self.candidate("fal/b"), Self.candidate("fal/d"),
    ])
    let second = try Self.catalogue([
      Self.candidate("fal/b"), Self.candidate("fal/c"), Self.candidate("fal/d") { $0.bid = 2 },
      Self.candidate("fal/e"),
    ])
    let changes = second.changes(since: first)
    #expect(changes.map(\.candidate) == ["fal/a", "fal/c", "fal/d", "fal/e"])
    #expect(changes.map(\.kind) == [.removed, .added, .changed, .added])
    #expect(changes[0].fields == [] && changes[1].fields.count == 8)
    #expect(changes[2].fields == [.init("bid", before: .number(1), after: .number(2))])
    #expect(first.changes(since: first) == [])
    #expect(first.changes(since: .empty).map(\.kind) == [.added, .added, .added])
  }
}
