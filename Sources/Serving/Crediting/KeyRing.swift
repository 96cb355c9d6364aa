public import Credits
import Crypto
public import Routing
import Synchronization

/// The keys that open this router, found by the digest of their secret: in memory, without waiting for anybody.
public final class KeyRing: Sendable {
  /// SHA-256 of a secret.
  struct Digest: Hashable {
    let first, second, third, fourth: UInt64

    init(_ digest: SHA256Digest) {
      (first, second, third, fourth) = digest.withUnsafeBytes { bytes in
        (
          bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        )
      }
    }

    /// Nil unless there are 32 bytes.
    init?(_ bytes: [UInt8]) {
      guard bytes.count == 32 else { return nil }
      (first, second, third, fourth) = bytes.withUnsafeBytes { bytes in
        (
          bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        )
      }
    }

    /// In the same time whatever the bytes are. How long the search for one takes tells of digests alone, and nobody
    /// can choose a secret by the beginning of its digest to any use.
    static func == (left: Digest, right: Digest) -> Bool {
      (left.first ^ right.first) | (left.second ^ right.second) | (left.third ^ right.third)
        | (left.fourth ^ right.fourth) == 0
    }
  }

  private struct State {
    var keys: [Digest: APIKey] = [:]
    /// Whether there ever was one.
    var isClosed = false
  }

  private let state = Mutex(State())

  init(_ keys: [APIKey]) { for key in keys { add(key) } }

  /// Whether no key was ever made, so that whoever reaches the router may do everything. Revoking the last key does not
  /// open it again.
  public var isOpen: Bool { state.withLock { !$0.isClosed } }

  /// Whether any key opens it.
  public var hasKeys: Bool { state.withLock { !$0.keys.isEmpty } }

  /// The key of a secret; nil when there is none, or no more.
  public func key(for secret: Substring) -> APIKey? {
    var hasher = SHA256()
    if secret.utf8.withContiguousStorageIfAvailable({
      hasher.update(bufferPointer: UnsafeRawBufferPointer($0))
    })
      == nil
    {
      hasher.update(data: Array(secret.utf8))
    }
    let digest = Digest(hasher.finalize())
    return state.withLock { $0.keys[digest] }
  }

  /// The key of an id; nil when there is none, or no more.
  func key(_ id: Identifier) -> APIKey? {
    state.withLock { state in state.keys.values.first { $0.id == id } }
  }

  func add(_ key: APIKey) {
    state.withLock { state in
      state.isClosed = true
      if key.revoked == nil, let digest = Digest(key.digest) { state.keys[digest] = key }
    }
  }

  func remove(_ id: Identifier) {
    state.withLock { state in state.keys = state.keys.filter { $0.value.id != id } }
  }
}

/// A key that was just made, with the secret that is told this once.
public struct NewKey: Sendable {
  public var key: APIKey
  public var secret: String

  /// - Parameter random: 32 bytes of the system's.
  public init(
    id: Identifier, name: String? = nil, scopes: KeyScopes, tenant: String? = nil, dailyBudget: Money? = nil,
    created: Instant, random: [UInt8] = NewKey.randomBytes()
  ) {
    let digits = Array("0123456789abcdef".unicodeScalars)
    var secret = "pmk_"
    for byte in random {
      secret.unicodeScalars.append(digits[Int(byte >> 4)])
      secret.unicodeScalars.append(digits[Int(byte & 15)])
    }
    self.secret = secret
    key = APIKey(
      id: id, name: name, scopes: scopes, tenant: tenant, dailyBudget: dailyBudget,
      digest: Array(SHA256.hash(data: Array(secret.utf8))), created: created)
  }

  public static func randomBytes() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}
