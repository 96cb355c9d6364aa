public import Routing

/// A decision with what it was made from.
public struct Answered: Sendable {
  public let decision: Decision
  public let choice: Choice
  /// What it depended on besides; nil where it was made again from its record.
  private let circumstances: Circumstances?
  private let tables: TableCache

  /// The snapshot that decided.
  public var snapshot: Snapshot {
    _read { yield tables.snapshot }
  }

  public init(
    decision: Decision, choice: Choice, tables: TableCache, circumstances: Circumstances? = nil
  ) {
    self.decision = decision
    self.choice = choice
    self.tables = tables
    self.circumstances = circumstances
  }

  /// Everyone who was not eligible, with the reason, by id.
  public var excluded: [Exclusion] {
    snapshot.exclusions(for: decision.intent, except: decision.eligible, circumstances)
  }

  /// An explored decision costs this much more than the preferred one would have; 0 where a price is unknown.
  public var subsidy: Money {
    guard choice.reason == .explore else { return .zero }
    let roster = snapshot[decision.intent.capability].roster
    let scene = choice.table.scene
    let work = decision.intent.assumedWork
    func dollars(_ arm: Int) -> Double? {
      roster.candidates[scene.arms[arm].position].price?.dollars(for: work)
    }
    guard let explored = dollars(choice.arm), let preferred = dollars(choice.preferred)
    else { return .zero }
    return Money(dollars: max(0, explored - preferred)) ?? .zero
  }
}
