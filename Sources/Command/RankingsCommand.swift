import ArgumentParser
import Routing
import Wire

/// `pointsman rankings`: what is believed about every candidate of a capability.
struct RankingsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rankings",
    abstract: "Show what was learned about the candidates of a capability, best first.")

  @Option(help: "Such as text_to_video.")
  var capability: Capability

  @Option(help: "A region's id, as `pointsman regions list` shows them; all regions together when not given.")
  var region: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let answer = try await server.client().get(
      "/v1/rankings", [("capability", capability.name), ("region", region)])
    output.show(answer) { RankingsCommand.text(answer) }
  }

  static func text(_ answer: JSONValue) -> String {
    var table = TextTable(
      .text("candidate"), .number("agent rank"), .number("bid"), .number("quality"), .number("90 % interval"),
      .number("observations"), .number("P(best)"), .number("propensity"))
    for ranking in answer["rankings"]?.arrayValue ?? [] {
      let low = Figure.fixed(ranking["interval"]?[0]?.doubleValue, 3)
      let high = Figure.fixed(ranking["interval"]?[1]?.doubleValue, 3)
      table.add(
        ranking.text("candidate"), Figure.fixed(ranking["agent_rank"]?.doubleValue, 3),
        Figure.fixed(ranking["bid"]?.doubleValue, 2), Figure.fixed(ranking["quality"]?.doubleValue, 3),
        "\(low)–\(high)", Figure.count(ranking["observations"]?.doubleValue),
        Figure.fixed(ranking["best_probability"]?.doubleValue, 3),
        Figure.fixed(ranking["propensity"]?.doubleValue, 3))
    }
    let place = "\(answer.text("capability")), region \(answer.text("region")), epoch \(answer.text("epoch"))"
    let note =
      table.rows.isEmpty ? "no candidate serves this; `pointsman catalogue list` shows all" : table.text
    return TextTable.shown(place) + "\n\n" + note
  }
}
