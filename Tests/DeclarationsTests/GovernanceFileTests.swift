import Declarations
import Routing
import Testing

@Suite struct GovernanceFileTests {
  @Test("parameters, of a capability too, a line each")
  func reads() throws {
    let settings = try GovernanceFile.settings(
      """
      exploration_share: 0.02
      text_to_video.half_life: 7d
      novelty_floor: null
      """, file: "other.yaml")
    #expect(settings.map(\.key) == ["exploration_share", "text_to_video.half_life", "novelty_floor"])
    #expect(settings.map(\.value) == [.number(0.02), .text("7d"), .none])
    var governance = Governance()
    try governance.apply(settings)
    #expect(governance.rules(for: .textToVideo).halfLife == .days(7))
  }

  @Test("every fault comes with its line")
  func faults() {
    do {
      _ = try GovernanceFile.settings(
        "half_life: 7d\nhalf_lif: 7d\nexploration_share: 7\n", file: "other.yaml")
      Issue.record("it was read")
    } catch {
      #expect(error.errors.map(\.line) == [2, 3])
      #expect(error.errors[0].message.contains("no such parameter"))
      #expect(error.errors[1].message.contains("from 0 to 1"))
    }
  }
}
