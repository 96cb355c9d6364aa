import Credits
import HTTPTypes
import Hummingbird
import Jobs
import Routing
import Serving
import Wire

/// `/v1/accounts`: what customers and pools have, what moved it, and grants.
struct AccountRoutes {
  let credits: CreditService
  let service: RoutingService
  /// Nil where nothing is executed here.
  let jobs: JobService?
  let limits: RequestLimits
  private let gate: IdempotencyGate

  init(credits: CreditService, service: RoutingService, jobs: JobService?, limits: RequestLimits) {
    self.credits = credits
    self.service = service
    self.jobs = jobs
    self.limits = limits
    gate = IdempotencyGate(service)
  }

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/accounts", use: list)
    router.get("v1/accounts/:id", use: read)
    router.get("v1/accounts/:id/entries", use: entries)
    router.post("v1/accounts/:id/grants", use: grant)
  }

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let accounts = credits.accounts
    return .json(reserving: accounts.count * 128 + 64) { writer in
      writer.objects("accounts", accounts) { $0.account($1) }
    }
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let account = try known(context)
    return .json { $0.account(account) }
  }

  private func entries(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("before", "limit")
    let account = try known(context)
    let limit = try request.number("limit", default: 50, in: 1...500)
    let before = try request.query("before").map { text in
      guard let number = Int64(text), number > 0 else {
        throw Problem.parameter("before", "must be the sequence of an entry, got '\(text)'")
      }
      return number
    }
    // One more tells whether there is a next page.
    let found = try service.ledger.creditEntries(of: account.id, before: before, limit: limit + 1)
    let page = Array(found.prefix(limit))
    return .json(reserving: page.count * 384 + 64) { writer in
      writer.field("account", account.id.description)
      writer.objects("entries", page) { $0.entry($1.entry, sequence: $1.sequence, on: account.id) }
      writer.field("next", found.count > limit ? page.last?.sequence : nil)
    }
  }

  private func grant(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.account()
    guard id.takesGrants else {
      throw Problem(
        .conflict, "no-grants", "Nobody grants to this account",
        "account '\(id)' is moved by jobs alone; grants go to tenant:NAME and pool:PROVIDER")
    }
    let body = try await request.bytes(limit: limits.smallBody)
    var reader = try FieldReader(try JSONValue.parse(body))
    let dollars = reader.double("amount_usd", in: -1e9...1e9)
    let note = reader.optionalString("note", length: 1...500)
    try reader.finish()
    guard let amount = Money(dollars: dollars), amount != .zero else {
      throw FieldErrors([FieldError(pointer: "/amount_usd", message: "must be a millionth or more, got 0")])
    }
    let (bytes, headers) = try await gate.once(request, "POST /v1/accounts/\(id)/grants", body: body) {
      try await grant(amount, to: id, note, keep: $0)
    }
    return .json(.created, headers: headers, bytes: bytes)
  }

  private func grant(
    _ amount: Money, to id: CreditAccountID, _ note: String?, keep: IdempotencyGate.Keep?
  ) async throws -> [UInt8] {
    var answer: (@Sendable (CreditEntry, CreditAccount) -> Answer)?
    if let keep { answer = { keep.answer(rendered($0, $1)) } }
    do {
      let (entry, account, pools) = try await credits.grant(amount, to: id, note: note, keep: answer)
      await jobs?.poolsChanged(pools)
      return rendered(entry, account)
    } catch let refusal as CreditRefusal {
      throw Problem.refused(refusal)
    }
  }

  private func known(_ context: RouterContext) throws -> CreditAccount {
    let id = try context.account()
    guard let account = credits.account(id) else {
      throw Problem.notFound("no entry speaks of account '\(id)'; a grant opens tenant:NAME or pool:PROVIDER")
    }
    return account
  }
}

/// The answer to a grant.
private func rendered(_ entry: CreditEntry, _ account: CreditAccount) -> [UInt8] {
  var writer = JSONWriter(reserving: 512)
  writer.object { writer in
    writer.object("entry") { $0.entry(entry, sequence: nil, on: account.id) }
    writer.object("account") { $0.account(account) }
  }
  return writer.bytes
}

extension JSONWriter {
  fileprivate mutating func account(_ account: CreditAccount) {
    field("id", account.id.description)
    field("balance_usd", account.balance.dollars)
    field("opened_at", account.opened?.description)
    field("entries", account.entries)
  }

  /// - Parameter sequence: nil where it is not known yet.
  fileprivate mutating func entry(_ entry: CreditEntry, sequence: Int64?, on account: CreditAccountID) {
    fieldIfPresent("sequence", sequence)
    field("key", entry.key)
    field("kind", entry.kind.rawValue)
    field("amount_usd", entry.postings[account].dollars)
    field("job", entry.job?.description)
    field("at", entry.at.description)
    field("note", entry.note)
    objects("postings", entry.postings.list) {
      $0.field("account", $1.account.description)
      $0.field("amount_usd", $1.amount.dollars)
    }
  }
}

extension RouterContext {
  fileprivate func account() throws -> CreditAccountID {
    let text = pathParameter("id")
    guard let id = CreditAccountID(text) else {
      throw Problem.notFound(
        "'\(text)' is no account; accounts are called tenant:NAME, pool:PROVIDER, revenue …")
    }
    return id
  }
}
