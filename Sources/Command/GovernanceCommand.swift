import ArgumentParser
import Foundation
import Persistence
import Routing
import Serving
import Wire

/// `pointsman governance`: the operator's settings.
struct GovernanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "governance",
    abstract: "Show or change the settings by which the router decides and learns.",
    subcommands: [Show.self, Change.self, History.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show every parameter with its value and its default.")

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        let ledger = try SQLiteLedger(path: path, access: .readOnly)
        defer { try? ledger.close() }
        answer = try StoredGovernance.settings(ledger)
      } else {
        answer = try await source.server.client().get("/v1/governance")
      }
      output.show(answer) { GovernanceText.settings(answer) }
    }
  }

  struct Change: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "Change parameters; all or none, from the next epoch on.",
      discussion:
        "KEY is a parameter, or capability.parameter for one capability. An empty value or null takes it back."
    )

    @Argument(
      help: ArgumentHelp("Such as half_life=7d or text_to_video.policy=thompson.", valueName: "key=value"))
    var changes: [Assignment]

    @Option(help: "Why; kept in the history.")
    var reason: String

    @Option(help: "Who; kept in the history. The name of this account when not given.")
    var author: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      if reason.allSatisfy(\.isWhitespace) {
        throw ValidationError("--reason is empty; say why, for those who come later")
      }
      let keys = changes.map(\.key)
      if let twice = keys.first(where: { key in keys.count { $0 == key } > 1 }) {
        throw ValidationError("'\(twice)' is given twice")
      }
    }

    func run() async throws {
      let account = ProcessInfo.processInfo.environment["USER"].flatMap { $0.isEmpty ? nil : $0 }
      let body: JSONValue = [
        "parameters": .object(changes.map { .init($0.key, $0.value) }),
        "author": .string(author ?? account ?? "command line"), "reason": .string(reason),
      ]
      let answer = try await server.client().patch("/v1/governance", body)
      output.show(answer) {
        "version \(answer.text("version")) takes effect with epoch \(answer.text("effective_epoch"))"
      }
    }
  }

  struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show every change, with its author and reason.")

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        let ledger = try SQLiteLedger(path: path, access: .readOnly)
        defer { try? ledger.close() }
        answer = try StoredGovernance.history(ledger)
      } else {
        answer = try await source.server.client().get("/v1/governance/history")
      }
      output.show(answer) { GovernanceText.history(answer) }
    }
  }
}

/// `key=value`, as it is typed.
struct Assignment: ExpressibleByArgument, Equatable {
  var key: String
  var value: JSONValue

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else { return nil }
    key = String(argument[..<sign])
    value = Setting(typed: String(argument[argument.index(after: sign)...])).json
  }
}

extension Setting {
  var json: JSONValue {
    switch self {
    case .number(let value): .number(value)
    case .text(let text): .string(text)
    case .none: .null
    }
  }
}

/// Governance in words.
enum GovernanceText {
  static func settings(_ answer: JSONValue) -> String {
    let values = answer["parameters"] ?? .null
    var table = TextTable(
      .text("parameter", limit: 40), .text("value"), .text("default"), .text("accepts"),
      .text("meaning", limit: 90))
    for definition in answer["definitions"]?.arrayValue ?? [] {
      let name = definition.text("name")
      let value = shown(values[name])
      let usual = shown(definition["default"])
      table.add(
        name, value, value == usual ? "" : usual, definition.text("accepts"), definition.text("meaning"))
    }
    var text = "version \(answer.text("version"))"
    text += "\n\n" + table.text
    let overrides = (answer["overrides"]?.members ?? []).filter { values[$0.name] == nil }
    if !overrides.isEmpty {
      var table = TextTable(.text("for one capability"), .text("value"))
      for member in overrides { table.add(member.name, shown(member.value)) }
      text += "\n\n" + table.text
    }
    if let pending = answer["pending"], !pending.isNull {
      let changed = (pending["parameters"]?.members ?? []).filter {
        shown($0.value) != shown(values[$0.name])
      }
      let next = (pending["overrides"]?.members ?? []).filter {
        values[$0.name] == nil && shown($0.value) != shown(answer["overrides"]?[$0.name])
      }
      let gone = overrides.filter { pending["overrides"]?[$0.name] == nil }
      let parts =
        (changed + next).map { "\($0.name)=\(shown($0.value))" } + gone.map { "\($0.name) taken back" }
      text += "\n\nfrom the next epoch on (version \(pending.text("version"))): "
      text += parts.isEmpty ? "the same" : TextTable.shown(parts.joined(separator: ", "))
    }
    return text
  }

  static func history(_ answer: JSONValue) -> String {
    var table = TextTable(
      .number("version"), .text("at"), .text("author"),
      .text("settings that differ from the defaults", limit: 100),
      .text("reason", limit: 100))
    for change in answer["changes"]?.arrayValue ?? [] {
      let settings = (change["parameters"]?.members ?? []).map { "\($0.name)=\(shown($0.value))" }
      table.add(
        change.text("version"), change.text("at"), change.text("author"), settings.joined(separator: ", "),
        change.text("reason"))
    }
    return table.rows.isEmpty ? "nothing was ever changed" : table.text
  }

  static func shown(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text): text
    case .integer(let integer): "\(integer)"
    case .number(let number): Setting.number(number).description
    case .bool(let flag): "\(flag)"
    default: "null"
    }
  }
}

/// Governance of a database, in the shape in which a router answers.
enum StoredGovernance {
  static func settings(_ ledger: SQLiteLedger) throws -> JSONValue {
    let recovery = try ledger.recover()
    let version = recovery.state?.governanceVersion ?? recovery.governance.version
    let current = try ledger.governance(version: version) ?? recovery.governance
    let isPending = recovery.governance.version != current.version
    var members: [JSONValue.Member] = [
      .init("version", .integer(Int64(current.version))),
      .init("effective_epoch", .integer(Int64(recovery.state?.epoch ?? 0))),
    ]
    members += shape(current.value)
    let pending: [JSONValue.Member] =
      [.init("version", .integer(Int64(recovery.governance.version)))] + shape(recovery.governance.value)
    members.append(.init("pending", isPending ? .object(pending) : .null))
    members.append(.init("definitions", .array(Parameter.all.map(definition))))
    return .object(members)
  }

  static func history(_ ledger: SQLiteLedger) throws -> JSONValue {
    [
      "changes": .array(
        try ledger.governanceHistory().map { change in
          [
            "version": .integer(Int64(change.version)), "at": .string(change.at.description),
            "author": .string(change.author), "reason": .string(change.reason),
            "parameters": .object(change.governance.settings.map { .init($0.key, $0.value.json) }),
          ]
        })
    ]
  }

  private static func shape(_ governance: Routing.Governance) -> [JSONValue.Member] {
    let rules = governance.rules(for: nil)
    return [
      .init("parameters", .object(Parameter.all.map { .init($0.name, $0.value(in: rules).json) })),
      .init("overrides", .object(governance.settings.map { .init($0.key, $0.value.json) })),
    ]
  }

  private static func definition(_ parameter: Parameter) -> JSONValue {
    [
      "name": .string(parameter.name), "scope": parameter.scope == .router ? "router" : "capability",
      "accepts": .string(parameter.accepts), "default": parameter.defaultValue.json,
      "meaning": .string(parameter.meaning),
    ]
  }
}
