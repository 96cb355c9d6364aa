public import Credits
public import Routing

/// What a ledger refuses because it contradicts what is recorded. Nothing of the transaction is written.
public enum LedgerConflict: Error, Hashable, CustomStringConvertible {
  /// A second decision under the id of a first one that says something else.
  case otherDecision(Identifier)
  case epochOutOfOrder(expected: Int, got: Int)
  /// The state of epoch 0 is recorded already.
  case opened
  /// A job's change was made from another revision than the one stored; nil is for a job that is not there.
  case jobChanged(Identifier, stored: Int?, expected: Int?)
  /// The same of a delivery.
  case deliveryChanged(Identifier, stored: Int?, expected: Int?)
  /// The same of a generation.
  case generationChanged(Identifier, stored: Int?, expected: Int?)
  /// A job's log would have a gap, or the same number twice.
  case entryOutOfOrder(Identifier, expected: Int, got: Int)
  /// An entry of the books under a key that has one.
  case booked(String)
  /// An account that may not be below zero would be.
  case overdrawn(CreditAccountID)

  public var description: String {
    switch self {
    case .otherDecision(let id): "decision \(id) is recorded already, with another content"
    case .epochOutOfOrder(let expected, let got): "epoch \(got) cannot be recorded: \(expected) is next"
    case .opened: "the first epoch was opened before"
    case .jobChanged(let id, let stored, let expected):
      "job \(id) is at revision \(stored.map(String.init) ?? "none"), and the change was made from "
        + (expected.map(String.init) ?? "none")
    case .deliveryChanged(let id, let stored, let expected):
      "delivery \(id) is at revision \(stored.map(String.init) ?? "none"), and the change was made from "
        + (expected.map(String.init) ?? "none")
    case .generationChanged(let id, let stored, let expected):
      "generation \(id) is at revision \(stored.map(String.init) ?? "none"), and the change was made from "
        + (expected.map(String.init) ?? "none")
    case .entryOutOfOrder(let id, let expected, let got):
      "what happened to job \(id) cannot be recorded as number \(got): \(expected) is next"
    case .booked(let key): "'\(key)' is in the books already"
    case .overdrawn(let account): "account \(account) has too little for this"
    }
  }
}
