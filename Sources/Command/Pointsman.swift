import ArgumentParser
import Foundation

/// The root of the command line.
@main
struct Pointsman: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pointsman",
    abstract: "Routes every intent to the provider that serves it best, and learns which one that is.",
    discussion: """
      Commands print tables for people; --json prints JSON for programs. The router they talk to is given by --server or \
      by \(ServerOptions.variable), and is \(ServerOptions.standard) otherwise; the key to it, where it has keys, by \
      \(Client.keyVariable).
      """,
    subcommands: [
      Serve.self, DecideCommand.self, FeedbackCommand.self, ExplainCommand.self, RankingsCommand.self,
      RegionsCommand.self, CatalogueCommand.self, CostsCommand.self, GovernanceCommand.self, PlayCommand.self,
      VerifyCommand.self,
      ReplayCommand.self, EvaluateCommand.self, SimulateCommand.self, ExportCommand.self, BackupCommand.self,
      SandboxCommand.self, ComposeCommand.self, DeliveriesCommand.self, RecipesCommand.self,
      ArtefactsCommand.self, CacheCommand.self, KeysCommand.self, CreditsCommand.self,
    ])

  /// Exit codes: 0, 1 for what failed, 2 for what was asked wrongly. Replaces ArgumentParser's own `main`, which has
  /// another code for the last and spreads errors over several lines.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let ending = Ending(error)
      if let output = ending.output { Terminal.print(output) }
      if let complaint = ending.complaint { Terminal.complain(complaint) }
      Foundation.exit(ending.code)
    }
  }
}

/// How the program ends on an error: what to print where, and the exit code.
struct Ending: Equatable {
  /// For standard output: help and the like, which ArgumentParser delivers as errors.
  var output: String?
  /// For standard error, one line.
  var complaint: String?
  var code: Int32

  init(_ error: any Error) {
    if let failure = error as? CommandFailure {
      complaint = failure.line.map { "pointsman: \($0)" }
      code = 1
      return
    }
    let status = Pointsman.exitCode(for: error)
    switch status {
    case .success:
      output = Pointsman.fullMessage(for: error)
      code = 0
    case .validationFailure:
      let full = Pointsman.fullMessage(for: error)
      let hint = full.firstMatch(of: /See '([^']+)'/).map { "; see `\($0.output.1)`" } ?? ""
      complaint = "pointsman: \(Ending.oneLine(Pointsman.message(for: error)))\(hint)"
      code = 2
    default:
      let text = Ending.oneLine("\(error)")
      if !(error is ExitCode) { complaint = "pointsman: \(text)" }
      code = 1
    }
  }

  /// Several lines as one; a list at the end of them as a list after a colon.
  static func oneLine(_ text: String) -> String {
    var line = ""
    for part in text.split(whereSeparator: \.isNewline) {
      let part = part.trimmingCharacters(in: .whitespaces)
      guard !part.isEmpty else { continue }
      if part.hasPrefix("- ") {
        line += (line.hasSuffix(":") ? " " : ", ") + part.dropFirst(2)
      } else {
        line += (line.isEmpty ? "" : "; ") + part
      }
    }
    return line.hasSuffix(".") ? String(line.dropLast()) : line
  }
}
