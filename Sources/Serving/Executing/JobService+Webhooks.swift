import Jobs
import Routing
import ServiceLifecycle

extension JobService {
  /// Takes in a call to `/webhooks/<provider>`; what it says is durable before this returns.
  ///
  /// The vendor's own name for the job finds the attempt, or the token in the URL while that name is not known yet: a
  /// webhook may overtake the answer to the submission. What a signed call says is believed; an unsigned one only hints
  /// that a status call is worth making.
  ///
  /// - Parameter token: of the URL's query, ``Job/token(_:)``.
  public func receive(
    _ call: WebhookCall, from provider: String, token: String?
  ) async -> WebhookAnswer {
    guard let adapter = await dispatcher.adapters[provider] else { return .unknownProvider }
    let notice: WebhookNotice
    do {
      notice = try await adapter.verify(call, at: router.clock.now)
    } catch {
      return .refused(error)
    }
    do {
      guard let (job, attempt) = try await awaited(notice, at: provider, token: token) else {
        strangers.drop(from: provider)
        return .unknownJob
      }
      let known = job.attempts[attempt].vendor
      if let known, known.id != notice.vendorID { return .noChange(.foreign) }
      var report: VendorReport?
      if notice.isSigned {
        let work = await dispatcher.work(
          of: job, attempt, named: known ?? VendorJob(id: notice.vendorID))
        report = await adapter.report(in: notice, about: work)
        if let told = report, told.vendor == nil { report?.vendor = VendorJob(id: notice.vendorID) }
      }
      let event: JobEvent = report.map { .seen(attempt, $0, by: .webhook) } ?? .hinted(attempt)
      let ignored = try await dispatcher.tell(event, to: job.id)
      return ignored.map { .noChange($0) } ?? .taken
    } catch {
      return .unavailable("\(error)")
    }
  }

  /// What a notice is about. A signed one may have overtaken the answer that names the work, and waits for it a moment;
  /// it is not acknowledged meanwhile, so that nothing is lost when the router ends.
  private func awaited(
    _ notice: WebhookNotice, at provider: String, token: String?
  ) async throws -> (job: Job, attempt: Int)? {
    if let found = try await find(notice, at: provider, token: token) { return found }
    guard notice.isSigned, strangers.enter() else { return nil }
    defer { strangers.leave() }
    for pause in settings.strangerPauses {
      try await cancelWhenGracefulShutdown { try await Task.sleep(for: .microseconds(pause.microseconds)) }
      if let found = try await find(notice, at: provider, token: token) { return found }
    }
    return nil
  }

  private func find(
    _ notice: WebhookNotice, at provider: String, token: String?
  ) async throws -> (job: Job, attempt: Int)? {
    if let (id, attempt) = try router.ledger.attempt(atVendor: notice.vendorID, of: provider),
      let job = try await job(id), job.attempts.indices.contains(attempt)
    {
      return (job, attempt)
    }
    guard let token, let (id, attempt) = JobService.attempt(of: token), let job = try await job(id),
      job.attempts.indices.contains(attempt),
      job.plan[job.attempts[attempt].candidate].provider == provider
    else { return nil }
    return (job, attempt)
  }

  private func job(_ id: Identifier) async throws -> Job? {
    try await dispatcher.job(id) ?? router.ledger.job(id)
  }

  /// What a token names.
  static func attempt(of token: String) -> (job: Identifier, attempt: Int)? {
    let (id, rest) = (token.prefix(36), token.dropFirst(36))
    guard let job = Identifier(id), rest.first == "-", let attempt = Int(rest.dropFirst()), attempt >= 0,
      rest.dropFirst().allSatisfy(\.isNumber)
    else { return nil }
    return (job, attempt)
  }
}
