import Jobs
import Routing
import Statistics

/// One job among vendors that lose answers, stall, refuse and repeat themselves, carried out by a shell that stops at
/// any time and starts again from what it stored.
struct VendorWorld {
  private var random: Xoshiro256
  private(set) var job: Job
  private var stored: [UInt8]
  private var now = Sample.start
  private let crashShare: Double
  /// What the router's timers and the calls under way will bring; lost in a crash.
  private var pending: [(at: Instant, event: JobEvent)] = []
  /// Webhooks under way; a crash only delays them.
  private var webhooks: [(at: Instant, event: JobEvent)] = []
  private var wake: Instant?

  /// What the vendors know. By token, which names an attempt.
  struct VendorSide {
    var attempt: Int
    var finishes: Instant
    var status: VendorStatus
    var isCanceled = false
  }
  private(set) var sides: [VendorSide] = []
  private(set) var records: [JobRecord] = []
  private(set) var crashes = 0
  private(set) var submissions = 0

  init(job: Job, seed: UInt64, crashShare: Double) {
    self.job = job
    stored = job.stored
    random = Xoshiro256(seed: seed)
    self.crashShare = crashShare
  }

  /// How much work was delivered, and so paid.
  var deliveries: Int {
    sides.count { side in
      if case .succeeded = side.status { !side.isCanceled } else { false }
    }
  }

  mutating func run() throws {
    try carryOut(job.firstActions)
    for _ in 0..<5_000 {
      guard let next = nextEvent() else { return }
      now = max(now, next.at)
      try apply(next.event)
    }
  }

  private mutating func nextEvent() -> (at: Instant, event: JobEvent)? {
    var best: (at: Instant, event: JobEvent)?
    var source = 0
    var place = 0
    for (index, item) in pending.enumerated() where best.map({ item.at < $0.at }) ?? true {
      (best, source, place) = (item, 1, index)
    }
    for (index, item) in webhooks.enumerated() where best.map({ item.at < $0.at }) ?? true {
      (best, source, place) = (item, 2, index)
    }
    if let wake, best.map({ wake < $0.at }) ?? true {
      self.wake = nil
      return (wake, .due)
    }
    if source == 1 { pending.remove(at: place) } else if source == 2 { webhooks.remove(at: place) }
    return best
  }

  /// One transaction: the job and the records together. Then the actions, if the shell lives that long.
  private mutating func apply(_ event: JobEvent) throws {
    let transition = job.apply(event, at: now, random: random.uniform())
    try job.check()
    guard transition.changed else { return }
    stored = job.stored
    records += transition.records
    if random.uniform() < crashShare {
      let carriedOut = Int.random(in: 0...transition.actions.count, using: &random)
      try carryOut(Array(transition.actions.prefix(carriedOut)))
      try crash()
    } else {
      try carryOut(transition.actions)
    }
  }

  private mutating func crash() throws {
    crashes += 1
    pending = []
    wake = nil
    job = try Job(stored: stored)
    now = now + .seconds(2)
    if !job.state.isTerminal { pending.append((now, .recovered)) }
  }

  private mutating func carryOut(_ actions: [JobAction]) throws {
    for action in actions {
      switch action {
      case .wake(let instant): wake = instant
      case .enqueue: answer(.started, within: 1)
      case .submit(let attempt, _, _, let limit): submit(attempt, limit)
      case .reconcile(let attempt, let inquiry, _): inquire(attempt, inquiry)
      case .poll(let attempt): poll(attempt)
      case .cancel(let attempt): cancel(attempt)
      case .copy(let attempt, let result):
        let isRefused = random.uniform() < 0.3
        let failure = VendorFailure(.local, cause: .found, message: "disk full")
        answer(isRefused ? .copyFailed(attempt, failure) : .copied(attempt, result), within: 3)
      }
    }
  }

  private mutating func answer(_ event: JobEvent, within seconds: Double) {
    pending.append((now + Span(microseconds: Int64(random.uniform() * seconds * 1e6)), event))
  }

