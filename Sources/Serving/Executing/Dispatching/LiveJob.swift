import Jobs
import Routing

/// A job in memory: all that are not over, and those over of which an answer is still under way.
struct LiveJob {
  /// As it is stored.
  var job: Job
  /// The number of the last entry of its log.
  var lastEntry: Int
  /// Until the first submission; later it is read from the ledger.
  var input: WorkInput?
  /// The caller's own keys, by provider: nowhere but here.
  let credentials: [String: CallerCredential]
  /// What has happened to it and is not handled yet, in order.
  var inbox: [Errand] = []
  /// Whether somebody goes through the inbox.
  var isBusy = false
  /// Calls to vendors, and repetitions of such, whose end will be told.
  var calls = 0
  /// The provider in whose queue it stands.
  var queue: String?
  var readers: [Int: Reader] = [:]
  var waiters: [Int: CheckedContinuation<Void, Never>] = [:]

  init(
    _ job: Job, lastEntry: Int, input: WorkInput? = nil, credentials: [String: CallerCredential] = [:]
  ) {
    self.job = job
    self.lastEntry = lastEntry
    self.input = input
    self.credentials = credentials
  }

  /// Whether nothing more is expected.
  var isSpent: Bool { job.state.isTerminal && calls == 0 && inbox.isEmpty && !isBusy }

  /// Whether nobody waits for a change to be durable: nobody outside, and no call to a vendor.
  func hasTime(_ errand: Errand, _ transition: JobTransition) -> Bool {
    errand.reply == nil && waiters.isEmpty
      && !transition.actions.contains { if case .submit = $0 { true } else { false } }
  }

  /// Somebody who is told what happens.
  struct Reader {
    var last: Int
    var continuation: AsyncThrowingStream<JobLogEntry, any Error>.Continuation

    mutating func tell(_ entries: [JobLogEntry]) {
      for entry in entries where entry.number > last {
        continuation.yield(entry)
        last = entry.number
      }
    }
  }
}

/// One event on its way to a job.
struct Errand {
  var event: JobEvent
  /// What the queue's own words (`started`, `blocked`) are about: they are void once the turn has gone to another.
  var candidate: Int?
  /// The place that was taken for it.
  var lease: Lease?
  /// Whoever waits until it is durable; nil for the router's own.
  var reply: CheckedContinuation<Ignored?, any Error>?

  init(
    _ event: JobEvent, about candidate: Int? = nil, lease: Lease? = nil,
    reply: CheckedContinuation<Ignored?, any Error>? = nil
  ) {
    self.event = event
    self.candidate = candidate
    self.lease = lease
    self.reply = reply
  }
}
