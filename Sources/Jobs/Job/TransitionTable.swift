public import Routing

/// The state machine as a document: every state met by every event, worked out by the machine itself.
///
/// The sample has two candidates and ten minutes; nothing is drawn (the random number is 0). Times are those after the
/// event.
public enum TransitionTable {
  /// One cell: a state, an event, and what came of it.
  public struct Cell: Hashable, Sendable {
    public var situation: String
    public var event: String
    public var transition: JobTransition
    public var after: Job
    /// When the event was handled.
    public var at: Instant
  }

  public static func cells() throws(JobFault) -> [Cell] {
    var cells: [Cell] = []
    for situation in try situations() {
      for (name, event) in events(situation.job) {
        var job = situation.job
        var now = situation.now
        if event == .due { now = job.wake ?? now }
        if event == .deadlineReached { now = job.deadline }
        let transition = job.apply(event, at: now, random: 0)
        cells.append(
          Cell(situation: situation.name, event: name, transition: transition, after: job, at: now))
      }
    }
    return cells
  }

  /// One Markdown section for each situation: the events that change something, then those that do not.
  public static func markdown() throws(JobFault) -> String {
    var text = ""
    var cells = try cells()[...]
    while let name = cells.first?.situation {
      let section = cells.prefix { $0.situation == name }
      cells = cells.dropFirst(section.count)
      text += "## \(name)\n\n| event | becomes | to do | stored with it |\n|---|---|---|---|\n"
      var rows: [(events: String, outcome: String)] = []
      for cell in section where cell.transition.changed {
        let attempts = cell.after.attempts.map(\.state.rawValue).joined(separator: ", ")
        let actions = cell.transition.actions.map { describe($0, after: cell.at) }
        let records = cell.transition.records.map(describe)
        let outcome =
          "\(cell.after.state.rawValue)\(attempts.isEmpty ? "" : " (\(attempts))") | "
          + "\(actions.joined(separator: ", ")) | \(records.joined(separator: ", "))"
        if let row = rows.firstIndex(where: { $0.outcome == outcome }) {
          rows[row].events += "; " + cell.event
        } else {
          rows.append((cell.event, outcome))
        }
      }
      for row in rows { text += "| \(row.events) | \(row.outcome) |\n" }
      text += "\n"
      for reason in Ignored.allCases {
        let events = section.filter { $0.transition.ignored == reason }.map(\.event)
        if !events.isEmpty { text += "Ignored, \(reason.rawValue): \(events.joined(separator: "; ")).\n" }
      }
      text += "\n"
    }
    return text
  }

  // MARK: Words

  static func describe(_ action: JobAction, after now: Instant) -> String {
    switch action {
    case .enqueue(let candidate): "enqueue candidate \(candidate)"
    case .submit(let attempt, let candidate, _, let limit):
      "submit attempt \(attempt) to candidate \(candidate) within \(limit)"
    case .reconcile(let attempt, let inquiry, _): "reconcile attempt \(attempt) by \(inquiry.rawValue)"
    case .poll(let attempt): "poll attempt \(attempt)"
    case .cancel(let attempt): "cancel attempt \(attempt)"
    case .copy(let attempt, _): "copy the artefacts of attempt \(attempt)"
    case .wake(let instant): "wake after \(instant - now)"
    }
  }

  static func describe(_ record: JobRecord) -> String {
    switch record {
    case .attemptEnded(let report):
      "attempt \(report.attempt) \(report.state.rawValue)"
        + (report.failure.map { ": \($0.failureClass.rawValue)" } ?? "")
        + (report.isRevision ? ", after all" : "")
    case .failedOver(let failover):
      "failover from \(failover.from) to \(failover.to)"
        + (failover.possibleDoubleSpend ? ", possible double spend" : "")
    case .finished(let outcome):
      "the end: \(outcome.state.rawValue)" + (outcome.error.map { ", \($0.code.rawValue)" } ?? "")
    }
  }
}
