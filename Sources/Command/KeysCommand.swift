import ArgumentParser
import Credits
import Foundation
import Persistence
import Routing
import Serving
import Wire

/// `pointsman keys`: what callers open a router with.
struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Make, show and revoke the keys that callers open a router with.",
    discussion: """
      Without any key a router is open to its own machine and listens nowhere else. From the first key on, which must be \
      an administrator's, every request needs one: Authorization: Bearer KEY.
      """,
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key. It is shown once, and stored as a hash only.")

    @Option(help: "What it opens: decide, feedback, execute, admin, or several with commas.")
    var scope: String

    @Option(help: "Whose jobs alone it takes in and sees; everybody's when not given.")
    var tenant: String?

    @Option(
      help: ArgumentHelp(
        "What the jobs of a day (UTC) may come to; no bound when not given.", valueName: "usd"))
    var budgetPerDay: Double?

    @Option(help: "A name to know it by.")
    var name: String?

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    private var scopes: [String] {
      scope.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    func validate() throws {
      guard KeyScopes(names: scopes) != nil else {
        let known = KeyScopes.names.map(\.name).joined(separator: ", ")
        throw ValidationError("--scope must be of \(known), got '\(scope)'")
      }
      if let budgetPerDay, !(0...1e9).contains(budgetPerDay) {
        throw ValidationError("--budget-per-day must be from 0 to 1e9 dollars, got \(budgetPerDay)")
      }
      for (option, text) in [("--tenant", tenant), ("--name", name)] {
        if let text, !(1...200).contains(text.unicodeScalars.count) {
          throw ValidationError("\(option) must have 1 to 200 characters")
        }
      }
    }

    func run() async throws {
      let answer = try await source.answer {
        try StoredKeys.create(
          KeyScopes(names: scopes) ?? .decide, name: name, tenant: tenant,
          budget: budgetPerDay.flatMap { Money(dollars: $0) }, $0, at: SystemClock().now)
      } served: {
        var members: [JSONValue.Member] = [.init("scopes", .array(scopes.map { .string($0) }))]
        if let tenant { members.append(.init("tenant", .string(tenant))) }
        if let name { members.append(.init("name", .string(name))) }
        if let budgetPerDay { members.append(.init("budget_per_day_usd", .number(budgetPerDay))) }
        return try await $0.post("/v1/keys", .object(members))
      }
      output.show(answer) { answer.text("secret") }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show all keys, revoked ones too.")

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await source.answer {
        try StoredKeys.list($0, at: SystemClock().now)
      } served: {
        try await $0.get("/v1/keys")
      }
      output.show(answer) { KeysCommand.text(answer) }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Revoke a key, at once and for good.")

    @Argument(help: "The key's id.")
    var id: Identifier

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await source.answer {
        try StoredKeys.revoke(id, $0, at: SystemClock().now)
      } served: {
        try await $0.delete(Client.path("v1", "keys", id.description))
      }
      output.show(answer) { "key \(id) opens nothing any more" }
    }
  }

  static func text(_ answer: JSONValue) -> String {
    let keys = answer["keys"]?.arrayValue ?? []
    guard !keys.isEmpty else { return "no keys: a router on this database is open to its own machine" }
    var table = TextTable(
      .text("id"), .text("name"), .text("scopes"), .text("tenant"), .number("budget a day"),
      .number("spent today"), .text("created"), .text("revoked"))
    for key in keys {
      let scopes = (key["scopes"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
      table.add(
        key.text("id"), key["name"]?.stringValue ?? "", scopes, key["tenant"]?.stringValue ?? "",
        key["budget_per_day_usd"]?.doubleValue.map { "\($0)" } ?? "",
        key["spent_today_usd"]?.doubleValue.map { "\($0)" } ?? "", key.text("created_at"),
        key["revoked_at"]?.stringValue ?? "")
    }
    return table.text
  }
}

/// Keys of a database that no router runs on, in the shapes in which a router answers.
enum StoredKeys {
  static func create(
    _ scopes: KeyScopes, name: String?, tenant: String?, budget: Money?, _ path: String, at now: Instant
  ) throws -> JSONValue {
    // A new one is made where there is none: keys come before the first start beyond the loopback.
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let ledger = try SQLiteLedger(path: path, access: .readWrite)
    defer { try? ledger.close() }
    guard try scopes.contains(.admin) || !ledger.apiKeys().isEmpty else {
      throw CommandFailure("the first key must have the scope admin: from then on only such a key makes more")
    }
    let new = NewKey(
      id: IdentifierMint().next(at: now), name: name, scopes: scopes, tenant: tenant, dailyBudget: budget,
      created: now)
    try ledger.append(key: new.key)
    return .object((json(new.key, spent: .zero).members ?? []) + [.init("secret", .string(new.secret))])
  }

  static func list(_ path: String, at now: Instant) throws -> JSONValue {
    let ledger = try SQLiteLedger(path: path, access: .readOnly)
    defer { try? ledger.close() }
    let today = BudgetDay(now)
    let uses = try ledger.budgetUses(from: today).filter { $0.day == today }
    let spent = Dictionary(uses.map { ($0.key, $0.amount) }) { first, _ in first }
    return ["keys": .array(try ledger.apiKeys().map { json($0, spent: spent[$0.id] ?? .zero) })]
  }

  static func revoke(_ id: Identifier, _ path: String, at now: Instant) throws -> JSONValue {
    guard FileManager.default.fileExists(atPath: path) else { throw LedgerError.missing(path: path) }
    let ledger = try SQLiteLedger(path: path, access: .readWrite)
    defer { try? ledger.close() }
    guard try ledger.revokeKey(id, at: now), let key = try ledger.apiKeys().first(where: { $0.id == id })
    else { throw CommandFailure("no key that opens anything has the id \(id)") }
    return json(key, spent: .zero)
  }

  private static func json(_ key: APIKey, spent: Money) -> JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    return [
      "id": .string(key.id.description), "name": text(key.name),
      "scopes": .array(key.scopes.names.map { .string($0) }), "tenant": text(key.tenant),
      "budget_per_day_usd": key.dailyBudget.map { .number($0.dollars) } ?? .null,
      "spent_today_usd": .number(spent.dollars), "created_at": .string(key.created.description),
      "revoked_at": text(key.revoked?.description),
    ]
  }
}
