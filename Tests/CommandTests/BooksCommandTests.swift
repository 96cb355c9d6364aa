import ArgumentParser
import Credits
import Foundation
import Persistence
import Routing
import Testing
import Wire

@testable import pointsman

@Suite("pointsman keys and credits, on a database")
struct BooksCommandTests {
  private func withDatabase(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "books-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appending(path: "p.db").path)
  }

  static let now = Instant("2026-11-20T10:00:00Z")!

  @Test("The first key is an administrator's; keys are shown without secrets and revoked once")
  func keys() throws {
    try withDatabase { path in
      func create(_ scopes: KeyScopes, tenant: String? = nil) throws -> JSONValue {
        try StoredKeys.create(
          scopes, name: "n", tenant: tenant, budget: Money(micros: 5_000_000), path, at: Self.now)
      }
      #expect(throws: CommandFailure.self) { try create(.decide) }
      let admin = try create(.admin)
      let other = try create([.decide, .execute], tenant: "acme")
      let list = try StoredKeys.list(path, at: Self.now)
      #expect(list["keys"]?.arrayValue?.count == 2)
      let secret = try #require(admin["secret"]?.stringValue)
      #expect(!String(decoding: list.serialized(), as: UTF8.self).contains(secret))
      #expect(KeysCommand.text(list).contains("decide, execute"))
      let id = try #require(other["id"]?.stringValue.flatMap { Identifier($0) })
      #expect(try StoredKeys.revoke(id, path, at: Self.now)["revoked_at"] != .null)
      #expect(throws: CommandFailure.self) { try StoredKeys.revoke(id, path, at: Self.now) }
    }
  }

  @Test("A grant opens an account, is shown, and cannot take back more than there is")
  func credits() throws {
    try withDatabase { path in
      _ = try StoredKeys.create(.admin, name: nil, tenant: nil, budget: nil, path, at: Self.now)
      let acme = CreditAccountID.tenant("acme")
      let granted = try StoredCredits.grant(
        Money(micros: 1_500_000), to: acme, note: "invoice 7", path, at: Self.now)
      #expect(granted["account"]?["balance_usd"] == 1.5)
      #expect(throws: CommandFailure.self) {
        try StoredCredits.grant(Money(micros: -1_500_001), to: acme, note: nil, path, at: Self.now)
      }
      let ledger = try SQLiteLedger(path: path, access: .readOnly)
      let entries = try StoredCredits.entries(acme, 50, ledger)
      #expect(CreditsCommand.entries(entries).contains("invoice 7"))
      #expect(
        CreditsCommand.table(try ledger.creditAccounts().map(StoredCredits.json)).contains("tenant:acme"))
      #expect(throws: CommandFailure.self) { try StoredCredits.entries(.tenant("beta"), 50, ledger) }
      try ledger.close()
    }
  }

  @Test(
    "What is asked wrongly is met with what is wanted",
    arguments: [
      ["keys", "create", "--scope", "everything"], ["keys", "create", "--scope", "decide,"],
      ["keys", "create", "--scope", "decide", "--budget-per-day", "-1"],
      ["credits", "grant", "revenue", "5"], ["credits", "grant", "tenant:acme", "0"],
      ["credits", "show", "acme"],
      ["credits", "entries", "tenant:acme", "--limit", "0"],
    ])
  func usage(arguments: [String]) {
    #expect(throws: (any Error).self) { try Pointsman.parseAsRoot(arguments) }
  }
}
