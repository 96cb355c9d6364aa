public import Routing

/// What a ledger refuses because it contradicts what is recorded. Nothing of the transaction is written.
public enum LedgerConflict: Error, Hashable, CustomStringConvertible {
  /// A second decision under the id of a first one that says something else.
  case otherDecision(Identifier)
  case epochOutOfOrder(expected: Int, got: Int)
  /// The state of epoch 0 is recorded already.
  case opened

  public var description: String {
    switch self {
    case .otherDecision(let id): "decision \(id) is recorded already, with another content"
    case .epochOutOfOrder(let expected, let got): "epoch \(got) cannot be recorded: \(expected) is next"
    case .opened: "the first epoch was opened before"
    }
  }
}
