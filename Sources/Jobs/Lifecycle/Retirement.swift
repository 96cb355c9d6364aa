public import Routing

/// A candidate's end, near or come.
public struct LifecycleEvent: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// It works until a date, and that is near or new to us.
    case endsSoon = "ends_soon"
    /// It works, and its vendor advises against it.
    case turnedLegacy = "turned_legacy"
    /// Its date has come.
    case ended
    /// A vendor answered that it is gone.
    case foundGone = "found_gone"
  }

  public var kind: Kind
  public var candidate: String
  public var at: Instant
  /// The date, where there is one.
  public var ends: Instant?
  /// Who could take its place.
  public var replacement: String?
  /// The vendor's words.
  public var message: String?
}

/// When candidates leave the market.
public enum Retirement {
  /// Answers in a row, each after a pause of the candidate's circuit, from which a candidate counts as gone. One such
  /// answer alone can be a vendor's bad deployment, and a market should not lose a candidate for good to that.
  public static let confirmations = 3

  /// What a failed attempt says about its candidate's life: gone when its class is `retired`, nothing otherwise. Whether
  /// that is believed is for who counts the ``confirmations``.
  public static func after(
    _ report: AttemptReport, in catalogue: [Candidate], at now: Instant
  ) -> LifecycleEvent? {
    guard let failure = report.failure, failure.failureClass == .retired else { return nil }
    let candidate = catalogue.first { $0.id == report.candidate }
    // Said once: the catalogue knows already.
    if let candidate, candidate.lifecycle.isRetired(at: now) { return nil }
    return LifecycleEvent(
      kind: .foundGone, candidate: report.candidate, at: now, ends: candidate?.lifecycle.ends,
      replacement: candidate.flatMap { replacement(for: $0, in: catalogue, at: now) },
      message: failure.message)
  }

  /// The lifecycle that a candidate has after an event.
  public static func lifecycle(of candidate: Candidate, after event: LifecycleEvent) -> Lifecycle {
    guard event.kind == .ended || event.kind == .foundGone else { return candidate.lifecycle }
    return Lifecycle(
      stage: .retired, ends: min(candidate.lifecycle.ends ?? event.at, event.at),
      replacement: candidate.lifecycle.replacement ?? event.replacement)
  }

  /// What has happened by date between two looks at the catalogue: those whose end has come, and those whose end has
  /// come nearer than `notice`. By id.
  public static func due(
    _ catalogue: [Candidate], since last: Instant, at now: Instant, notice: Span = .days(14)
  ) -> [LifecycleEvent] {
    catalogue.sorted { $0.id < $1.id }.compactMap { candidate in
      guard candidate.lifecycle.stage != .retired, let ends = candidate.lifecycle.ends else { return nil }
      let kind: LifecycleEvent.Kind
      if last < ends, ends <= now {
        kind = .ended
      } else if now < ends, last < ends - notice, ends - notice <= now {
        kind = .endsSoon
      } else {
        return nil
      }
      return LifecycleEvent(
        kind: kind, candidate: candidate.id, at: now, ends: ends,
        replacement: replacement(for: candidate, in: catalogue, at: now))
    }
  }

  /// What a vendor says of a candidate's life and the catalogue does not: an end that has come, one that the catalogue
  /// has not or has on another day, or that the vendor advises against it. Nil when the catalogue knows as much.
  ///
  /// - Parameter told: by the vendor's own list of models.
  public static func announced(
    _ told: Lifecycle, of candidate: Candidate, in catalogue: [Candidate], at now: Instant
  ) -> LifecycleEvent? {
    let known = candidate.lifecycle
    if known.isRetired(at: now) { return nil }
    let kind: LifecycleEvent.Kind
    if told.stage == .retired || told.ends.map({ $0 <= now }) ?? false {
      kind = .ended
    } else if let ends = told.ends, ends.description.prefix(10) != known.ends?.description.prefix(10) {
      kind = .endsSoon
    } else if told.stage != .active, known.stage == .active {
      kind = .turnedLegacy
    } else {
      return nil
    }
    return LifecycleEvent(
      kind: kind, candidate: candidate.id, at: now, ends: told.ends,
      replacement: replacement(for: candidate, in: catalogue, at: now))
  }

  /// Whether a job that may take until `deadline` may still be begun at a candidate: one that drains must be able to
  /// finish it before it ends.
  public static func mayBegin(_ lifecycle: Lifecycle, at now: Instant, deadline: Instant) -> Bool {
    if lifecycle.isRetired(at: now) { return false }
    guard lifecycle.stage == .draining, let ends = lifecycle.ends else { return true }
    return deadline <= ends
  }

  /// Who could take a candidate's place: whom its provider names, if that one is here; else an active one with all its
  /// capabilities, its own provider's first, then the nearest in price, then by id.
  public static func replacement(
    for candidate: Candidate, in catalogue: [Candidate], at now: Instant
  ) -> String? {
    let able = catalogue.filter { other in
      other.id != candidate.id && other.isEnabled && !other.isOnlyByName
        && !other.lifecycle.isRetired(at: now) && other.lifecycle.stage != .draining
    }
    if let named = candidate.lifecycle.replacement, able.contains(where: { $0.id == named }) { return named }
    let equal = able.filter { other in candidate.capabilities.allSatisfy(other.capabilities.contains) }
    let work = Work().assumed(intentBytes: 400)
    func distance(_ other: Candidate) -> Double {
      guard let mine = candidate.price, let theirs = other.price else { return .infinity }
      return (mine.dollars(for: work) - theirs.dollars(for: work)).magnitude
    }
    let best = equal.min { left, right in
      let homes = (left.provider == candidate.provider, right.provider == candidate.provider)
      if homes.0 != homes.1 { return homes.0 }
      let distances = (distance(left), distance(right))
      return distances.0 == distances.1 ? left.id < right.id : distances.0 < distances.1
    }
    return best?.id ?? candidate.lifecycle.replacement
  }
}
