import Jobs
import Logging
import Routing
import Wire

/// Carrying out what a transition asks for. Each call to a vendor runs by itself and comes back as an event.
extension Dispatcher {
  func carryOut(_ action: JobAction, for id: Identifier) {
    guard let job = live[id]?.job else { return }
    switch action {
    case .wake(let instant):
      if !job.state.isTerminal { setTimer(.job(id), at: instant) }
    case .enqueue(let candidate): enqueue(id, candidate: candidate)
    case .submit(let attempt, _, let token, let limit): submit(job, attempt, token, limit)
    case .reconcile(let attempt, let inquiry, let token): reconcile(job, attempt, inquiry, token)
    case .poll(let attempt): poll(job, attempt)
    case .cancel(let attempt): cancel(job, attempt)
    case .copy(let attempt, let result): copy(job, attempt, result)
    }
  }

  /// Makes a call off the dispatcher, and lets its event happen to the job. The job stays in memory until then.
  private func call(_ id: Identifier, _ work: @escaping @Sendable () async -> JobEvent?) {
    live[id]?.calls += 1
    underWay += 1
    Task {
      let event = await work()
      underWay -= 1
      if let event { post(Errand(event), to: id) }
      endCall(id)
    }
  }

  private func endCall(_ id: Identifier) {
    live[id]?.calls -= 1
    forgetIfSpent(id)
  }

  // MARK: Submitting

  private func submit(_ job: Job, _ attempt: Int, _ token: String, _ limit: Span) {
    let planned = job.plan[job.attempts[attempt].candidate]
    let input = live[job.id]?.input
    live[job.id]?.input = nil
    guard let adapter = adapters[planned.provider] else {
      let failure = VendorFailure(
        .transient, cause: .found, message: "provider '\(planned.provider)' has no adapter any more")
      post(Errand(.rejected(attempt, failure)), to: job.id)
      return
    }
    let (model, price) = (model(of: planned), board.candidates[planned.candidate]?.price)
    let (ledger, webhook) = (router.ledger, webhookURL(planned.provider, token))
    let credential = credential(of: job, attempt)
    if planned.payment == .forwarded, credential == nil {
      post(Errand(.rejected(attempt, Dispatcher.keyGone(planned.provider))), to: job.id)
      return
    }
    call(job.id) {
      do {
        let order = WorkOrder(
          capability: job.capability, model: model,
          input: try input ?? Dispatcher.input(of: job, in: ledger), token: token,
          webhookURL: webhook, limit: limit, deadline: job.deadline, credential: credential)
        return await Dispatcher.submit(order, attempt, to: adapter, price: price)
      } catch {
        return .rejected(attempt, Dispatcher.unreadable(error))
      }
    }
  }

  private static func submit(
    _ order: WorkOrder, _ attempt: Int, to adapter: any Adapter, price: Price?
  ) async -> JobEvent {
    do throws(VendorFailure) {
      switch try await adapter.submit(order) {
      case .accepted(let vendor, let cost): return .accepted(attempt, vendor, cost: cost)
      case .finished(var report, let usage):
        report.cost = report.cost ?? usage?.cost ?? cost(of: usage, at: price)
        return .seen(attempt, report, by: .answer)
      }
    } catch {
      return .submitFailed(attempt, error)
    }
  }

  /// What tokens cost at a candidate's price, for a vendor that counts them and does not say the sum.
  private static func cost(of usage: TokenUsage?, at price: Price?) -> Money? {
    guard let usage, let price, price.perMillionInputTokens + price.perMillionOutputTokens > 0 else {
      return nil
    }
    var tokens = Price()
    tokens.perRequest = price.perRequest
    tokens.perMillionInputTokens = price.perMillionInputTokens
    tokens.perMillionOutputTokens = price.perMillionOutputTokens
    return Money(
      dollars: tokens.dollars(for: Work(inputTokens: usage.input, outputTokens: usage.output)))
  }

  private static func input(of job: Job, in ledger: any Ledger) throws -> WorkInput {
    guard let bytes = try ledger.jobInput(job.input.reference) else {
      throw FieldErrors([FieldError(pointer: "", message: "it is not in the ledger")])
    }
    return try WorkInput(try JSONValue.parse(bytes))
  }

