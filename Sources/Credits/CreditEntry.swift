public import Routing

/// One entry of the books: what happened, and the postings that it made. Never changed; what was wrong is put right by
/// another one.
public struct CreditEntry: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Money put on an account from outside.
    case grant
    /// A job was taken in, and what it may cost set aside.
    case reserve
    /// A job succeeded: what it cost is paid, the rest given back.
    case settle
    /// A job failed, was canceled or expired: all that was set aside is given back.
    case refund
    /// What a provider charges has become known, before a job's end or after it.
    case cost
  }

  /// What it books. No two entries have the same: nothing is booked twice.
  public var key: String
  public var kind: Kind
  public var postings: Postings
  public var job: Identifier?
  public var at: Instant
  /// In a person's words.
  public var note: String?

  public init(
    key: String, kind: Kind, postings: Postings, job: Identifier? = nil, at: Instant, note: String? = nil
  ) {
    self.key = key
    self.kind = kind
    self.postings = postings
    self.job = job
    self.at = at
    self.note = note
  }

  /// Money put on an account.
  ///
  /// - Parameters:
  ///   - amount: below zero takes it back.
  ///   - id: of the grant; the same grant is booked once.
  public static func grant(
    _ amount: Money, to account: CreditAccountID, id: Identifier, at: Instant, note: String? = nil
  ) -> CreditEntry {
    var postings = Postings()
    postings.move(amount, from: .funding, to: account)
    return CreditEntry(key: "grant:\(id)", kind: .grant, postings: postings, at: at, note: note)
  }
}

/// An entry with its place among all.
public struct NumberedCreditEntry: Hashable, Sendable {
  /// From 1, ascending.
  public var sequence: Int64
  public var entry: CreditEntry

  public init(sequence: Int64, entry: CreditEntry) {
    self.sequence = sequence
    self.entry = entry
  }
}

/// What one event changes in the books and in a key's day, stored with what caused it.
public struct CreditChange: Hashable, Sendable {
  public var entry: CreditEntry?
  public var use: BudgetUse?

  public init(entry: CreditEntry? = nil, use: BudgetUse? = nil) {
    self.entry = entry
    self.use = use
  }

  public var isEmpty: Bool { entry == nil && use == nil }

  /// Providers whose pool it moves.
  public var pools: Set<String> {
    Set(
      (entry?.postings.list ?? []).compactMap { posting in
        if case .pool(let provider) = posting.account { provider } else { nil }
      })
  }
}
