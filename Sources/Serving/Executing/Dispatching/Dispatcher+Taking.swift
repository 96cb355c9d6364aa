import Jobs
import Routing

/// Taking jobs in: new ones, and those that the ledger has from before.
extension Dispatcher {
  /// Stores a new job with all that belongs to it, and begins. Where its first candidate has a place, it begins in the
  /// same transaction.
  ///
  /// - Parameters:
  ///   - batch: with the decision behind it.
  ///   - credentials: the caller's own keys, by provider.
  /// - Throws: when it cannot be stored: then nothing is.
  func take(
    _ new: Job, _ input: WorkInput, bytes: [UInt8], _ batch: LedgerBatch,
    credentials: [String: CallerCredential] = [:], keep: ((Job) -> Answer)?
  ) async throws -> Job {
    guard !isStopping else { throw ServiceError.stopped }
    let now = now
    var job = new
    var actions = new.firstActions
    var entries = JobLog.entries(from: nil, to: new, at: now, last: 0, ahead: ahead(of: new, at: now))
    let clearance = board.clearance(of: 0, in: new, at: now, random: chance.uniform())
    let isFirst = (board.queues[new.plan[0].provider]?.count ?? 0) == 0
    if clearance == .open || clearance == .probe, isFirst,
      take(for: new, candidate: 0, clearance, at: now) != nil
    {
      let transition = job.apply(.started, at: now, random: chance.uniform(), rules: settings.rules)
      entries += JobLog.entries(
        from: new, to: job, records: transition.records, at: now, last: entries.count)
      actions = transition.actions
    }
    var batch = batch
    batch.jobs = [JobChange(job, before: nil, entries: entries, input: bytes)]
    if let keep { batch.answers = [keep(job)] }
    underWay += 1
    defer { underWay -= 1 }
    // From the moment at which it is durable others may find it; what they do waits until this is done.
    live[job.id] = LiveJob(new, lastEntry: 0, input: input, credentials: credentials)
    live[job.id]?.isBusy = true
    do {
      _ = try await router.recorder.commit(batch)
    } catch {
      // The disk may have it all the same.
      guard let stored = try? router.ledger.job(job.id), stored == job else {
        let waiting = live.removeValue(forKey: job.id)?.inbox ?? []
        for errand in waiting { errand.reply?.resume(throwing: error) }
        release([Lease(job: job.id, attempt: 0)])
        serve(job.plan[0].provider)
        touch(job.plan[0].provider)
        throw error
      }
    }
    live[job.id]?.job = job
    live[job.id]?.lastEntry = entries.count
    live[job.id]?.isBusy = false
    for action in actions { carryOut(action, for: job.id) }
    kick(job.id)
    return job
  }

  /// What an order for some candidates is planned with.
  func terms(of candidates: [Candidate]) -> JobPlanning.Terms {
    let now = now
    var terms = JobPlanning.Terms(adapters: adapters)
    for candidate in candidates {
      terms.costFactors[candidate.id] = board.costFactor(of: candidate.id, at: now)
      if terms.payments[candidate.provider] == nil {
        terms.payments[candidate.provider] =
          board.catalogue.provider(candidate.provider)?.access?.payment ?? .onDemand
      }
    }
    return terms
  }

  /// Goes on with every job that is not over, and with the cancellations of those that ended a moment ago.
  func recover() throws {
    let now = now
    refreshObstacles()
    var unfinished: [Job] = []
    try router.ledger.unfinishedJobs { unfinished.append($0) }
    for job in unfinished {
      live[job.id] = LiveJob(job, lastEntry: try lastEntry(of: job.id))
      for (lease, key) in board.leases(of: job) { board.restore(lease, to: key, at: now) }
    }
    let states = Set(JobState.allCases.filter(\.isTerminal))
    let ended = try router.ledger.jobs(states: states, before: nil, limit: settings.jobsRemembered)
    for job in ended.reversed() + unfinished {
      for (number, attempt) in job.attempts.enumerated() where !attempt.state.isActive {
        var report = AttemptReport(job, number)
        // Here it is news.
        report.isRevision = false
        board.remember(report)
      }
    }
    for job in ended {
      guard let end = job.ended, end > now - settings.cancellationWindow else { continue }
      for action in job.openCancellations {
        if live[job.id] == nil { live[job.id] = LiveJob(job, lastEntry: 0) }
        carryOut(action, for: job.id)
      }
      forgetIfSpent(job.id)
    }
    for job in unfinished { post(Errand(.recovered), to: job.id) }
    republish()
  }

  /// Which providers' adapters cannot be used, and why.
  func refreshObstacles() {
    var obstacles: [String: LiveObstacle] = [:]
    let gaps = adapters.gaps
    for provider in board.shelves.keys {
      if let adapter = adapters[provider] {
        // Who pays with a key of his own brings it with the job: its want stands in nobody else's way.
        if let obstacle = adapter.obstacle(for: nil), !obstacle.isCallers {
          obstacles[provider] = LiveObstacle(.noCredential, detail: obstacle.description)
        }
      } else {
        obstacles[provider] = LiveObstacle(
          .noAdapter, detail: gaps[provider] ?? "provider '\(provider)' has no adapter")
      }
    }
    board.obstacles = obstacles
    refreshPools()
  }

  /// Goes over to another catalogue and its adapters. Whoever put it in place may have mended what was shut.
  func adopt(_ adapters: any AdapterSource, _ catalogue: Catalogue) {
    self.adapters = adapters
    board.adopt(catalogue, at: now)
    refreshObstacles()
    for provider in board.shelves.keys { board.mend(provider, at: now) }
    for provider in board.queues.keys.sorted() { serve(provider) }
    republish()
  }

  func note(check: ProviderHealth.Check, of provider: String) {
    board.note(check: check, of: provider, at: now)
    serve(provider)
    touch(provider)
  }

  func note(_ state: ProviderHealth.State, of provider: String) {
    board.note(state, of: provider, at: now)
    refreshObstacles()
    serve(provider)
    touch(provider)
  }
}
