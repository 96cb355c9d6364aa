import Routing

/// The policies that can take part, by the names that scenarios and commands use.
public enum PolicyName {
  /// The router's own, but for those that go by load and latency of the moment: a simulation has no executors to take
  /// them from.
  public static let production = PolicyKind.allCases.filter { $0.liveOrder == nil }.map(\.rawValue)
  /// Those that stand here for comparison.
  public static let comparison = ["random", "linucb", "lints", "knn"]
  /// Those that know the truth.
  public static let oracles = ["best_single", "best_per_region"]
  public static let all = production + comparison + oracles
}
