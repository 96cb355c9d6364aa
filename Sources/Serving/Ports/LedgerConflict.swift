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

  public var description: String {
    switch self {
    case .otherDecision(let id): "decision \(id) is recorded already, with another content"
    case .epochOutOfOrder(let expected, let got): "epoch \(got) cannot be recorded: \(expected) is next"
    case .opened: "the first epoch was opened before"
    case .jobChanged(let id, let stored, let expected):
      "job \(id) is at revision \(stored.map(String.init) ?? "none"), and the change was made from "
        + (expected.map(String.init) ?? "none")
    }
  }
}
