public import Routing

/// How long copies are kept. A value: what is to go is decided here, and again by the same in the ledger's transaction.
public struct ArtefactRetention: Hashable, Sendable {
  /// How long after it was last kept a file goes, whoever refers to it.
  public var longest: Span
  /// How long a file stays to which nobody refers: longer than a job takes between the copy and its end.
  public var unused: Span

  /// A copy may take ten minutes (``JobRules/copyLimit``), and a job has several.
  public static let grace = Span.hours(1)

  public init(longest: Span, unused: Span = ArtefactRetention.grace) {
    self.longest = longest
    self.unused = unused
  }

  public enum Verdict: Hashable, Sendable {
    case stays
    /// Nobody refers to it.
    case unused
    case expired
  }

  public func verdict(on record: ArtefactRecord, at now: Instant) -> Verdict {
    if record.kept < now - longest { return .expired }
    // One whose removal was begun and not ended may be gone already.
    if record.isLeaving { return .unused }
    return record.uses == 0 && record.kept < now - unused ? .unused : .stays
  }
}

/// What a cleaning did.
public struct ArtefactCleaning: Hashable, Sendable {
  public var removed = 0
  public var bytes = 0
  /// Of the removed, those that somebody still referred to.
  public var expired = 0
  /// Files that the store would not remove; the next cleaning tries again.
  public var failed = 0

  public init() {}
}

public enum ArtefactRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// One cleaning at a time.
  case cleaning
  /// The file was being removed while it was copied in; another copy puts it back.
  case removedMeanwhile(name: String)

  public var description: String {
    switch self {
    case .cleaning: "the artefacts are being cleaned already"
    case .removedMeanwhile(let name): "\(name) was being removed while it was copied in; copy it again"
    }
  }
}
