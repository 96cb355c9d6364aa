import ArgumentParser
import Declarations
import Experiments
import Foundation
import Routing
import Wire

/// `pointsman catalogue`: who sells which model.
struct CatalogueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue",
    abstract:
      "Check a catalogue file, show candidates, ask a vendor for more, or make one for an outcome table.",
    subcommands: [Check.self, List.self, Discover.self, FromTable.self])

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check a file; every error is printed with its line.")

    @Argument(help: "The catalogue file.")
    var file: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
      let catalogue: Routing.Catalogue
      do throws(DeclarationErrors) { catalogue = try CatalogueFile.load(path: file) } catch {
        if output.json {
          let errors: [JSONValue] = error.errors.map {
            ["file": .string($0.file), "line": .integer(Int64($0.line)), "message": .string($0.message)]
          }
          output.show(["valid": false, "errors": .array(errors)]) { "" }
        } else {
          for fault in error.errors { Terminal.complain(TextTable.shown(fault.description)) }
        }
        throw CommandFailure(
          "\(file) has \(Figure.plural(error.errors.count, "error")); correct it and check again")
      }
      let json: JSONValue = [
        "valid": true, "providers": .integer(Int64(catalogue.providers.count)),
        "candidates": .integer(Int64(catalogue.candidates.count)),
        "regions": .integer(Int64(catalogue.regions.count)),
        "capabilities": .object(
          CatalogueCommand.capabilities(catalogue).map { .init($0.name, .integer(Int64($0.count))) }),
      ]
      output.show(json) { CatalogueCommand.counts(catalogue, file) }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the candidates of a file, or of the router.")

    @Argument(help: "The catalogue file; the router's candidates when not given.")
    var file: String?

    @Option(help: "Only those that can make this.")
    var capability: Capability?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      if file != nil, server.server != nil { throw ValidationError("give a file or --server, not both") }
    }

    func run() async throws {
      let answer: JSONValue
      if let file {
        let catalogue = try CatalogueFile.load(path: file)
        let candidates = catalogue.candidates.filter { candidate in
          capability.map { candidate.capabilities.contains($0) } ?? true
        }
        answer = ["candidates": .array(candidates.map(CandidateShape.json))]
      } else {
        answer = try await server.client().get("/v1/candidates", [("capability", capability?.name)])
      }
      output.show(answer) { CandidateShape.text(answer) }
    }
  }

  struct FromTable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "from-table",
      abstract: "Print a catalogue with one candidate per model of an outcome table.",
      discussion: """
        Redirect it to a file for `pointsman serve --catalogue`. In an id `_a` stands for A, `__` for /, `_-` for _ and \
        `_.xx` for any other byte of the model's name.
        """)

    @Argument(help: "The outcome table, one JSON object a line.")
    var table: String

    @Option(help: "What the models make.")
    var capability = Capability.textGeneration

    @Option(help: "The provider's id.")
    var provider = "table"

    func validate() throws {
      try CatalogueCommand.check(provider: provider)
    }

    func run() async throws {
      let outcomes = try OutcomeTable(path: table)
      outcomes.complain(about: table)
      let yaml = try TableCatalogue.yaml(outcomes, source: table, capability: capability, provider: provider)
      Terminal.write(Array(yaml.utf8))
    }
  }

  /// A provider's id takes what a catalogue file takes.
  static func check(provider: String) throws {
    guard provider.wholeMatch(of: /[a-z0-9._-]{1,64}/) != nil else {
      throw ValidationError("--provider must be of a–z, 0–9, '.', '_' and '-', got '\(provider)'")
    }
  }

  static func counts(_ catalogue: Routing.Catalogue, _ file: String) -> String {
    var table = TextTable(.text("capability"), .number("candidates"))
    for (name, count) in capabilities(catalogue) { table.add(name, "\(count)") }
    let parts = [
      Figure.plural(catalogue.providers.count, "provider"),
      Figure.plural(catalogue.candidates.count, "candidate"),
      Figure.plural(catalogue.regions.count, "region"),
    ]
    return "\(file) is valid: \(parts.joined(separator: ", "))\n\n" + table.text
  }

  private static func capabilities(_ catalogue: Routing.Catalogue) -> [(name: String, count: Int)] {
    Capability.allCases.compactMap { capability in
      let count = catalogue.candidates.count { $0.capabilities.contains(capability) }
      return count > 0 ? (capability.name, count) : nil
    }
  }
}

