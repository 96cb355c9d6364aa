public import Jobs
public import Routing

/// What a store of artefacts holds by this router's own account, who refers to it, and what links to it are signed with.
///
/// Who refers to an artefact is written with the job or the cached answer that does, in one transaction
/// (``LedgerBatch``); it ends with them. Names are content-addressed, so one file may have many who refer to it.
public protocol ArtefactLedger: Sendable {
  /// Records that a file was kept, now or again; what was to be removed is not any more.
  func note(_ artefact: ArtefactRecord) throws

  func artefactRecord(_ name: String) throws -> ArtefactRecord?

  /// By name.
  ///
  /// - Parameter after: only names behind it; nil for the first page.
  func artefactRecords(after: String?, limit: Int) throws -> [ArtefactRecord]

  /// Those that nobody refers to and that were last kept before an instant, those kept before an earlier one whoever
  /// refers to them, and those whose removal was begun; by name.
  func artefactRecords(
    unusedSince: Instant, keptBefore: Instant, after: String?, limit: Int
  ) throws -> [ArtefactRecord]

  /// Marks a file as being removed, when it is still to go.
  ///
  /// - Parameter isDue: asked within the transaction, of the record as it is then.
  /// - Returns: whether it is.
  func beginRemoval(of name: String, isDue: (ArtefactRecord) -> Bool) throws -> Bool

  /// Forgets a file that is gone, unless it was kept again.
  func endRemoval(of name: String) throws

  func artefactTotals() throws -> ArtefactTotals

  /// The keys of signed links, by id, expired or not.
  func linkKeys() throws -> [SigningSecret]

  /// Records a key; the others hold until `end` at the latest. Those that have ended by `now` are forgotten.
  func append(linkKey: SigningSecret, endingOthers end: Instant, at now: Instant) throws
}

/// A kept file, as the ledger has it.
public struct ArtefactRecord: Hashable, Sendable {
  public var name: String
  public var byteCount: Int
  /// When it was last copied in.
  public var kept: Instant
  /// Jobs and cached answers that refer to it.
  public var uses: Int
  /// Whether its removal was begun.
  public var isLeaving: Bool

  public init(name: String, byteCount: Int, kept: Instant, uses: Int = 0, isLeaving: Bool = false) {
    self.name = name
    self.byteCount = byteCount
    self.kept = kept
    self.uses = uses
    self.isLeaving = isLeaving
  }
}

public struct ArtefactTotals: Hashable, Sendable {
  public var count: Int
  public var bytes: Int
  /// Those among them that nobody refers to.
  public var unused: Int

  public init(count: Int = 0, bytes: Int = 0, unused: Int = 0) {
    self.count = count
    self.bytes = bytes
    self.unused = unused
  }
}

/// Who refers to an artefact, as a ledger keys it.
public enum ArtefactHolder {
  public static func job(_ id: Identifier) -> String { "job:\(id)" }
  public static func answer(_ key: String) -> String { "cache:\(key)" }
}

extension JobResult {
  /// The names of our own copies among its artefacts, with their sizes.
  public var copies: [(name: String, byteCount: Int)] {
    artefacts.compactMap { artefact in
      guard artefact.isCopied, let name = ArtefactName(address: artefact.url) else { return nil }
      return (name.description, artefact.byteCount ?? 0)
    }
  }
}