  private static func unreadable(_ error: any Error) -> VendorFailure {
    VendorFailure(.local, cause: .found, message: "the job's input cannot be read again: \(error)")
  }

  func model(of planned: PlannedCandidate) -> String {
    board.candidates[planned.candidate]?.model
      ?? String(planned.candidate.dropFirst(planned.provider.count + 1))
  }

  private func webhookURL(_ provider: String, _ token: String) -> String? {
    settings.publicBase.map { "\($0)/webhooks/\(provider)?token=\(token)" }
  }

  private func reconcile(_ job: Job, _ attempt: Int, _ inquiry: Inquiry, _ token: String) {
    let planned = job.plan[job.attempts[attempt].candidate]
    guard let adapter = adapters[planned.provider] else { return }
    let (model, ledger, webhook) = (model(of: planned), router.ledger, webhookURL(planned.provider, token))
    let credential = credential(of: job, attempt)
    if planned.payment == .forwarded, credential == nil {
      post(Errand(.reconciled(attempt, .unclear(Dispatcher.keyGone(planned.provider)))), to: job.id)
      return
    }
    call(job.id) {
      let order: WorkOrder
      do {
        order = WorkOrder(
          capability: job.capability, model: model, input: try Dispatcher.input(of: job, in: ledger),
          token: token, webhookURL: webhook, limit: planned.contract.submitLimit, deadline: job.deadline,
          credential: credential)
      } catch {
        return .reconciled(attempt, .unclear(Dispatcher.unreadable(error)))
      }
      let finding = await adapter.reconcile(order, by: inquiry, since: job.attempts[attempt].started)
      return .reconciled(attempt, finding)
    }
  }

  // MARK: Watching

  func work(of job: Job, _ attempt: Int, named vendor: VendorJob) -> VendorWork {
    VendorWork(
      capability: job.capability, model: model(of: job.plan[job.attempts[attempt].candidate]), job: vendor,
      credential: credential(of: job, attempt))
  }

  /// Nil while the vendor's name for it is not known.
  private func work(of job: Job, _ attempt: Int) -> VendorWork? {
    job.attempts[attempt].vendor.map { work(of: job, attempt, named: $0) }
  }

  /// One status call at a time for an attempt; a wish for another one meanwhile is kept.
  private func poll(_ job: Job, _ attempt: Int) {
    let planned = job.plan[job.attempts[attempt].candidate]
    let lease = Lease(job: job.id, attempt: attempt)
    guard let adapter = adapters[planned.provider], let work = work(of: job, attempt) else { return }
    if planned.payment == .forwarded, work.credential == nil {
      let report = VendorReport(.failed(Dispatcher.keyGone(planned.provider)))
      post(Errand(.seen(attempt, report, by: .poll)), to: job.id)
      return
    }
    guard polling[lease] == nil else {
      polling[lease] = true
      return
    }
    polling[lease] = false
    call(job.id) { [self] in
      let event: JobEvent
      do throws(VendorFailure) {
        event = .seen(attempt, try await adapter.status(of: work), by: .poll)
      } catch {
        await pollFailed(error, planned)
        event = .pollFailed(attempt, error)
      }
      await pollEnded(lease)
      return event
    }
  }

  private func pollFailed(_ failure: VendorFailure, _ planned: PlannedCandidate) {
    guard !isAboutCallersKey(failure, planned) else { return }
    note(
      board.record(
        failure, of: planned.candidate, at: planned.provider, at: now, random: chance.uniform()))
    doubt(planned.provider, failure)
    touch(planned.provider)
  }

  private func pollEnded(_ lease: Lease) {
    let isWantedAgain = polling.removeValue(forKey: lease) ?? false
    guard isWantedAgain, let job = live[lease.job]?.job, !job.attempts[lease.attempt].state.isSettled else {
      return
    }
    poll(job, lease.attempt)
  }

  // MARK: Cancelling

  /// Asks a vendor to stop. A call that fails is repeated twice: what it stops need not be paid.
  func cancel(_ job: Job, _ attempt: Int) {
    let planned = job.plan[job.attempts[attempt].candidate]
    guard let adapter = adapters[planned.provider], let work = work(of: job, attempt) else { return }
    // A vendor is not asked in a caller's name without the caller's key.
    if planned.payment == .forwarded, work.credential == nil { return }
    let lease = Lease(job: job.id, attempt: attempt)
    cancel(lease, work, adapter, tries: 1)
  }