extension OutcomeTable {
  /// Reports the lines that were passed over: the first ten, and how many more.
  func complain(about path: String) {
    for fault in faults.prefix(10) {
      Terminal.complain("\(path): \(TextTable.shown(fault.description)); skipped")
    }
    if faults.count > 10 { Terminal.complain("\(path): \(faults.count - 10) more lines skipped") }
  }
}

/// Candidates in the shape in which a router answers, and in words.
enum CandidateShape {
  static func json(_ candidate: Candidate) -> JSONValue {
    [
      "candidate": .string(candidate.id), "provider": .string(candidate.provider),
      "model": .string(candidate.model),
      "capabilities": .array(candidate.capabilities.map { .string($0.name) }),
      "enabled": .bool(candidate.isEnabled),
      "only_by_name": .bool(candidate.isOnlyByName),
      "bid": .number(candidate.bid), "priority": .integer(Int64(candidate.priority)),
      "weight": .number(candidate.weight),
      "lifecycle": [
        "stage": .string(candidate.lifecycle.stage.rawValue),
        "ends": candidate.lifecycle.ends.map { .string(String($0.description.prefix(10))) } ?? .null,
        "replacement": candidate.lifecycle.replacement.map { .string($0) } ?? .null,
      ],
      "price": candidate.price.map { .object(parts($0)) } ?? .null,
      "limits": .object(limits(candidate.limits)),
      "prior": candidate.prior.map { ["quality": .number($0.quality), "mass": .number($0.mass)] } ?? .null,
    ]
  }

  private static func parts(_ price: Price) -> [JSONValue.Member] {
    let all = [
      ("per_request", price.perRequest), ("per_image", price.perImage), ("per_megapixel", price.perMegapixel),
      ("per_second", price.perSecond), ("per_minute", price.perMinute),
      ("per_million_input_tokens", price.perMillionInputTokens),
      ("per_million_output_tokens", price.perMillionOutputTokens),
      ("per_million_characters", price.perMillionCharacters),
    ]
    return all.filter { $0.1 != 0 }.map { .init($0.0, .number($0.1)) }
  }

  private static func limits(_ limits: Limits) -> [JSONValue.Member] {
    let counts = [
      ("max_width", limits.maximumWidth), ("max_height", limits.maximumHeight),
      ("max_input_tokens", limits.maximumInputTokens), ("max_output_tokens", limits.maximumOutputTokens),
      ("max_characters", limits.maximumCharacters), ("max_images", limits.maximumImages),
    ]
    let seconds = [("min_duration_s", limits.minimumDuration), ("max_duration_s", limits.maximumDuration)]
    return counts.compactMap { name, value in value.map { .init(name, .integer(Int64($0))) } }
      + seconds.compactMap { name, value in value.map { .init(name, .number($0)) } }
  }

  static func text(_ answer: JSONValue) -> String {
    var table = TextTable(
      .text("candidate"), .text("capabilities"), .text("stage"), .number("bid"), .number("priority"),
      .number("weight"),
      .text("price USD", limit: 70))
    for candidate in answer["candidates"]?.arrayValue ?? [] {
      let lifecycle = candidate["lifecycle"] ?? .null
      let ends = lifecycle.text("ends")
      let stage =
        if candidate["enabled"]?.boolValue == false {
          "disabled"
        } else if candidate["only_by_name"]?.boolValue == true {
          "only by name"
        } else {
          lifecycle.text("stage")
        }
      table.add(
        candidate.text("candidate"), candidate.list("capabilities"),
        ends.isEmpty ? stage : "\(stage) (\(ends))",
        Figure.fixed(candidate["bid"]?.doubleValue, 2), candidate.text("priority"),
        Figure.count(candidate["weight"]?.doubleValue),
        price(candidate["price"] ?? .null))
    }
    return table.rows.isEmpty ? "no candidates" : table.text
  }

  private static func price(_ price: JSONValue) -> String {
    guard let parts = price.members else { return "unknown" }
    let shown = parts.map { part in
      let unit = part.name.split(separator: "_").joined(separator: " ")
      return "\(Setting.number(part.value.doubleValue ?? 0)) \(unit)"
    }
    return shown.isEmpty ? "free" : shown.joined(separator: ", ")
  }
}
