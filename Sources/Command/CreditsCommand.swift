public import ArgumentParser
public import Credits
import Foundation
import Persistence
import Routing
import Serving
import Wire

/// `pointsman credits`: what customers and pools have, what moved it, and grants.
struct CreditsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credits", abstract: "Show the books, and put money on accounts.",
    discussion: """
      Accounts are called tenant:NAME (what a customer may spend) and pool:PROVIDER (what is left of credits bought \
      beforehand); the others follow from what jobs do. A tenant has an account from its first grant on, and pays from \
      it; the jobs of one without are on the house.
      """,
    subcommands: [List.self, Show.self, Grant.self, Entries.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show all accounts; their balances together are zero.")

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        answer = try StoredCredits.reading(path) { ledger in
          ["accounts": .array(try ledger.creditAccounts().map(StoredCredits.json))]
        }
      } else {
        answer = try await source.server.client().get("/v1/accounts")
      }
      output.show(answer) { CreditsCommand.table(answer["accounts"]?.arrayValue ?? []) }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one account.")

    @Argument(help: "The account, such as tenant:acme.")
    var account: CreditAccountID

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        answer = try StoredCredits.reading(path) { StoredCredits.json(try StoredCredits.known(account, $0)) }
      } else {
        answer = try await source.server.client().get(Client.path("v1", "accounts", account.description))
      }
      output.show(answer) { CreditsCommand.table([answer]) }
    }
  }

  struct Entries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what moved an account, the latest first.")

    @Argument(help: "The account, such as tenant:acme.")
    var account: CreditAccountID

    @Option(help: "How many at most, from 1 to 500.")
    var limit = 50

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      if !(1...500).contains(limit) { throw ValidationError("--limit must be from 1 to 500, got \(limit)") }
    }

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        answer = try StoredCredits.reading(path) { try StoredCredits.entries(account, limit, $0) }
      } else {
        answer = try await source.server.client().get(
          Client.path("v1", "accounts", account.description, "entries"), [("limit", String(limit))])
      }
      output.show(answer) { CreditsCommand.entries(answer) }
    }
  }

  struct Grant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put money on tenant:NAME or pool:PROVIDER; an amount below zero takes it back.")

    @Argument(help: "The account, such as tenant:acme or pool:fal.")
    var account: CreditAccountID

    @Argument(help: ArgumentHelp("How much.", valueName: "usd"))
    var amount: Double

    @Option(help: "Why, for whoever reads the entries.")
    var note: String?

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard account.takesGrants else {
        throw ValidationError(
          "'\(account)' is moved by jobs alone; grants go to tenant:NAME and pool:PROVIDER")
      }
      guard (-1e9...1e9).contains(amount), let money = Money(dollars: amount), money != .zero else {
        throw ValidationError("the amount must be from a millionth to 1e9 dollars either way, got \(amount)")
      }
      if let note, !(1...500).contains(note.unicodeScalars.count) {
        throw ValidationError("--note must have 1 to 500 characters")
      }
    }

    func run() async throws {
      let answer: JSONValue
      if let path = source.database {
        answer = try StoredCredits.grant(
          Money(dollars: amount) ?? .zero, to: account, note: note, path, at: SystemClock().now)
      } else {
        var members: [JSONValue.Member] = [.init("amount_usd", .number(amount))]
        if let note { members.append(.init("note", .string(note))) }
        answer = try await source.server.client().post(
          Client.path("v1", "accounts", account.description, "grants"), .object(members))
      }
      output.show(answer) { CreditsCommand.table([answer["account"] ?? .null]) }
    }
  }

  static func table(_ accounts: [JSONValue]) -> String {
    guard !accounts.isEmpty else { return "the books are empty" }
    var table = TextTable(
      .text("account"), .number("balance (USD)"), .number("entries"), .text("opened"))
    for account in accounts {
      table.add(
        account.text("id"), String(format: "%.6f", account["balance_usd"]?.doubleValue ?? 0),
        account.text("entries"), account["opened_at"]?.stringValue ?? "")
    }
    return table.text
  }

  static func entries(_ answer: JSONValue) -> String {
    let entries = answer["entries"]?.arrayValue ?? []
    guard !entries.isEmpty else { return "no entries" }
    var table = TextTable(
      .text("at"), .text("kind"), .number("amount (USD)"), .text("job"), .text("note", limit: 48))
    for entry in entries {
      table.add(
        entry.text("at"), entry.text("kind"), String(format: "%.6f", entry["amount_usd"]?.doubleValue ?? 0),
        entry["job"]?.stringValue ?? "", entry["note"]?.stringValue ?? "")
    }
    let hasMore = answer["next"].map { $0.isNull ? "" : "\nthere are more; --limit shows up to 500" }
    return table.text + (hasMore ?? "")
  }
}