  private func cancel(_ lease: Lease, _ work: VendorWork, _ adapter: any Adapter, tries: Int) {
    call(lease.job) { [self] in
      do throws(VendorFailure) {
        return .cancelAnswered(lease.attempt, try await adapter.cancel(work))
      } catch {
        if error.httpStatus == 404 || error.httpStatus == 409 || error.httpStatus == 410 {
          return .cancelAnswered(lease.attempt, .alreadyEnded)
        }
        await cancelAgain(lease, work, tries: tries, after: error)
        return nil
      }
    }
  }

  private func cancelAgain(_ lease: Lease, _ work: VendorWork, tries: Int, after failure: VendorFailure) {
    guard tries < 3, !isStopping else {
      logger.warning(
        "a vendor could not be asked to stop",
        metadata: ["job": "\(lease.job)", "attempt": "\(lease.attempt)", "error": "\(failure.message)"])
      return
    }
    live[lease.job]?.calls += 1
    cancellations[lease] = (work, tries)
    let pause = Backoff.standard.delay(
      attempt: tries, random: chance.uniform(), retryAfter: failure.retryAfter)
    setTimer(.cancellation(lease), at: now + pause)
  }

  func repeatCancellation(_ lease: Lease) {
    if let (work, tries) = cancellations.removeValue(forKey: lease), let job = live[lease.job]?.job,
      !job.attempts[lease.attempt].state.isSettled,
      let adapter = adapters[job.plan[job.attempts[lease.attempt].candidate].provider]
    {
      cancel(lease, work, adapter, tries: tries + 1)
    }
    endCall(lease.job)
  }

  // MARK: Copying

  /// Copies what a vendor has made, one file after another.
  private func copy(_ job: Job, _ attempt: Int, _ result: JobResult) {
    let planned = job.plan[job.attempts[attempt].candidate]
    guard let artefacts, let adapter = adapters[planned.provider] else {
      let failure = VendorFailure(.local, cause: .found, message: "there is nothing to copy artefacts with")
      post(Errand(.copyFailed(attempt, failure)), to: job.id)
      return
    }
    let credential = credential(of: job, attempt)
    call(job.id) {
      var copied = result
      do {
        for (place, artefact) in result.artefacts.enumerated() where !artefact.isCopied {
          copied.artefacts[place] = try await artefacts.receive(artefact) {
            descriptor async throws(VendorFailure) -> (contentType: String?, byteCount: Int) in
            try await adapter.download(artefact, to: descriptor, for: credential)
          }
        }
        return .copied(attempt, copied)
      } catch let failure as VendorFailure {
        return .copyFailed(attempt, failure)
      } catch {
        let failure = VendorFailure(
          .local, cause: .found, message: "an artefact cannot be stored: \(error)")
        return .copyFailed(attempt, failure)
      }
    }
  }

  // MARK: A candidate's end

  /// A vendor has said often enough that a candidate is gone: the market knows it at once, the catalogue from the next epoch on.
  func retire(_ report: AttemptReport) {
    underWay += 1
    Task {
      do {
        let known = await router.keeper.pending.catalogue.value
        if let event = Retirement.after(report, in: known.candidates, at: now) {
          logger.warning(
            "a candidate is gone",
            metadata: ["candidate": "\(event.candidate)", "says": "\(event.message ?? "")"])
          let candidates = known.candidates.map { candidate in
            var candidate = candidate
            if candidate.id == event.candidate {
              candidate.lifecycle = Retirement.lifecycle(of: candidate, after: event)
            }
            return candidate
          }
          let changed = try Catalogue(
            providers: known.providers, candidates: candidates, regions: known.regions)
          _ = try await router.keeper.stock(changed, from: .router)
          board.adopt(changed, at: now)
        }
      } catch {
        logger.error(
          "a candidate's end is not in the catalogue",
          metadata: ["candidate": "\(report.candidate)", "error": "\(error)"])
      }
      underWay -= 1
    }
  }
}
