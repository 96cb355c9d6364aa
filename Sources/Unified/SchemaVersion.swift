/// A version of the unified contract, as `schema_version` names it.
public enum SchemaVersion: String, CaseIterable, Hashable, Sendable {
  case v1_0 = "1.0"
  case v1_1 = "1.1"
  case v2_0 = "2.0"

  /// What requests are migrated to, and answers are made in.
  public static let current = SchemaVersion.v2_0

  public static let listing = allCases.map(\.rawValue).joined(separator: ", ")
}

/// A version that nobody here speaks.
public struct UnsupportedVersion: Error, Hashable, Sendable, CustomStringConvertible {
  /// As it was asked for.
  public var name: String

  public init(_ name: String) { self.name = name }

  public var description: String {
    "schema_version '\(name)' is not supported; this router speaks \(SchemaVersion.listing)"
  }
}