/// The books of a database, in the shapes in which a router answers.
enum StoredCredits {
  static func reading(_ path: String, _ body: (SQLiteLedger) throws -> JSONValue) throws -> JSONValue {
    let ledger = try SQLiteLedger(path: path, access: .readOnly)
    defer { try? ledger.close() }
    return try body(ledger)
  }

  static func known(_ id: CreditAccountID, _ ledger: SQLiteLedger) throws -> CreditAccount {
    guard let account = try ledger.creditAccounts().first(where: { $0.id == id }) else {
      throw CommandFailure("no entry speaks of account '\(id)'")
    }
    return account
  }

  static func entries(_ id: CreditAccountID, _ limit: Int, _ ledger: SQLiteLedger) throws -> JSONValue {
    let account = try known(id, ledger)
    let found = try ledger.creditEntries(of: account.id, before: nil, limit: limit + 1)
    let page = found.prefix(limit)
    let next = found.count > limit ? page.last.map { JSONValue.integer($0.sequence) } : nil
    return [
      "account": .string(id.description), "next": next ?? .null,
      "entries": .array(page.map { json($0.entry, sequence: $0.sequence, on: id) }),
    ]
  }

  static func grant(
    _ amount: Money, to id: CreditAccountID, note: String?, _ path: String, at now: Instant
  ) throws -> JSONValue {
    guard FileManager.default.fileExists(atPath: path) else { throw LedgerError.missing(path: path) }
    let ledger = try SQLiteLedger(path: path, access: .readWrite)
    defer { try? ledger.close() }
    let entry = CreditEntry.grant(amount, to: id, id: IdentifierMint().next(at: now), at: now, note: note)
    var batch = LedgerBatch()
    batch.credits = [CreditChange(entry: entry)]
    do { _ = try ledger.append(batch) } catch LedgerConflict.overdrawn(let account) {
      throw CommandFailure("account '\(account)' has less than is to be taken back")
    }
    return ["entry": json(entry, sequence: nil, on: id), "account": json(try known(id, ledger))]
  }

  static func json(_ account: CreditAccount) -> JSONValue {
    [
      "id": .string(account.id.description), "balance_usd": .number(account.balance.dollars),
      "opened_at": account.opened.map { .string($0.description) } ?? .null,
      "entries": .integer(Int64(account.entries)),
    ]
  }

  private static func json(_ entry: CreditEntry, sequence: Int64?, on id: CreditAccountID) -> JSONValue {
    var members: [JSONValue.Member] = []
    if let sequence { members.append(.init("sequence", .integer(sequence))) }
    members += [
      .init("key", .string(entry.key)), .init("kind", .string(entry.kind.rawValue)),
      .init("amount_usd", .number(entry.postings[id].dollars)),
      .init("job", entry.job.map { .string($0.description) } ?? .null),
      .init("at", .string(entry.at.description)), .init("note", entry.note.map { .string($0) } ?? .null),
      .init(
        "postings",
        .array(
          entry.postings.list.map {
            ["account": .string($0.account.description), "amount_usd": .number($0.amount.dollars)]
          })),
    ]
    return .object(members)
  }
}

extension CreditAccountID: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}
