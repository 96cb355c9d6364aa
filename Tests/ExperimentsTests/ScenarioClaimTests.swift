import Experiments
import Foundation
import Testing

/// Every scenario of the repository holds what it claims, when POINTSMAN_SLOW=1: with all of its seeds in a release build,
/// with three in a debug build, which takes minutes for that. The quickest are always tried, with one seed.
@Suite("The scenarios of the repository")
struct ScenarioClaimTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Simulations")
  static let isSlow = ProcessInfo.processInfo.environment["POINTSMAN_SLOW"] == "1"

  static let names = [
    "cinematic-vs-product-shot", "cold-start", "delayed-feedback", "exploration-budget-exhausted",
    "feedback-burst", "niche-entrant", "price-cut", "provider-shutdown", "rater-ring", "silent-degradation",
    "table-ablation", "table-drift", "table",
  ]

  @Test("All scenarios are here, and can be read")
  func present() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
      $0.hasSuffix(".yaml")
    }
    #expect(files.sorted() == Self.names.map { $0 + ".yaml" })
    for name in Self.names {
      let scenario = try Scenario.load(Self.folder.appending(path: name + ".yaml").path)
      #expect(scenario.name == name)
      #expect(!scenario.claims.isEmpty)
    }
  }

  @Test(
    "The claims of the quickest scenarios hold with one seed", .disabled(if: isSlow),
    arguments: ["cinematic-vs-product-shot", "cold-start", "price-cut"])
  func quickest(name: String) async throws { try await Self.check(name, seeds: 1) }

  @Test(
    "Every claim holds", .enabled(if: isSlow, "set POINTSMAN_SLOW=1"),
    arguments: names.filter { !$0.hasPrefix("table") })
  func every(name: String) async throws {
    #if DEBUG
      try await Self.check(name, seeds: 3)
    #else
      try await Self.check(name, seeds: nil)
    #endif
  }

  static func check(_ name: String, seeds: Int?) async throws {
    let scenario = try Scenario.load(folder.appending(path: name + ".yaml").path)
    // The policies that claims speak of; the others are there to be looked at.
    let spoken = scenario.claims.flatMap { [$0.policy] + ($0.against.map { [$0] } ?? []) }
    let policies = Set(spoken).sorted()
    let options = ExperimentOptions(policies: policies, seeds: seeds)
    let result = try await Experiment(scenario, options).run(threads: 2)
    for verdict in result.verdicts {
      let figure = verdict.figure.map { "\($0.mean)" } ?? "nothing"
      #expect(verdict.outcome == .held, "\(verdict.claim.says): \(figure), not \(verdict.claim.bound)")
    }
  }
}