  private mutating func submit(_ attempt: Int, _ limit: Span) {
    submissions += 1
    let draw = random.uniform()
    if draw < 0.15 {
      answer(
        .submitFailed(attempt, VendorFailure(httpStatus: draw < 0.05 ? 429 : 503, message: "")), within: 2)
      return
    }
    if draw < 0.2 {
      // Lost on the way there.
      pending.append((now + limit, .submitFailed(attempt, Sample.timeOut)))
      return
    }
    begin(attempt)
    if draw < 0.4 {
      // Lost on the way back; half of the answers come late.
      pending.append((now + limit, .submitFailed(attempt, Sample.timeOut)))
      if draw < 0.3 { answer(.accepted(attempt, VendorJob(id: "v-\(attempt)"), cost: nil), within: 60) }
    } else {
      answer(.accepted(attempt, VendorJob(id: "v-\(attempt)"), cost: nil), within: 5)
    }
  }

  private mutating func begin(_ attempt: Int) {
    let draw = random.uniform()
    let status: VendorStatus
    switch draw {
    case ..<0.6: status = .succeeded(Sample.result)
    case ..<0.7: status = .failed(VendorFailure(.badOutput, message: "blank"))
    case ..<0.8: status = .failed(VendorFailure(httpStatus: 500, message: "boom"))
    case ..<0.85: status = .expired
    default: status = .running(progress: 0.9)
    }
    let finishes = now + Span.milliseconds(Int64.random(in: 500...90_000, using: &random))
    sides.append(VendorSide(attempt: attempt, finishes: finishes, status: status))
    let contract = job.plan[job.attempts[attempt].candidate].contract
    guard contract.webhookWindow != nil else { return }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let delay = Span.milliseconds(Int64.random(in: 0...20_000, using: &random))
      let report = VendorReport(status, vendor: VendorJob(id: "v-\(attempt)"), cost: Money(micros: 5_000))
      webhooks.append((finishes + delay, .seen(attempt, report, by: .webhook)))
    }
  }

  private func side(_ attempt: Int) -> Int? { sides.firstIndex { $0.attempt == attempt } }

  private mutating func inquire(_ attempt: Int, _ inquiry: Inquiry) {
    if random.uniform() < 0.3 {
      answer(.reconciled(attempt, .unclear(VendorFailure(httpStatus: 503, message: ""))), within: 3)
    } else if side(attempt) != nil {
      answer(.reconciled(attempt, .found(VendorJob(id: "v-\(attempt)"))), within: 3)
    } else if inquiry == .listing {
      answer(.reconciled(attempt, .absent), within: 3)
    } else {
      begin(attempt)
      answer(.reconciled(attempt, .found(VendorJob(id: "v-\(attempt)"))), within: 3)
    }
  }

  private mutating func poll(_ attempt: Int) {
    guard random.uniform() > 0.1, let side = side(attempt) else {
      answer(.pollFailed(attempt, VendorFailure(httpStatus: 502, message: "")), within: 2)
      return
    }
    let status: VendorStatus =
      sides[side].isCanceled
      ? .canceled : sides[side].finishes <= now ? sides[side].status : .running(progress: 0.5)
    answer(.seen(attempt, VendorReport(status, vendor: VendorJob(id: "v-\(attempt)")), by: .poll), within: 2)
  }

  private mutating func cancel(_ attempt: Int) {
    guard let side = side(attempt) else { return }
    if sides[side].finishes <= now {
      answer(.cancelAnswered(attempt, .alreadyEnded), within: 2)
    } else if random.uniform() < 0.5 {
      sides[side].isCanceled = true
      webhooks.removeAll { if case .seen(attempt, _, _) = $0.event { true } else { false } }
      answer(.cancelAnswered(attempt, .canceled), within: 2)
    } else {
      answer(.cancelAnswered(attempt, .requested), within: 2)
    }
  }
}
