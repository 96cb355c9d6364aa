import Jobs
import Routing

/// Whose turn it is at which provider.
extension Dispatcher {
  /// A job's turn has come at a candidate: it is let in, waits for a place, or is told to go elsewhere.
  func enqueue(_ id: Identifier, candidate: Int) {
    guard let job = live[id]?.job, job.turn?.candidate == candidate else { return }
    leaveQueue(id)
    if isKeyGone(job, candidate: candidate) {
      post(Errand(.blocked(.keyGone, until: nil), about: candidate), to: id)
      return
    }
    let (now, random) = (now, chance.uniform())
    let clearance = board.clearance(of: candidate, in: job, at: now, random: random)
    if case .closed(let reason, let until) = clearance {
      post(Errand(.blocked(reason, until: until), about: candidate), to: id)
      return
    }
    let provider = job.plan[candidate].provider
    let entry = entry(of: job, candidate)
    if !isStopping, (board.queues[provider]?.count ?? 0) == 0, let lease = take(entry, clearance, at: now) {
      post(Errand(.started, about: candidate, lease: lease), to: id)
      return
    }
    let wait = board.accounts.headroom(AccountKey(provider: provider, payer: entry.payer), at: now)
    if let until = patienceEnd(wait, at: now), board.hasWayAround(candidate, in: job, at: now, random: random)
    {
      post(Errand(.blocked(.noHeadroom, until: until), about: candidate), to: id)
      return
    }
    board.queues[provider, default: JobQueue()].insert(entry)
    live[id]?.queue = provider
    touch(provider)
    serve(provider)
  }

  /// When to ask again for a place that is not worth waiting for while another candidate is free; nil when it is.
  private func patienceEnd(_ headroom: Headroom, at now: Instant) -> Instant? {
    switch headroom {
    case .free: nil
    case .later(let time): time <= now + .seconds(1) ? nil : time
    case .full(let time): max(time ?? now, now + .seconds(5))
    }
  }

  private func entry(of job: Job, _ candidate: Int) -> JobQueue.Entry {
    JobQueue.Entry(
      job: job.id, candidate: candidate,
      payer: board.payer(of: job.plan[candidate].provider, tenant: job.tenant), priority: job.priority,
      since: job.turn?.notBefore ?? job.created)
  }

  /// Takes the place for a job's next attempt; nil when there is none.
  func take(_ entry: JobQueue.Entry, _ clearance: Clearance, at now: Instant) -> Lease? {
    guard let job = live[entry.job]?.job else { return nil }
    return take(for: job, candidate: entry.candidate, clearance, at: now)
  }

  func take(for job: Job, candidate: Int, _ clearance: Clearance, at now: Instant) -> Lease? {
    let planned = job.plan[candidate]
    let lease = Lease(job: job.id, attempt: job.attempts.count)
    let key = AccountKey(
      provider: planned.provider, payer: board.payer(of: planned.provider, tenant: job.tenant))
    guard board.acquire(lease, from: key, at: now) else { return nil }
    if clearance == .probe { board.probe(planned.candidate, by: lease) }
    touch(planned.provider)
    return lease
  }

  /// Lets those in who wait for a provider, as long as there are places.
  func serve(_ provider: String) {
    guard !isStopping else { return }
    expel(from: provider)
    while let waiting = board.queues[provider], waiting.count > 0 {
      let now = now
      let accounts = board.accounts
      func headroom(_ payer: Payer) -> Headroom {
        accounts.headroom(AccountKey(provider: provider, payer: payer), at: now)
      }
      // Where all are paid from one account, the first is held back by what holds back all.
      if let first = waiting.first, headroom(first.payer) != .free, !isForwarded(first.payer) {
        if case .later(let time) = headroom(first.payer) { setTimer(.provider(provider), at: time) }
        return
      }
      guard let entry = board.queues[provider]?.removeFirst(where: { headroom($0.payer) == .free }) else {
        setTimer(.provider(provider), at: now + .seconds(1))
        return
      }
      live[entry.job]?.queue = nil
      guard let job = live[entry.job]?.job, job.turn?.candidate == entry.candidate else { continue }
      let clearance = board.clearance(of: entry.candidate, in: job, at: now, random: chance.uniform())
      if case .closed(let reason, let until) = clearance {
        post(Errand(.blocked(reason, until: until), about: entry.candidate), to: job.id)
      } else if let lease = take(entry, clearance, at: now) {
        post(Errand(.started, about: entry.candidate, lease: lease), to: job.id)
      }
      touch(provider)
    }
    board.queues[provider] = nil
  }

