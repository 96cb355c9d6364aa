import Testing

@testable import Evaluation

@Suite("Estimators by name")
struct EstimatorTests {
  @Test("Every name is read back")
  func names() {
    for estimator in Estimator.all { #expect(Estimator(estimator.name) == estimator) }
    #expect(Set(Estimator.all.map(\.name)).count == 9)
  }

  @Test("A parameter follows a colon where there is one")
  func parameters() {
    #expect(Estimator("switch_dr:5") == .switchDR(threshold: 5))
    #expect(Estimator("clipped_ips:2.5") == .clippedIPS(cap: 2.5))
    #expect(Estimator("dros:0") == .drOptimistic(shrinkage: 0))
    for wrong in ["ips:3", "clipped_ips:0", "switch_dr:-1", "switch_dr:", "dros:nan", "dr ", "", "best"] {
      #expect(Estimator(wrong) == nil, "\(wrong)")
    }
  }

  @Test("What they make of a weight")
  func weights() {
    #expect(Estimator.clippedIPS(cap: 3).weight(7) == 3)
    #expect(Estimator.switchDR(threshold: 3).weight(7) == 0)
    #expect(Estimator.switchDR(threshold: 3).weight(3) == 3)
    // 2 · 4 / (16 + 2)
    #expect((Estimator.drOptimistic(shrinkage: 2).weight(4) - 8.0 / 18).magnitude < 1e-15)
    #expect(Estimator.drOptimistic(shrinkage: 0).weight(4) == 0)
    #expect(Estimator.drOptimistic(shrinkage: .infinity).weight(4) == 4)
    #expect(Estimator.snips.weight(7) == 7)
  }
}
