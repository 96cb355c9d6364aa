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

  /// Holds changes against what is there, and against each other.
  func check(_ changes: [JobChange]) throws(LedgerConflict) {
    var revisions: [Identifier: Int] = [:]
    var counts: [Identifier: Int] = [:]
    for change in changes {
      let id = change.job.id
      let stored = revisions[id] ?? jobs[id]?.revision
      guard stored == change.before else { throw .jobChanged(id, stored: stored, expected: change.before) }
      revisions[id] = change.job.revision
      for entry in change.entries {
        let next = (counts[id] ?? entries[id]?.count ?? 0) + 1
        guard entry.number == next else { throw .entryOutOfOrder(id, expected: next, got: entry.number) }
        counts[id] = next
      }
    }
  }

  /// Takes in a change that was checked.
  mutating func apply(_ change: JobChange) {
    let job = change.job
    jobs[job.id] = job
    entries[job.id, default: []] += change.entries
    if let input = change.input, inputs[job.input.reference] == nil { inputs[job.input.reference] = input }
    for (number, attempt) in job.attempts.enumerated() {
      guard let vendor = attempt.vendor else { continue }
      let name = Name(provider: job.plan[attempt.candidate].provider, vendorID: vendor.id)
      names[name] = names[name] ?? (job.id, number)
    }
  }

  mutating func keep(_ record: HealthRecord) { checks[record.provider, default: []].append(record.entry) }

  /// - Returns: how many.
  mutating func drop(endedBefore: Instant) -> Int {
    let dropped = Set(jobs.values.filter { $0.ended.map { $0 < endedBefore } ?? false }.map(\.id))
    jobs = jobs.filter { !dropped.contains($0.key) }
    entries = entries.filter { !dropped.contains($0.key) }
    names = names.filter { !dropped.contains($0.value.job) }
    let used = Set(jobs.values.map(\.input.reference))
    inputs = inputs.filter { used.contains($0.key) }
    return dropped.count
  }

  mutating func dropChecks(before: Instant) {
    checks = checks.mapValues { $0.filter { $0.check.at >= before } }
  }

  func attempt(atVendor id: String, of provider: String) -> (job: Identifier, attempt: Int)? {
    names[Name(provider: provider, vendorID: id)]
  }

  var unfinishedCount: Int { jobs.values.count { !$0.state.isTerminal } }

  var sorted: [Job] { jobs.values.sorted { $0.id < $1.id } }
}

extension MemoryLedger {
  public func job(_ id: Identifier) throws -> Job? { current.jobs.jobs[id] }

  public func unfinishedJobs(_ body: (Job) throws -> Void) throws {
    for job in current.jobs.sorted where !job.state.isTerminal { try body(job) }
  }

  public func jobs(
    states: Set<JobState>?, tenant: String?, before: Identifier?, limit: Int
  ) throws -> [Job] {
    let matching = current.jobs.sorted.reversed().filter { job in
      (states?.contains(job.state) ?? true) && tenant.map { job.tenant == $0 } ?? true
        && before.map { job.id < $0 } ?? true
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
