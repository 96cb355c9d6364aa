import Routing
import TestSupport
import Testing

@Suite("Governance")
struct GovernanceTests {
  private func refusal(_ changes: [(key: String, value: Setting)], to governance: Governance = Governance())
    -> GovernanceErrors?
  {
    var governance = governance
    let before = governance
    do {
      try governance.apply(changes)
      return nil
    } catch {
      #expect(governance == before)
      return error
    }
  }

  @Test("a setting holds for all capabilities, until it is taken back")
  func settingAndUnsetting() throws {
    var governance = try Governance([("half_life", .text("7d")), ("alpha_est", .number(0.2))])
    #expect(governance.rules(for: nil).halfLife == .days(7))
    #expect(governance.rules(for: .textToVideo).establishedGain == 0.2)
    try governance.apply([("half_life", .none)])
    #expect(governance.rules(for: nil).halfLife == .days(14))
    #expect(governance.settings.map(\.key) == ["alpha_est"])
    try governance.apply([("alpha_est", .none), ("alpha_new", .none)])
    #expect(governance == Governance())
  }

  @Test("what is said for one capability wins there, whatever the order")
  func override() throws {
    for changes in [
      [("text_to_video.half_life", Setting.text("1d")), ("half_life", .text("7d"))],
      [("half_life", .text("7d")), ("text_to_video.half_life", .text("1d"))],
    ] {
      let governance = try Governance(changes.map { (key: $0.0, value: $0.1) })
      #expect(governance.rules(for: .textToVideo).halfLife == .days(1))
      #expect(governance.rules(for: .imageToVideo).halfLife == .days(7))
      #expect(governance.rules(for: nil).halfLife == .days(7))
    }
  }

  @Test("settings are kept in canonical form, sorted by key")
  func canonical() throws {
    let governance = try Governance([("half_life", .text("336h")), ("alpha_est", .number(0.2))])
    #expect(governance.settings.map(\.key) == ["alpha_est", "half_life"])
    #expect(governance.settings.last?.value == .text("14d"))
  }

  @Test("a parameter of the whole router cannot be set for one capability")
  func scope() {
    for name in Parameter.all where name.scope == .router {
      let errors = refusal([("text_to_video.\(name.name)", name.defaultValue)])
      #expect(errors?.items.first?.message.contains("whole router") == true, "\(name.name)")
    }
  }

  @Test(
    "unknown keys and values out of range are refused by name",
    arguments: [
      ("half_lives", Setting.number(1)), ("text_to_music.half_life", .text("1d")), ("", .number(1)),
      ("alpha_new", .number(1.01)), ("alpha_new", .number(.nan)), ("alpha_new", .text("much")),
      ("half_life", .text("10")), ("half_life", .text("11y")), ("half_life", .text("-1d")),
      ("policy", .text("magic")),
      ("policy", .number(1)), ("mode", .text("OFF")), ("fixed", .number(3)), ("holdout", .number(0.6)),
      ("weight.user.thumb", .number(-1)), ("value.user.thumb", .number(0.5)), ("default_reward", .number(2)),
      ("text_to_video.weight.user.thumb", .number(1)),
    ])
  func refusals(key: String, value: Setting) {
    let errors = refusal([(key, value)])
    #expect(errors?.items.map(\.key) == [key])
    #expect(errors?.items.first?.message.isEmpty == false)
  }

  @Test("all or nothing: one bad setting among good ones changes nothing, and every bad one is named")
  func atomicity() throws {
    let governance = try Governance([("alpha_est", .number(0.2))])
    let errors = refusal(
      [("half_life", .text("7d")), ("alpha_new", .number(7)), ("alpha_est", .none), ("nonsense", .none)],
      to: governance)
    #expect(errors?.items.map(\.key) == ["alpha_new", "nonsense"])
    #expect(errors.map { "\($0)".contains("alpha_new: must be") } == true)
  }

  @Test("bounds of κ that cross are refused, however they come to cross")
  func crossing() throws {
    // The defaults are 2 and 400.
    #expect(refusal([("kappa_minimum", .number(500))]) != nil)
    #expect(refusal([("kappa_maximum", .number(1))]) != nil)
    #expect(refusal([("text_to_video.kappa_minimum", .number(500))]) != nil)
    let wide = try Governance([("kappa_minimum", .number(500)), ("kappa_maximum", .number(1_000))])
    #expect(wide.rules(for: nil).shrinkageMinimum == 500)
    #expect(refusal([("kappa_maximum", .none)], to: wide) != nil)
    #expect(refusal([("image_to_video.kappa_maximum", .number(300))], to: wide) != nil)
  }

  @Test("what a person types becomes a number, a text or nothing")
  func typed() {
    #expect(Setting(typed: "0.5") == .number(0.5))
    #expect(Setting(typed: "15m") == .text("15m"))
    #expect(Setting(typed: "null") == .none)
    #expect(Setting(typed: "") == .none)
    #expect(Setting.number(20).description == "20")
    #expect(Setting.number(0.05).description == "0.05")
    #expect(Setting.none.description == "null")
  }
}
