import Evaluation
import Testing

@Suite("A bandit log")
struct BanditLogTests {
  static let sound = LoggedInteraction(context: 1, action: 2, reward: 0.5, propensity: 0.25)

  @Test("A faulty row is an error that names the row, and is not added")
  func faults() throws {
    var log = try BanditLog(contextCount: 2, actionCount: 3, [Self.sound, Self.sound])
    func fault(_ change: (inout LoggedInteraction) -> Void) -> LogFault? {
      var row = Self.sound
      change(&row)
      do throws(LogFault) {
        try log.append(row)
        return nil
      } catch { return error }
    }
    #expect(fault { $0.propensity = 0 } == LogFault(row: 2, problem: .propensity(0)))
    #expect(fault { $0.propensity = -0.1 } == LogFault(row: 2, problem: .propensity(-0.1)))
    #expect(fault { $0.propensity = 1.5 } == LogFault(row: 2, problem: .propensity(1.5)))
    #expect(fault { $0.propensity = .nan } != nil)
    #expect(fault { $0.action = 3 } == LogFault(row: 2, problem: .action(3, count: 3)))
    #expect(fault { $0.action = -1 } == LogFault(row: 2, problem: .action(-1, count: 3)))
    #expect(fault { $0.context = 2 } == LogFault(row: 2, problem: .context(2, count: 2)))
    #expect(fault { $0.reward = .infinity } == LogFault(row: 2, problem: .reward(.infinity)))
    #expect(fault { $0.logger = -1 } == LogFault(row: 2, problem: .logger(-1)))
    #expect(log.count == 2)
    #expect(fault { $0.propensity = 1 } == nil)
    #expect(log.count == 3)
    #expect(log[0] == Self.sound)
    #expect(
      LogFault(row: 7, problem: .action(3, count: 3)).description
        == "row 7: action 3 is outside the distribution, which has 3")
  }

  @Test("The propensity of a mixture weighs every logger by its rows")
  func mixture() throws {
    // Three rows of logger 0 with (0.5, 0.5), one of logger 1 with (0.9, 0.1):
    // action 0 has 0.75 · 0.5 + 0.25 · 0.9 = 0.6, action 1 has 0.75 · 0.5 + 0.25 · 0.1 = 0.4.
    let rows = [(0, 0.5, 0), (1, 0.5, 0), (1, 0.5, 0), (0, 0.9, 1)]
    let log = try BanditLog(
      contextCount: 1, actionCount: 2,
      rows.map { LoggedInteraction(context: 0, action: $0.0, reward: 0, propensity: $0.1, logger: $0.2) })
    let mixture = try log.mixturePropensities(of: [
      .uniform(contextCount: 1, actionCount: 2),
      try TabularPolicy(actionCount: 2, probabilities: [0.9, 0.1]),
    ])
    for (value, expected) in zip(mixture, [0.6, 0.4, 0.4, 0.6]) {
      #expect((value - expected).magnitude < 1e-15)
    }
  }
}
