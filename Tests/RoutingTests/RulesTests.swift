import Routing
import Testing

@Suite("Rules")
struct RulesTests {
  @Test("γ = 2^(−interval / half-life): 2^(−1/1344) = 0.9994843984588371 by default")
  func discount() {
    #expect((Rules().discount - 0.999_484_398_458_837_1).magnitude < 1e-15)
    var rules = Rules()
    rules.halfLife = .minutes(15)
    #expect(rules.discount == 0.5)
    // 2 ** (-900/3600) = 0.8408964152537145
    rules.halfLife = .hours(1)
    #expect((rules.discount - 0.840_896_415_253_714_5).magnitude < 1e-15)
  }

  @Test("the horizon is counted in whole epochs, a started one included")
  func horizon() {
    #expect(Rules().correctionEpochs == 2_880)
    var rules = Rules()
    rules.correctionHorizon = .minutes(16)
    #expect(rules.correctionEpochs == 2)
    rules.correctionHorizon = .minutes(1)
    #expect(rules.correctionEpochs == 1)
  }
}
