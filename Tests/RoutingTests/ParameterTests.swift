import Routing
import Testing

@Suite("Parameter")
struct ParameterTests {
  @Test("names are unique and lead to their parameter")
  func names() {
    #expect(Set(Parameter.all.map(\.name)).count == Parameter.all.count)
    for parameter in Parameter.all {
      #expect(Parameter.named(parameter.name)?.name == parameter.name)
      #expect(!parameter.meaning.isEmpty && !parameter.accepts.isEmpty)
    }
    #expect(Parameter.named("nonsense") == nil)
  }

  @Test("every default is accepted as a setting, and changes nothing", arguments: Parameter.all.map(\.name))
  func defaults(name: String) throws {
    let parameter = try #require(Parameter.named(name))
    let governance = try Governance([(name, parameter.defaultValue)])
    #expect(governance.rules(for: nil) == Rules())
    if parameter.defaultValue != .none { #expect(governance.settings.map(\.key) == [name]) }
  }

  @Test(
    "the parameters of the routing model are there, with its defaults",
    arguments: [
      ("epoch_interval", "15m"), ("half_life", "14d"), ("correction_horizon", "30d"), ("alpha_new", "0.5"),
      ("alpha_est", "0.1"), ("minimum_observations", "20"), ("ema", "posterior"), ("rater_cap", "0.2"),
      ("rater_cap_from", "10"), ("kappa_minimum", "2"), ("kappa_maximum", "400"), ("default_reward", "null"),
      ("exploration_share", "0.05"), ("exploration_grant", "50"), ("exploration_sharpness", "2"),
      ("optimism", "1"), ("change_threshold", "12"), ("policy", "agentrank"), ("mode", "apply"),
      ("holdout", "0"), ("novelty_floor", "null"), ("learned_regions", "24"), ("fixed", "null"),
      ("weight.user.thumb", "1"), ("weight.user.rating", "1"), ("weight.user.ticket", "1"),
      ("weight.user.download", "0.5"), ("weight.user.view", "0.1"), ("weight.user.regenerate", "0.5"),
      ("weight.review.agent", "0.7"), ("weight.reputation.erc8004", "0.5"), ("weight.comparison", "0.8"),
      ("weight.outcome.bad_output", "1"), ("weight.score", "1"), ("value.user.ticket", "0"),
      ("value.user.download", "0.9"), ("value.user.view", "0.6"), ("value.user.regenerate", "0.1"),
      ("value.outcome.bad_output", "0"),
    ])
  func model(name: String, value: String) {
    #expect(Parameter.named(name)?.defaultValue.description == value)
  }

  @Test(
    "names that the routing model gives without a default exist",
    arguments: ["feedback_window", "embedding_retention"])
  func named(name: String) {
    #expect(Parameter.named(name) != nil)
  }

  @Test(
    "a setting reaches just its own field",
    arguments: [
      ("half_life", Setting.text("1h")), ("rater_cap", .number(0.5)), ("default_reward", .number(0.3)),
      ("novelty_floor", .number(0.4)), ("policy", .text("thompson")), ("mode", .text("observe")),
      ("fixed", .text("a/x")), ("value.user.view", .number(0.7)), ("weight.score", .number(0.2)),
      ("decision_durability", .text("sync")), ("ema", .text("literal")),
    ])
  func fields(name: String, value: Setting) throws {
    let rules = try Governance([(name, value)]).rules(for: nil)
    for parameter in Parameter.all {
      #expect(parameter.value(in: rules) == (parameter.name == name ? value : parameter.defaultValue))
    }
  }
}
