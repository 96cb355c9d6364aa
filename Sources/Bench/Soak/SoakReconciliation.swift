import Jobs

/// Holds what a router says of its jobs against what it acknowledged and against what the vendors took on.
struct SoakReconciliation {
  /// A job as the router's ledger has it.
  struct Executed {
    var id: String
    /// What its input is marked with.
    var reference: String?
    var state: JobState
    var isFlagged: Bool
    var attempts: [Try]

    struct Try {
      var provider: String
      var vendorID: String?
      var state: AttemptState
      var failure: FailureClass?

      var words: String {
        [provider, vendorID, state.rawValue, failure?.rawValue].compactMap(\.self).joined(separator: " ")
      }

      /// Whether it is the work that the street calls by this id. Some vendors put it at the end of a path.
      fileprivate func isNamed(_ id: String) -> Bool {
        vendorID.map { $0 == id || $0.hasSuffix("/" + id) } ?? false
      }

      /// The likelier a vendor took it on, the lower: one that delivered did for certain, one that was turned away did
      /// not.
      fileprivate var rank: Int {
        switch (state, failure) {
        case (.succeeded, _), (.collecting, _), (.surplus, _): 0
        case (.failed, .badOutput), (.failed, .moderated): 1
        case (.failed, _): 3
        default: 2
        }
      }
    }
  }

  /// A piece of work as a vendor of the street has it.
  struct Submission {
    var id: String
    var vendor: String
    var reference: String?
    /// `queued`, `running`, `succeeded`, `succeeded_empty`, `failed`, `moderated`, `canceled` or `expired`.
    var stage: String
    var isCharged: Bool
    /// Microseconds since 1970.
    var takenAt: Int64
  }

  /// Acknowledged and not in the ledger, or not over.
  private(set) var lost: [String] = []
  private(set) var unfinished: [String] = []
  /// Two jobs for one order, or a job that nobody was told of.
  private(set) var twice: [String] = []
  /// Taken on by a vendor, and unknown to the job that it was for.
  private(set) var unknown: [String] = []
  /// Two pieces of work for one job, neither of them known to be over for nothing, and the job does not say so.
  private(set) var unsaid: [String] = []
  /// Jobs that say that they may have been paid twice, and those of them that vendors did take on twice.
  private(set) var flagged = 0
  private(set) var doubled = 0

  var violations: [String] {
    lost.map { "lost: \($0)" } + unfinished.map { "not over: \($0)" } + twice.map { "twice: \($0)" }
      + unknown.map { "unknown to its job: \($0)" } + unsaid.map { "double spend not said: \($0)" }
  }

  init(acknowledged: [String: String], jobs: [Executed], submissions: [Submission]) {
    let stored = Dictionary(jobs.map { ($0.id, $0) }) { first, _ in first }
    for (reference, id) in acknowledged.sorted(by: { $0.key < $1.key }) {
      guard let job = stored[id] else {
        lost.append("\(reference), job \(id)")
        continue
      }
      if job.reference != reference {
        twice.append(
          "job \(id) was acknowledged for \(reference), and does \(job.reference ?? "nothing known")")
      }
    }
    let told = Set(acknowledged.values)
    for job in jobs {
      if !job.state.isTerminal { unfinished.append("job \(job.id), \(job.state.rawValue)") }
      if !told.contains(job.id) {
        twice.append("job \(job.id) for \(job.reference ?? "nobody") was never acknowledged")
      }
    }
    let byReference = Dictionary(grouping: jobs.filter { $0.reference != nil }) { $0.reference! }
    for (reference, same) in byReference.sorted(by: { $0.key < $1.key }) where same.count > 1 {
      twice.append("\(reference) has \(same.count) jobs")
    }
    let orders = Dictionary(grouping: submissions) { $0.reference ?? "" }
    for (reference, taken) in orders.sorted(by: { $0.key < $1.key }) {
      guard let job = byReference[reference]?.first else {
        unknown += taken.map {
          "\($0.vendor) took on \($0.id) for \(reference.isEmpty ? "nobody" : reference)"
        }
        continue
      }
      compare(job, taken)
    }
    flagged = jobs.count(where: \.isFlagged)
  }

  private mutating func compare(_ job: Executed, _ taken: [Submission]) {
    var alive = 0
    // Attempts whose vendor's name is not known can each stand for one piece of work at that vendor.
    var nameless: [String: [Executed.Try]] = [:]
    for attempt in job.attempts where attempt.vendorID == nil {
      nameless[attempt.provider, default: []].append(attempt)
    }
    for submission in taken {
      let named = job.attempts.first { $0.provider == submission.vendor && $0.isNamed(submission.id) }
      var attempt = named
      if attempt == nil, !(nameless[submission.vendor] ?? []).isEmpty {
        let tries = nameless[submission.vendor]!
        let place = tries.indices.min { (tries[$0].rank, $0) < (tries[$1].rank, $1) }!
        attempt = nameless[submission.vendor]!.remove(at: place)
      }
      guard let attempt else {
        unknown.append("\(submission.vendor) took on \(submission.id) for job \(job.id)")
        alive += 1
        continue
      }
      if !SoakReconciliation.isOverForNothing(submission, attempt, isNamed: named != nil) { alive += 1 }
    }
    guard alive > 1 else { return }
    doubled += 1
    if !job.isFlagged {
      let work = taken.map { "\($0.vendor) \($0.id) \($0.stage)" }.joined(separator: ", ")
      let attempts = job.attempts.map(\.words).joined(separator: ", ")
      unsaid.append("job \(job.id), \(job.state.rawValue): \(alive) pieces of work (\(work)) for \(attempts)")
    }
  }

  /// Whether a piece of work brought nothing that is paid, or its bad end is known to the job: going on elsewhere was
  /// right, and is no double spend.
  private static func isOverForNothing(
    _ submission: Submission, _ attempt: Executed.Try, isNamed: Bool
  ) -> Bool {
    switch submission.stage {
    case "failed", "moderated", "canceled", "expired": return true
    default: break
    }
    // What a vendor calls a success is paid, however useless it was.
    guard attempt.failure != .badOutput else { return false }
    return isNamed && (attempt.state == .failed || attempt.state == .canceled)
  }
}
