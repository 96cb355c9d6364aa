import Credits
import Jobs
import Routing
import Testing

@Suite("The books as a value")
struct CreditBookTests {
  static let now = BilledJob.start

  static func grant(_ cents: Int64, to account: CreditAccountID, _ number: UInt64 = 1) -> CreditChange {
    CreditChange(
      entry: .grant(
        BilledJob.cents(cents), to: account, id: Identifier(at: now, random: number, 3), at: now))
  }

  @Test("Postings that do not add up to zero are not read, nor an account twice")
  func balanced() {
    func posting(_ account: CreditAccountID, _ micros: Int64) -> Postings.Posting {
      .init(account, Money(micros: micros))
    }
    #expect(Postings([posting(.revenue, 5), posting(.funding, -5)]) != nil)
    #expect(Postings([posting(.revenue, 5), posting(.funding, -4)]) == nil)
    #expect(Postings([posting(.revenue, 5), posting(.revenue, -5)]) == nil)
    #expect(Postings([posting(.revenue, .max), posting(.funding, .max)]) == nil)
    #expect(Postings([]) == Postings())
  }

  @Test(
    "Accounts are called by their names",
    arguments: [
      ("tenant:acme", CreditAccountID.tenant("acme")), ("tenant:a:b", .tenant("a:b")), ("revenue", .revenue),
      ("pool:fal", .pool("fal")), ("tenant:", nil), ("tenant", nil), ("other:x", nil), ("", nil),
      ("funding", .funding), ("forwarded:fal", .forwarded("fal")),
    ] as [(String, CreditAccountID?)])
  func names(text: String, id: CreditAccountID?) {
    #expect(CreditAccountID(text) == id)
    if let id { #expect(id.description == text) }
  }

  @Test("A pool is empty when it was filled once and has nothing left")
  func pools() {
    var book = CreditBook()
    var cost = Postings()
    cost.move(BilledJob.cents(5), from: .pool("north"), to: .cost("north"))
    let spend = CreditChange(entry: CreditEntry(key: "c", kind: .cost, postings: cost, at: Self.now))
    book.apply(spend)
    #expect(book.emptyPools == [] && !book.isOpen(.pool("north")))
    book.apply(Self.grant(5, to: .pool("north")))
    #expect(book.emptyPools == ["north"] && book.balance(of: .pool("north")) == .zero)
    book.apply(Self.grant(1, to: .pool("north"), 2))
    #expect(book.emptyPools == [])
  }

  @Test("What is undone has never been")
  func undo() throws {
    var book = CreditBook()
    book.apply(Self.grant(5, to: .tenant("acme")))
    let before = book.accounts
    let change = try #require(BilledJob().changes.first)
    book.apply(change)
    #expect(book.balance(of: .tenant("acme")) == BilledJob.cents(2))
    #expect(book.spent(by: BilledJob.key, on: BudgetDay(Self.now)) == BilledJob.cents(3))
    book.undo(change)
    #expect(book.accounts == before && book.spent(by: BilledJob.key, on: BudgetDay(Self.now)) == .zero)
  }

  @Test("An account covers what it has, and not a millionth more")
  func balances() {
    var book = CreditBook()
    book.apply(Self.grant(3, to: .tenant("acme")))
    #expect(book.refusal(of: Money(micros: 30_000), for: "acme") == nil)
    #expect(
      book.refusal(of: Money(micros: 30_001), for: "acme")
        == .balance(.tenant("acme"), balance: Money(micros: 30_000), needed: Money(micros: 30_001)))
  }

  @Test("A budget holds for a day, begins again at midnight UTC, and is refused when it is used up")
  func budgets() throws {
    let key = APIKey(
      id: BilledJob.key, scopes: .execute, dailyBudget: BilledJob.cents(5), digest: [], created: Self.now)
    var book = CreditBook()
    let change = try #require(BilledJob().changes.first)
    #expect(book.refusal(of: BilledJob.cents(5), by: key, at: Self.now) == nil)
    book.apply(change)
    #expect(book.refusal(of: BilledJob.cents(2), by: key, at: Self.now) == nil)
    let again = Instant("2026-11-21T00:00:00Z")!
    #expect(
      book.refusal(of: BilledJob.cents(3), by: key, at: Self.now)
        == .budget(
          key: key.id, budget: BilledJob.cents(5), spent: BilledJob.cents(3), needed: BilledJob.cents(3),
          again: again))
    #expect(book.refusal(of: BilledJob.cents(3), by: key, at: again) == nil)
    #expect(book.refusal(of: .zero, by: key, at: Self.now) == nil)
    book.apply(
      CreditChange(use: BudgetUse(key: key.id, day: BudgetDay(Self.now), amount: BilledJob.cents(2))))
    #expect(book.refusal(of: .zero, by: key, at: Self.now) != nil)
  }

  @Test("Days are whole, before 1970 too")
  func days() {
    #expect(BudgetDay(Instant(microseconds: 0)).number == 0)
    #expect(BudgetDay(Instant(microseconds: 86_399_999_999)).number == 0)
    #expect(BudgetDay(Instant(microseconds: 86_400_000_000)).number == 1)
    #expect(BudgetDay(Instant(microseconds: -1)).number == -1)
    #expect(BudgetDay(number: 0).end == Instant(microseconds: 86_400_000_000))
  }

  @Test("Scopes are named, and admin is as good as any")
  func scopes() {
    #expect(KeyScopes(names: ["execute", "decide"])?.names == ["decide", "execute"])
    #expect(KeyScopes(names: ["everything"]) == nil && KeyScopes(names: [String]()) == nil)
    #expect(KeyScopes.admin.allow(.decide) && !KeyScopes.decide.allow(.execute))
    #expect(KeyScopes([.feedback]).allow([.feedback, .execute]))
  }
}
