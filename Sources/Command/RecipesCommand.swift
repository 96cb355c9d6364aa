import ArgumentParser
import Foundation
import Recipes
import Wire

/// `pointsman recipes`: what capabilities mean, and who changed it.
struct RecipesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipes", abstract: "Show and change what capabilities mean.",
    subcommands: [List.self, Show.self, Put.self, Serve.self, History.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the newest version of every recipe, and which of them serve.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await server.client().get("/v1/recipes")
      output.show(answer) { RecipesCommand.list(answer) }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a recipe as JSON, which `recipes put` takes.")

    @OptionGroup var recipe: NamedRecipe
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await recipe.answer()
      output.show(answer) {
        String(decoding: (answer["recipe"] ?? .null).serialized(pretty: true), as: UTF8.self)
      }
    }
  }

  struct Put: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a recipe down as a new version; the same again is none.")

    @Argument(help: "A file of YAML or JSON.", completion: .file())
    var file: String

    @OptionGroup var signature: Signature
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let recipe = try RecipeFile.read(file)
      var members = signature.members
      members.append(.init("recipe", try JSONValue.parse(recipe.bytes)))
      let answer = try await server.client().put(
        Client.path("v1", "recipes", recipe.name), .object(members))
      output.show(answer) { "recipe \(recipe.name) is at version \(answer.text("version"))" }
    }
  }

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Choose the recipe that serves its capability from now on.")

    @Argument(help: "The recipe's name; a capability for its built-in one.")
    var name: String

    @OptionGroup var signature: Signature
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await server.client().post(
        Client.path("v1", "recipes", name, "default"), .object(signature.members))
      output.show(answer) { "\(answer.text("capability")) is served by \(answer.text("recipe"))" }
    }
  }

  struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show every version of a recipe, with its author and reason.")

    @OptionGroup var recipe: NamedRecipe
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await recipe.answer()
      let history = answer["history"] ?? .array([])
      output.show(["history": history]) { RecipesCommand.history(history) }
    }
  }

  /// A recipe to be looked at, and the router that has it.
  struct NamedRecipe: ParsableArguments {
    @Argument(help: "The recipe's name, with @VERSION for an older one; a capability for its built-in one.")
    var name: String

    @OptionGroup var server: ServerOptions

    func answer() async throws -> JSONValue {
      try await server.client().get(Client.path("v1", "recipes", name))
    }
  }

  /// Who changes something, and why.
  struct Signature: ParsableArguments {
    @Option(help: "Why; kept in the history.")
    var reason: String

    @Option(help: "Who; kept in the history. The name of this account when not given.")
    var author: String?

    func validate() throws {
      if reason.allSatisfy(\.isWhitespace) {
        throw ValidationError("--reason is empty; say why, for those who come later")
      }
    }

    var members: [JSONValue.Member] {
      let account = ProcessInfo.processInfo.environment["USER"].flatMap { $0.isEmpty ? nil : $0 }
      return [
        .init("author", .string(author ?? account ?? "command line")), .init("reason", .string(reason)),
      ]
    }
  }

  static func list(_ answer: JSONValue) -> String {
    let serving = answer["serving"]?.arrayValue ?? []
    var table = TextTable(
      .text("recipe"), .text("capability"), .number("steps"), .number("version"), .text("origin"),
      .text("serves"), .text("title", limit: 60))
    for recipe in answer["recipes"]?.arrayValue ?? [] {
      let serves = serving.contains { $0["recipe"] == recipe["name"] }
      table.add(
        recipe.text("name"), recipe.text("capability"), recipe.text("steps"), recipe.text("version"),
        recipe.text("origin"), serves ? "yes" : "", recipe.text("title"))
    }
    let builtIn = serving.filter { $0["recipe"] == $0["capability"] }.map { $0.text("capability") }
    return table.text + (builtIn.isEmpty ? "" : "\none job each: " + builtIn.joined(separator: ", "))
  }

  static func history(_ history: JSONValue) -> String {
    var table = TextTable(
      .number("version"), .text("at"), .text("origin"), .text("author"), .text("reason", limit: 80))
    for version in history.arrayValue ?? [] {
      table.add(
        version.text("version"), version["at"]?.stringValue ?? "", version.text("origin"),
        version.text("author"), version.text("reason"))
    }
    return table.text
  }
}
