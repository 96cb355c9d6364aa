public import Jobs
public import Routing

/// The jobs of a ``MemoryLedger``.
struct MemoryJobs: Sendable {
  private(set) var jobs: [Identifier: Job] = [:]
  private(set) var entries: [Identifier: [JobLogEntry]] = [:]
  private(set) var inputs: [String: [UInt8]] = [:]
  private(set) var checks: [String: [ProviderHealth.Entry]] = [:]
  private var names: [Name: (job: Identifier, attempt: Int)] = [:]

  private struct Name: Hashable {
    var provider: String
    var vendorID: String
  }

  /// What it is after a batch.
  func applying(_ batch: LedgerBatch) throws(LedgerConflict) -> MemoryJobs {
    guard !batch.jobs.isEmpty || !batch.checks.isEmpty else { return self }
    var next = self
    for change in batch.jobs { try next.apply(change) }
    for check in batch.checks { next.checks[check.provider, default: []].append(check.entry) }
    return next
  }

  private mutating func apply(_ change: JobChange) throws(LedgerConflict) {
    let job = change.job
    let stored = jobs[job.id]?.revision
    guard stored == change.before else {
      throw .jobChanged(job.id, stored: stored, expected: change.before)
    }
    jobs[job.id] = job
    entries[job.id, default: []] += change.entries
    if let input = change.input { inputs[job.input.reference] = input }
    for (number, attempt) in job.attempts.enumerated() {
      guard let vendor = attempt.vendor else { continue }
      let name = Name(provider: job.plan[attempt.candidate].provider, vendorID: vendor.id)
      names[name] = names[name] ?? (job.id, number)
    }
  }

  func attempt(atVendor id: String, of provider: String) -> (job: Identifier, attempt: Int)? {
    names[Name(provider: provider, vendorID: id)]
  }

  var sorted: [Job] { jobs.values.sorted { $0.id < $1.id } }
}

extension MemoryLedger {
  public func job(_ id: Identifier) throws -> Job? { current.jobs.jobs[id] }

  public func unfinishedJobs(_ body: (Job) throws -> Void) throws {
    for job in current.jobs.sorted where !job.state.isTerminal { try body(job) }
  }

  public func jobs(states: Set<JobState>?, before: Identifier?, limit: Int) throws -> [Job] {
    let matching = current.jobs.sorted.reversed().filter { job in
      (states?.contains(job.state) ?? true) && before.map { job.id < $0 } ?? true
    }
    return Array(matching.prefix(limit))
  }

  public func jobs(of decision: Identifier) throws -> [Job] {
    current.jobs.sorted.filter { $0.decision == decision }
  }

  public func attempt(atVendor id: String, of provider: String) throws -> (job: Identifier, attempt: Int)? {
    current.jobs.attempt(atVendor: id, of: provider)
  }

  public func jobInput(_ reference: String) throws -> [UInt8]? { current.jobs.inputs[reference] }

  public func jobEvents(of id: Identifier, after number: Int, limit: Int) throws -> [JobLogEntry] {
    Array((current.jobs.entries[id] ?? []).filter { $0.number > number }.prefix(limit))
  }

  public func healthChecks(of provider: String, limit: Int) throws -> [ProviderHealth.Entry] {
    Array((current.jobs.checks[provider] ?? []).reversed().prefix(limit))
  }
}