  private func isForwarded(_ payer: Payer) -> Bool {
    if case .forwarded = payer { true } else { false }
  }

  /// Those who wait for a candidate that has been shut meanwhile go elsewhere, though no place becomes free.
  private func expel(from provider: String) {
    guard var queue = board.queues.removeValue(forKey: provider) else { return }
    let now = now
    var expelled: [(entry: JobQueue.Entry, reason: BlockReason, until: Instant?)] = []
    let isShut = (board.shelves[provider] ?? []).contains { candidate in
      board.state(of: candidate, provider, at: now).obstacle.map { $0.kind != .noHeadroom } ?? false
    }
    if isShut {
      while let entry = queue.removeFirst(where: { entry in
        guard let job = live[entry.job]?.job else { return true }
        // With 0 a half-open circuit lets everybody pass: only what is shut is meant here.
        if case .closed = board.clearance(of: entry.candidate, in: job, at: now, random: 0) { return true }
        return false
      }) {
        live[entry.job]?.queue = nil
        guard let job = live[entry.job]?.job,
          case .closed(let reason, let until) = board.clearance(
            of: entry.candidate, in: job, at: now, random: 0)
        else { continue }
        expelled.append((entry, reason, until))
      }
    }
    if queue.count > 0 { board.queues[provider] = queue }
    for (entry, reason, until) in expelled {
      post(Errand(.blocked(reason, until: until), about: entry.candidate), to: entry.job)
    }
  }

  func leaveQueue(_ id: Identifier) {
    guard let provider = live[id]?.queue else { return }
    board.queues[provider]?.remove(id)
    if board.queues[provider]?.count == 0 { board.queues[provider] = nil }
    live[id]?.queue = nil
    touch(provider)
  }

  /// Gives places back.
  func release(_ leases: [Lease], serving: Bool = true) {
    var providers: Set<String> = []
    for lease in leases {
      board.release(lease, at: now)
      if let job = live[lease.job]?.job { providers.formUnion(job.plan.map(\.provider)) }
    }
    guard serving else { return }
    for provider in providers {
      serve(provider)
      touch(provider)
    }
  }

  /// How many go before a job where it waits or would wait.
  func ahead(of job: Job, at now: Instant) -> Int {
    guard let turn = job.turn else { return 0 }
    return board.queues[job.plan[turn.candidate].provider]?.ahead(of: job.priority, at: now) ?? 0
  }

  // MARK: The market

  /// Something about a provider has changed: told at once when it decides who can be asked, soon otherwise.
  func touch(_ provider: String) {
    for candidate in board.shelves[provider] ?? [] {
      let state = board.state(of: candidate, provider, at: now)
      guard state != market.states[candidate] else { continue }
      if state.obstacle?.kind != market.states[candidate]?.obstacle?.kind
        || state.obstacle?.until != market.states[candidate]?.obstacle?.until
        || state.admission != market.states[candidate]?.admission
      {
        isMarketDue = true
      }
      market.states[candidate] = state
    }
    if isMarketDue {
      publish()
    } else if timers.time(of: .market) == nil {
      setTimer(.market, at: now + settings.marketInterval)
    }
  }

  func publish() {
    isMarketDue = false
    router.adopt(market: market)
    if let next = board.nextChange(of: market, after: now) {
      setTimer(.market, at: next)
    } else {
      timers.remove(.market)
    }
  }

  /// Makes the whole market anew: a time has come, or the catalogue is another.
  func republish() {
    market = board.market(at: now)
    publish()
  }
}
