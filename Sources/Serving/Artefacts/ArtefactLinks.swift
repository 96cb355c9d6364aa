import Crypto
public import Jobs
public import Routing
import Synchronization

/// Links to artefacts that hold for a while: `/v1/artefacts/{name}?expires=…&signature=…`.
///
/// The keys are in the ledger; the newest signs, all that have not ended are honoured. A job is stored with the plain
/// address of its artefacts, and each answer signs them anew.
public final class ArtefactLinks: Sendable {
  /// Whether a file is handed out to those alone who have a link. Otherwise links are checked where they are used, and
  /// plain addresses do as well.
  public let isRequired: Bool
  private let ledger: any ArtefactLedger
  private let clock: any WallClock
  private let mint: @Sendable () -> Identifier
  private let life: @Sendable () -> Span
  private let keys: Mutex<[SigningSecret]>

  /// How long the keys before it hold beside a new one, unless said otherwise: as long as links live at most.
  public static let overlap = Span.days(7)

  /// Makes the first key where there is none.
  ///
  /// - Parameter life: how long a new link holds.
  /// - Throws: what the ledger throws.
  public init(
    ledger: any ArtefactLedger, isRequired: Bool, clock: any WallClock,
    mint: @escaping @Sendable () -> Identifier, life: @escaping @Sendable () -> Span
  ) throws {
    self.ledger = ledger
    self.isRequired = isRequired
    self.clock = clock
    self.mint = mint
    self.life = life
    keys = Mutex(try ledger.linkKeys())
    if keys.withLock({ $0.signing(at: clock.now).isEmpty }) { _ = try rotate(overlap: .seconds(0)) }
  }

  /// A new key signs from now on; those before it are honoured for a while.
  public func rotate(overlap: Span) throws -> SigningSecret {
    let now = clock.now
    let key = SigningSecret(
      id: mint(), key: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }, created: now)
    try ledger.append(linkKey: key, endingOthers: now + overlap, at: now)
    let all = try ledger.linkKeys()
    keys.withLock { $0 = all }
    return key
  }

  /// The address with an expiry and a signature; nil for one that is not of an artefact of ours.
  public func link(to address: String) -> (address: String, expires: Instant)? {
    guard let name = ArtefactName(address: address) else { return nil }
    let now = clock.now
    guard let key = keys.withLock({ $0.signing(at: now).first }) else { return nil }
    // In whole seconds, as it stands in the link.
    let expires = (now + life()).microseconds / 1_000_000
    let signature = LinkSeal.signature(name.description, expires: expires, key: key.key)
    return (
      "\(address)?expires=\(expires)&signature=\(signature)",
      Instant(microseconds: expires * 1_000_000)
    )
  }

  /// What a request that asks for an artefact may have.
  public enum Pass: Hashable, Sendable {
    /// Until then; nil where nothing is asked for.
    case granted(until: Instant?)
    /// It has no signature, and needs one.
    case missing
    /// It held once.
    case expired
    case wrong
  }

  /// - Parameters:
  ///   - expires: as it stands in the request, seconds since 1970; nil when it does not.
  ///   - signature: likewise.
  public func pass(_ name: String, expires: String?, signature: String?) -> Pass {
    if expires == nil, signature == nil { return isRequired ? .missing : .granted(until: nil) }
    guard let signature, let seconds = expires.flatMap({ Int64($0) }), (0...1 << 40).contains(seconds)
    else { return .wrong }
    let now = clock.now
    let isSigned = keys.withLock { $0.signing(at: now) }.contains {
      LinkSeal.isValid(signature, name, expires: seconds, key: $0.key)
    }
    // Told only to whoever once had a link: others learn nothing of what a good one is.
    guard isSigned else { return .wrong }
    let end = Instant(microseconds: seconds * 1_000_000)
    return now < end ? .granted(until: end) : .expired
  }
}
