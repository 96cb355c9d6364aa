import ArgumentParser
import Routing
import Wire

/// `pointsman cache`: results of earlier jobs that later ones may be answered with.
struct CacheCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Show how well the response cache serves, and drop answers from it.",
    subcommands: [Show.self, Clear.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show hits, misses and sizes since the start.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await server.client().get("/v1/cache")
      output.show(answer) { CacheCommand.text(answer) }
    }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Drop answers, all of them where no option says which.")

    @Option(
      help: "Those whose capability:candidate:prompt looks like this; * is any text, ? any character.")
    var pattern: String?

    @Option(help: "Those of one capability.")
    var capability: Capability?

    @Option(help: "Those of one provider.")
    var provider: String?

    @Option(help: "Those of one model, by its vendor's name.")
    var model: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await server.client().delete(
        "/v1/cache",
        [
          ("pattern", pattern), ("capability", capability?.name), ("provider", provider), ("model", model),
        ])
      output.show(answer) { "dropped \(answer.text("dropped")) cached answers" }
    }
  }

  static func text(_ answer: JSONValue) -> String {
    var table = TextTable(
      .text("tier"), .number("answers"), .number("bytes"), .number("of at most"), .number("hits"),
      .number("evictions"))
    for name in ["memory", "disk"] {
      guard let tier = answer[name] else { continue }
      table.add(
        name, tier.text("entries"), tier.text("bytes"), tier.text("most_bytes"), tier.text("hits"),
        tier.text("evictions"))
    }
    let rate =
      answer["hit_rate"]?.doubleValue.map { "\(($0 * 1_000).rounded() / 10) %" } ?? "nothing asked yet"
    return table.text + "\n\(answer.text("hits")) hits (\(answer.text("semantic_hits")) by similarity), "
      + "\(answer.text("misses")) misses: \(rate); strategy \(answer.text("strategy"))"
  }
}
