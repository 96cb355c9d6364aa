import ArgumentParser
import Routing
import Serving
import Wire

/// `pointsman artefacts`: the copies of what jobs made.
struct ArtefactsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "artefacts",
    abstract: "Show the copies of what jobs made, and remove those that nobody needs.",
    subcommands: [List.self, Clean.self, Rotate.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what is kept, by name.")

    @Option(help: "How many at most, from 1 to 500.")
    var limit = 50

    @Option(help: "Only names behind this one.")
    var after: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      if !(1...500).contains(limit) { throw ValidationError("--limit must be from 1 to 500, got \(limit)") }
    }

    func run() async throws {
      let answer = try await server.client().get(
        "/v1/artefacts", [("limit", String(limit)), ("after", after)])
      output.show(answer) { ArtefactsCommand.text(answer) }
    }
  }

  struct Clean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Remove what no job and no cached answer refers to, and what is older than artefact_retention.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await server.client().post("/v1/artefacts:clean")
      output.show(answer) {
        let failed = answer["failed"]?.integerValue ?? 0
        let rest = failed == 0 ? "" : "; \(failed) could not be removed, the router's log says why"
        return "removed \(answer.text("removed")) files of \(answer.text("bytes")) bytes\(rest)"
      }
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sign links with a new key; those signed before hold on for a while.")

    @Option(help: "How long links signed before hold on at most, such as 24h, or 0s; 7d at most.")
    var overlap = "7d"

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard let span = Span(overlap), span <= ArtefactLinks.overlap else {
        throw ValidationError("--overlap must be a span of at most 7d, such as 24h, got \(overlap)")
      }
    }

    func run() async throws {
      let seconds = (Span(overlap) ?? ArtefactLinks.overlap).microseconds / 1_000_000
      let answer = try await server.client().post("/v1/artefact-keys", ["overlap_s": .integer(seconds)])
      output.show(answer) { "links are signed with key \(answer.text("id")) from now on" }
    }
  }

  static func text(_ answer: JSONValue) -> String {
    let files = answer["artefacts"]?.arrayValue ?? []
    guard !files.isEmpty else { return "no artefacts" }
    var table = TextTable(
      .text("name"), .number("bytes"), .text("kept"), .number("uses"))
    for file in files {
      table.add(file.text("name"), file.text("bytes"), file.text("kept_at"), file.text("uses"))
    }
    let totals = answer["totals"]
    let sum =
      "\n\(totals?.text("count") ?? "") files, \(totals?.text("bytes") ?? "") bytes, "
      + "\(totals?.text("unused") ?? "") of them used by nobody"
    let more = answer["next"]?.stringValue.map { "\nthere are more: --after \($0)" } ?? ""
    return table.text + sum + more
  }
}
