import Jobs
import Routing
import Wire

/// What a caller is told of a job: derived from the job before and after an event, and from what the transition
/// recorded. Pure; the same change always gives the same entries.
enum JobLog {
  /// The entries of one change, in the order in which things happened.
  ///
  /// What becomes of a job's lost attempts after its own end is no news for its caller: nothing follows a terminal
  /// entry.
  ///
  /// - Parameters:
  ///   - before: nil for a new job.
  ///   - last: the number of the last entry so far, 0 for none.
  ///   - ahead: jobs that go before it where it waits now.
  static func entries(
    from before: Job?, to after: Job, records: [JobRecord] = [], at now: Instant, last: Int, ahead: Int = 0
  ) -> [JobLogEntry] {
    if let before, before.state.isTerminal { return [] }
    var log = Writer(after, at: now, last: last)
    if before?.cancelAsked == nil, after.cancelAsked != nil { log.append(.cancelRequested) { _ in } }
    for (number, attempt) in after.attempts.enumerated() {
      let earlier = before.flatMap { $0.attempts.indices.contains(number) ? $0.attempts[number] : nil }
      if earlier == nil {
        for case .failedOver(let failover) in records { log.append(failover) }
      }
      log.append(attempt, number, since: earlier)
    }
    for block in after.blocks where !(before?.blocks.contains(block) ?? false) { log.append(block) }
    if let turn = after.turn, before?.turn?.candidate != turn.candidate {
      log.append(.queued) { writer in
        writer.field("candidate", after.plan[turn.candidate].candidate)
        writer.field("ahead", ahead)
        if turn.notBefore > now { writer.field("not_before", turn.notBefore.description) }
      }
    }
    for case .finished(let outcome) in records { log.append(outcome) }
    return log.entries
  }
}

extension JobLog {
  /// The one entry of a job that was answered with an earlier one's result.
  static func cached(_ job: Job, at now: Instant) -> JobLogEntry {
    var writer = JSONWriter()
    writer.object {
      $0.field("candidate", job.plan[0].candidate)
      $0.field("cost_usd", Money.zero.dollars)
      $0.field("possible_double_spend", false)
      $0.field("cached", true)
    }
    return JobLogEntry(number: 1, at: now, kind: .succeeded, detail: writer.bytes)
  }

  fileprivate struct Writer {
    let job: Job
    let now: Instant
    var entries: [JobLogEntry] = []
    private let last: Int

    init(_ job: Job, at now: Instant, last: Int) {
      self.job = job
      self.now = now
      self.last = last
    }

    mutating func append(_ kind: JobLogEntry.Kind, _ detail: (inout JSONWriter) -> Void) {
      var writer = JSONWriter()
      writer.object { detail(&$0) }
      entries.append(
        JobLogEntry(number: last + entries.count + 1, at: now, kind: kind, detail: writer.bytes))
    }

    /// What became of an attempt between two looks at it. Each state that a caller can tell apart is told once.
    mutating func append(_ attempt: Attempt, _ number: Int, since earlier: Attempt?) {
      let planned = job.plan[attempt.candidate]
      func head(_ writer: inout JSONWriter) {
        writer.field("candidate", planned.candidate)
        writer.field("attempt", number)
      }
      if earlier == nil { append(.submitting) { head(&$0) } }
      let isNew = attempt.state != (earlier?.state ?? .submitting)
      switch attempt.state {
      case .submitUnknown where isNew:
        append(.submitUnknown) { writer in
          head(&writer)
          if let failure = attempt.failure { writer.error(failure, planned.provider) }
        }
      case .running where isNew:
        append(.running) { writer in
          head(&writer)
          writer.fieldIfPresent("vendor_id", attempt.vendor?.id)
        }
      case .collecting where isNew: append(.collecting) { head(&$0) }
      case .failed where isNew && earlier?.state != .lost, .lost where isNew:
        append(.attemptFailed) { writer in
          head(&writer)
          if let failure = attempt.failure { writer.error(failure, planned.provider) }
        }
      default: break
      }
      if attempt.state == .running, let progress = attempt.progress, progress != earlier?.progress {
        append(.progress) { writer in
          head(&writer)
          writer.field("progress", progress)
        }
      }
    }

    mutating func append(_ block: Block) {
      let candidate = job.plan[block.candidate].candidate
      append(.blocked) { writer in
        writer.field("candidate", candidate)
        writer.field("reason", block.reason.rawValue)
        writer.field("until", block.until?.description)
      }
    }

    mutating func append(_ failover: Failover) {
      append(.failover) { writer in
        writer.field("from", failover.from)
        writer.field("to", failover.to)
        writer.field("reason", failover.reason?.rawValue)
        writer.field("possible_double_spend", failover.possibleDoubleSpend)
      }
    }

    mutating func append(_ outcome: JobOutcome) {
      let kind: JobLogEntry.Kind
      switch outcome.state {
      case .succeeded: kind = .succeeded
      case .canceled: kind = .canceled
      case .expired: kind = .expired
      default: kind = .failed
      }
      let failure = job.failure
      append(kind) { writer in
        writer.fieldIfPresent("candidate", outcome.executed)
        writer.field("cost_usd", outcome.cost.dollars)
        if outcome.exposure > .zero { writer.field("exposure_usd", outcome.exposure.dollars) }
        writer.field("possible_double_spend", outcome.possibleDoubleSpend)
        if let error = outcome.error, let failure {
          writer.error(failure, error.provider, retryAfter: error.retryAfterSeconds)
        }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func error(
    _ failure: VendorFailure, _ provider: String?, retryAfter: Int64? = nil
  ) {
    let details = ErrorDetails(failure, provider: provider)
    object("error") { writer in
      writer.field("code", details.code.rawValue)
      writer.field("class", failure.failureClass.rawValue)
      writer.field("message", details.message)
      writer.field("retryable", details.retryable)
      writer.fieldIfPresent("retry_after_s", retryAfter ?? details.retryAfterSeconds)
      writer.fieldIfPresent("provider", provider)
    }
  }
}
