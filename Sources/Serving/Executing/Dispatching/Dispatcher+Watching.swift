import Jobs
import Routing

/// Those who look on from outside.
extension Dispatcher {
  /// The job as it is stored, where it is in memory.
  func job(_ id: Identifier) -> Job? { live[id]?.job }

  /// Nil when it does not stand in a queue.
  func queuedAhead(of id: Identifier) -> Int? {
    guard let slot = live[id], let queue = slot.queue, let turn = slot.job.turn else { return nil }
    // An entry is not ahead of itself.
    let ahead = board.queues[queue]?.ahead(of: slot.job.priority, at: turn.notBefore) ?? 1
    return max(0, ahead - 1)
  }

  /// Waits until a job is over or the time is up; at once for one that is not in memory.
  func wait(for id: Identifier, until end: Instant) async {
    guard let slot = live[id], !slot.job.state.isTerminal else { return }
    lastNumber += 1
    let number = lastNumber
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        guard !Task.isCancelled, live[id] != nil else {
          continuation.resume()
          return
        }
        live[id]?.waiters[number] = continuation
        setTimer(.waiter(id, number), at: end)
      }
    } onCancel: {
      Task { await self.stopWaiting(for: id, number) }
    }
  }

  private func stopWaiting(for id: Identifier, _ number: Int) {
    timers.remove(.waiter(id, number))
    live[id]?.waiters.removeValue(forKey: number)?.resume()
  }

  /// The log after an entry, then what follows it until the job is over; nil for an unknown job.
  func events(
    of id: Identifier, after number: Int
  ) throws -> AsyncThrowingStream<JobLogEntry, any Error>? {
    guard try live[id] != nil || router.ledger.job(id) != nil else { return nil }
    let (stream, continuation) = AsyncThrowingStream<JobLogEntry, any Error>.makeStream()
    var reader = LiveJob.Reader(last: number, continuation: continuation)
    while true {
      let page = try router.ledger.jobEvents(of: id, after: reader.last, limit: 1_000)
      guard !page.isEmpty else { break }
      reader.tell(page)
    }
    guard let slot = live[id], !slot.job.state.isTerminal else {
      continuation.finish()
      return stream
    }
    lastNumber += 1
    let place = lastNumber
    continuation.onTermination = { _ in Task { await self.stopReading(id, place) } }
    live[id]?.readers[place] = reader
    return stream
  }

  private func stopReading(_ id: Identifier, _ place: Int) { live[id]?.readers[place] = nil }

  // MARK: Providers

  func providers() -> [ProviderView] {
    refreshObstacles()
    let now = now
    return board.catalogue.providers.map { provider in
      ProviderView(
        provider: provider.id, obstacle: board.obstacles[provider.id]?.detail,
        health: board.health[provider.id], service: board.service(of: provider.id),
        circuit: board.circuits.circuit(ofProvider: provider.id).phase(at: now),
        inUse: board.accounts.inUse(provider.id), queued: board.queues[provider.id]?.count ?? 0,
        concurrency: provider.access?.concurrency,
        candidates: (board.shelves[provider.id] ?? []).map { view(of: $0, provider.id, at: now) })
    }
  }

  private func view(of candidate: String, _ provider: String, at now: Instant) -> ProviderView.CandidateView {
    let figures = board.figures[candidate]
    let key = CircuitBoard.Key(candidate: candidate, provider: provider)
    return ProviderView.CandidateView(
      candidate: candidate, circuit: board.circuits.circuit(of: key).phase(at: now),
      live: board.state(of: candidate, provider, at: now), availability: figures?.availability(at: now) ?? 1,
      refusalRate: figures?.refusalRate(at: now) ?? 0, evidence: figures?.evidence(at: now) ?? 0,
      costDrift: figures?.costDrift(at: now))
  }
}
