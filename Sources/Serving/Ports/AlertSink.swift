public import Jobs
public import Routing
public import Wire

/// Somebody outside who is told when something is wrong: one kind of receiver, one delivery at a time. Retries, queues
/// and what happens to alerts that cannot be delivered are the ``AlertDispatcher``'s.
public protocol AlertSink: Sendable {
  /// For the log. Holds no secret.
  var name: String { get }

  /// Makes one delivery and returns when the receiver has taken it.
  func send(_ alert: Alert) async throws(AlertFailure)
}

/// Why a delivery failed. Holds no secret.
public struct AlertFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: String
  /// Whether another try may succeed.
  public var isPassing: Bool
  /// What the receiver asked for.
  public var retryAfter: Span?

  public init(_ message: String, isPassing: Bool, retryAfter: Span? = nil) {
    self.message = message
    self.isPassing = isPassing
    self.retryAfter = retryAfter
  }

  public var description: String { message }
}

/// Something that an operator should know.
public struct Alert: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// A provider's health has changed.
    case providerHealth = "provider_health"
    /// A circuit has opened until somebody acts: a credential is refused, or an account is empty.
    case circuitOpenedHard = "circuit_opened_hard"
    /// What was bought from a provider beforehand is used up.
    case poolEmpty = "pool_empty"
    /// A vendor says that a model is gone, or its date has come.
    case candidateGone = "candidate_gone"
    case candidateEndsSoon = "candidate_ends_soon"
    /// A vendor advises against a model that it still serves.
    case candidateLegacy = "candidate_legacy"
  }

  public var level: HealthAlert.Level
  public var kind: Kind
  public var provider: String
  /// Nil where it is about the provider as a whole.
  public var candidate: String?
  /// One sentence for a person.
  public var message: String
  public var at: Instant
  /// What a program would read out of the message, in the order in which it is written.
  public var details: [JSONValue.Member]

  public init(
    level: HealthAlert.Level, kind: Kind, provider: String, candidate: String? = nil, message: String,
    at: Instant, details: [JSONValue.Member] = []
  ) {
    self.level = level
    self.kind = kind
    self.provider = provider
    self.candidate = candidate
    self.message = message
    self.at = at
    self.details = details
  }

  /// `{"level", "kind", "provider", "candidate", "message", "at"}` and the details.
  public var json: JSONValue {
    .object(
      [
        .init("level", .string(level.rawValue)), .init("kind", .string(kind.rawValue)),
        .init("provider", .string(provider)), .init("candidate", candidate.map { .string($0) } ?? .null),
        .init("message", .string(message)), .init("at", .string(at.description)),
      ] + details)
  }
}

extension Alert {
  public init(_ change: HealthAlert) {
    var details: [JSONValue.Member] = [
      .init("state", .string(change.to.rawValue)), .init("previous_state", .string(change.from.rawValue)),
      .init("failures_in_a_row", .integer(Int64(change.failuresInARow))),
      .init("latency_ms", .integer(change.check.latency.microseconds / 1_000)),
    ]
    if let failure = change.check.failure { details.append(.init("code", .string(failure.code.rawValue))) }
    self.init(
      level: change.level, kind: .providerHealth, provider: change.provider, message: change.message,
      at: change.check.at, details: details)
  }

  /// The alert for a circuit that has opened until somebody acts; nil for every other change, which passes by itself.
  ///
  /// - Parameters:
  ///   - provider: of the circuit, or of its candidate.
  ///   - failure: what opened it.
  public init?(_ change: CircuitChange, provider: String, failure: VendorFailure?) {
    guard change.to == .openHard else { return nil }
    let isOfCandidate = change.scope == .candidate
    self.init(
      level: .error, kind: .circuitOpenedHard, provider: provider, candidate: isOfCandidate ? change.id : nil,
      message: "\(change.id) is asked no more until its credential and its account are in order: "
        + (failure?.message ?? "it refused us"),
      at: change.at, details: failure.map { [.init("code", .string($0.code.rawValue))] } ?? [])
  }

  /// - Parameter provider: of the candidate.
  public init(_ event: LifecycleEvent, provider: String) {
    let successor = event.replacement.map { "; \($0) could take its place" } ?? ""
    let day = event.ends.map { String($0.description.prefix(10)) }
    let message: String
    let kind: Kind
    switch event.kind {
    case .endsSoon: kind = .candidateEndsSoon
    case .turnedLegacy: kind = .candidateLegacy
    case .ended, .foundGone: kind = .candidateGone
    }
    switch event.kind {
    case .turnedLegacy:
      message = "\(event.candidate) still works, and its provider calls it legacy\(successor)"
    case .endsSoon: message = "\(event.candidate) ends on \(day ?? "a day to come")\(successor)"
    case .ended: message = "\(event.candidate) has ended on \(day ?? "this day")\(successor)"
    case .foundGone:
      message =
        "\(event.candidate) is gone, says its provider"
        + (event.message.map { ": \($0)" } ?? "") + successor
    }
    self.init(
      level: event.kind == .foundGone ? .error : .warning,
      kind: kind, provider: provider,
      candidate: event.candidate, message: message, at: event.at,
      details: [
        .init("ends", day.map { .string($0) } ?? .null),
        .init("replacement", event.replacement.map { .string($0) } ?? .null),
      ])
  }
}
