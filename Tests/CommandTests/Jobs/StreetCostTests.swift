import Foundation
import Jobs
import Persistence
import Routing
import Testing
import VendorStreet
import Wire

@testable import pointsman

/// What vendors say that work costs, up to the report of it: the street's own books are the measure.
@Suite("Costs that vendors state")
struct StreetCostTests {
  /// A model of the street at an estimate of ten cents, and how its vendor tells the cost.
  struct Case: Sendable, CustomTestStringConvertible {
    enum Said: Sendable {
      /// The sum, as the vendor charges it.
      case sum
      /// Tokens: at 1 dollar a million read and 2 dollars a million written.
      case tokens
      case nothing
    }

    var candidate: String
    var model: String
    var capability: String
    var said: Said
    var input: JSONValue = ["prompt": "a fox in the snow"]

    var testDescription: String { candidate }
    var vendor: String { String(candidate.prefix { $0 != "/" }) }
  }

  static let cases = [
    Case(candidate: "bfl/flux", model: "flux-2-pro", capability: "image_generation", said: .sum),
    Case(candidate: "runway/image", model: "gen4_image", capability: "image_generation", said: .sum),
    Case(candidate: "together/film", model: "minimax/hailuo-02", capability: "text_to_video", said: .sum),
    Case(candidate: "openrouter/film", model: "google/veo-3.1", capability: "text_to_video", said: .sum),
    Case(
      candidate: "openrouter/chat", model: "openai/gpt-4o-mini", capability: "text_generation", said: .sum),
    Case(candidate: "openai/chat", model: "gpt-5-mini", capability: "text_generation", said: .tokens),
    Case(
      candidate: "together/chat", model: "Qwen/Qwen2.5-7B-Instruct-Turbo", capability: "text_generation",
      said: .tokens),
    Case(
      candidate: "google/text", model: "gemini-2.5-flash", capability: "text_generation", said: .tokens),
    Case(
      candidate: "openai/embedding", model: "text-embedding-3-small", capability: "embedding", said: .tokens),
    Case(
      candidate: "together/embedding", model: "BAAI/bge-base-en-v1.5", capability: "embedding", said: .tokens),
    Case(
      candidate: "fal/flux", model: "fal-ai/flux/dev", capability: "image_generation", said: .nothing),
    Case(
      candidate: "replicate/flux", model: "black-forest-labs/flux-schnell", capability: "image_generation",
      said: .nothing),
    Case(candidate: "dreammachine/photon", model: "photon-1", capability: "image_generation", said: .nothing),
    Case(
      candidate: "vertex/veo", model: "veo-3.1-generate-001", capability: "text_to_video", said: .nothing),
    Case(
      candidate: "bedrock/nova", model: "amazon.nova-lite-v1:0", capability: "text_generation", said: .tokens),
    Case(candidate: "luma/uni", model: "uni-1", capability: "image_generation", said: .nothing),
    Case(
      candidate: "stability/core", model: "stable-image/generate/core", capability: "image_generation",
      said: .nothing),
    Case(
      candidate: "openai/image", model: "gpt-image-1-mini", capability: "image_generation", said: .nothing),
  ]

  @Test("No vendor that asks for money is left out")
  func complete() throws {
    let declared = Set(MatrixLine.all.filter(\.hasKey).map(\.vendor))
    #expect(declared == Set(Self.cases.map(\.vendor)))
  }

  @Test(
    "A job costs what its vendor says, the tokens' sum where it counts those, and else the estimate",
    arguments: cases)
  func stated(item: Case) async throws {
    let price =
      switch item.said {
      case .tokens: "{per_million_input_tokens: 1, per_million_output_tokens: 2}"
      case .sum, .nothing: "{per_request: 0.1}"
      }
    let line =
      "id: \(item.candidate), model: \"\(item.model)\", capabilities: [\(item.capability)], price: \(price)"
    let quick = MatrixLine.all.filter { $0.vendor == item.vendor }.reduce(into: [:]) { all, line in
      all.merge(line.quick) { $1 }
    }
    let plan = StreetWorld.Plan(models: [line], changes: [item.vendor: quick])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let job = try await router.done(item.capability, item.input)
        #expect(job["state"]?.stringValue == "succeeded", "\(job)")
        let charged = world.street.report(vendor: item.vendor).jobs.reduce(0) { $0 + $1.microUSD }
        let actual = try #require(job["cost_usd"]?.doubleValue)
        let report = try CostsCommand.report(router.ledger)
        let row = try #require(report.rows.first)
        #expect(report.rows.count == 1 && row.candidate == item.candidate)
        #expect(row.attempts == 1 && row.delivered == 1 && row.wasted == .zero && row.exposure == .zero)
        #expect(row.booked.dollars == actual)
        switch item.said {
        case .sum:
          #expect(actual == Double(charged) / 1e6 && charged > 0)
          #expect(row.compared == 1 && row.actual.micros == Int64(charged))
          #expect(row.estimated == Money(micros: 100_000))
          #expect(abs((row.factor ?? 0) - Double(charged) / 100_000) < 1e-12)
        case .tokens:
          #expect(row.compared == 1 && row.unstated == 0)
          // "a fox in the snow" is five words, and few are answered.
          #expect(actual >= 5e-6 && actual < 1e-3)
        case .nothing:
          #expect(actual == 0.1 && row.compared == 0 && row.unstated == 1 && row.factor == nil)
        }
      }
    }
  }

  @Test("What was charged for nothing and what may yet be is told apart from what was delivered")
  func wasted() async throws {
    let models = [
      "id: bfl/flux, model: flux-2-pro, capabilities: [image_generation], price: {per_image: 0.02}",
      StreetModel.fal,
    ]
    let faults = [
      "{fault: empty_output, vendor: bfl, calls: [1]}", "{fault: lost, vendor: fal, calls: [2]}",
    ]
    try await StreetWorld.open(StreetWorld.Plan(models: models, faults: faults)) { world in
      try await world.serving { router in
        for _ in 0..<2 { _ = try await router.done("image_generation", ["prompt": "a fox"]) }
        let report = try CostsCommand.report(router.ledger)
        let flux = try #require(report.rows.first { $0.candidate == "bfl/flux" })
        // Six cents each (four for the first megapixel, two for the one begun), said with the acceptance; the first
        // brought nothing.
        #expect(flux.attempts == 2 && flux.delivered == 1 && flux.compared == 1)
        #expect(flux.wasted == Money(micros: 60_000) && flux.booked == Money(micros: 120_000))
        // Estimated at two cents, and dearer from the second on: what is learned of the first corrects it.
        #expect(flux.factor ?? 0 > 1)
        let total = report.total
        #expect(total.attempts == report.rows.reduce(0) { $0 + $1.attempts })
        let shown = report.only(of: "bfl")
        #expect(shown.rows.map(\.candidate) == ["bfl/flux"])
        #expect(shown.text.contains("bfl/flux") && !shown.text.contains("fal/"))
        #expect(report.json["total"]?["booked_usd"]?.doubleValue == total.booked.dollars)
      }
    }
  }

  @Test("A database without jobs says so")
  func empty() {
    #expect(CostReport().text == "the database holds no job")
    #expect(CostReport().json["jobs"]?.integerValue == 0)
  }
}
