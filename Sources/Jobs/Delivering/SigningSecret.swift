public import Routing

/// What a customer's deliveries are signed with. Its key is told once, to whoever made it, and never printed.
public struct SigningSecret: Hashable, Sendable, CustomStringConvertible {
  public let id: Identifier
  /// Whose it is; nil for a router that serves one customer.
  public let tenant: String?
  public let key: [UInt8]
  public let created: Instant
  /// From when on it signs no more; nil when nothing has taken its place.
  public var expires: Instant?

  /// Bytes of a key: as many as the hash gives (RFC 2104, section 3).
  public static let keySize = 32

  public init(
    id: Identifier, tenant: String? = nil, key: [UInt8], created: Instant, expires: Instant? = nil
  ) {
    self.id = id
    self.tenant = tenant
    self.key = key
    self.created = created
    self.expires = expires
  }

  public func isValid(at now: Instant) -> Bool { expires.map { now < $0 } ?? true }

  public var description: String { "signing secret \(id)" }
}

extension Sequence<SigningSecret> {
  /// Those that sign now, the newest first.
  public func signing(at now: Instant) -> [SigningSecret] {
    filter { $0.isValid(at: now) }.sorted { $0.id > $1.id }
  }

  /// These as they are once another has taken their place: each signs on until `end` at the latest.
  public func ending(by end: Instant) -> [SigningSecret] {
    map { secret in
      var secret = secret
      secret.expires = Swift.min(secret.expires ?? end, end)
      return secret
    }
  }
}
