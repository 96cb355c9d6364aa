/// What a failure of some class does to the circuit, to the statistics, to quality, and to the job: the one place
/// where this is decided.
public struct FailureTreatment: Hashable, Sendable {
  public enum Circuit: String, Hashable, Sendable {
    case unaffected
    /// Counts towards opening.
    case counts
    /// Closed to new work until Retry-After, or for 5–60 s.
    case coolsDown = "cools down"
    /// Open until somebody or a probe finds it mended.
    case opensHard = "opens hard"
    /// The candidate leaves the market: for a while at the first such answer, for good when its vendor has said so as
    /// often as ``Retirement/confirmations`` says.
    case removed
  }

  /// Whose circuit: the candidate's alone, or that of everything its provider sells to this account.
  public enum Scope: String, CaseIterable, Hashable, Sendable { case candidate, provider }

  public enum Statistic: String, Hashable, Sendable {
    case none
    /// The provider answered.
    case available
    /// The provider answered and refused.
    case refused
    case unavailable
  }

  /// What becomes of the candidate's learned quality.
  public enum Quality: String, Hashable, Sendable {
    case unaffected
    /// One observation of reward 0.
    case zero
    /// Stays as it is; nothing more will come.
    case frozen
  }

  public enum Failover: String, Hashable, Sendable {
    case never
    /// Where the caller set `fallback_on_moderation`.
    case ifAllowed = "if allowed"
    case always
  }

  /// Whether the same candidate may be asked again for the same job. Another candidate comes first, if one is left.
  public enum Retry: String, Hashable, Sendable {
    case never
    /// Once, after a jittered delay.
    case once
    case afterCooldown = "after cooldown"
  }

  public let circuit: Circuit
  public let scope: Scope
  public let statistic: Statistic
  public let quality: Quality
  public let failover: Failover
  public let retry: Retry
  /// Whether an operator must hear of it.
  public let alerts: Bool
}

extension FailureClass {
  public var treatment: FailureTreatment {
    switch self {
    case .callerError: treated(.unaffected, .none, .unaffected, .never, .never)
    case .moderated: treated(.unaffected, .refused, .unaffected, .ifAllowed, .never)
    case .authCredit: treated(.opensHard, .none, .unaffected, .always, .never, scope: .provider, alerts: true)
    case .rateConcurrency: treated(.coolsDown, .unavailable, .unaffected, .always, .afterCooldown)
    case .transient: treated(.counts, .unavailable, .unaffected, .always, .once)
    case .badOutput: treated(.unaffected, .available, .zero, .always, .never)
    case .retired: treated(.removed, .none, .frozen, .always, .never, alerts: true)
    // Asking the same vendor again might buy the same thing twice.
    case .ambiguous: treated(.counts, .unavailable, .unaffected, .always, .never)
    // Nothing that a vendor did; who needs no key of the caller's can still do the work.
    case .keyGone: treated(.unaffected, .none, .unaffected, .always, .never)
    case .unknown: treated(.counts, .unavailable, .unaffected, .always, .never)
    case .local: treated(.unaffected, .none, .unaffected, .never, .once)
    }
  }

  private func treated(
    _ circuit: FailureTreatment.Circuit, _ statistic: FailureTreatment.Statistic,
    _ quality: FailureTreatment.Quality, _ failover: FailureTreatment.Failover,
    _ retry: FailureTreatment.Retry, scope: FailureTreatment.Scope = .candidate, alerts: Bool = false
  ) -> FailureTreatment {
    FailureTreatment(
      circuit: circuit, scope: scope, statistic: statistic, quality: quality, failover: failover,
      retry: retry, alerts: alerts)
  }
}

extension FailureTreatment {
  /// The whole table as Markdown.
  public static var markdown: String {
    var lines = [
      "| class | circuit | of | statistic | quality | failover | retry the same | alert |",
      "|---|---|---|---|---|---|---|---|",
    ]
    for kind in FailureClass.allCases {
      lines.append("| `\(kind.rawValue)` | \(kind.treatment.cells.joined(separator: " | ")) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The treatment in words, in the order of the columns of ``markdown``; a matrix of vendors prints the same.
  public var cells: [String] {
    let isAboutACircuit = circuit != .unaffected && circuit != .removed
    return [
      circuit.rawValue, isAboutACircuit ? scope.rawValue : "–", statistic.rawValue, quality.rawValue,
      failover.rawValue, retry.rawValue, alerts ? "yes" : "–",
    ]
  }
}
