import Jobs
import Routing
import Serving

extension Sample {
  /// A check of the n-th minute.
  static func check(_ number: Int, _ failure: VendorFailure? = nil) -> ProviderHealth.Entry {
    ProviderHealth.Entry(
      check: ProviderHealth.Check(at: at(Int64(number)), latency: .milliseconds(120), failure: failure),
      state: failure == nil ? .healthy : .down)
  }
}

// MARK: What belongs to jobs

extension LedgerContract {
  static let jobParts: [LedgerContract] = [
    LedgerContract("what happened to a job comes by number, in pages") { ledger in
      var job = try Sample.job(1)
      let details = JobLogEntry(
        number: 2, at: Sample.at(7), kind: .failover, detail: Array(#"{"from":"north/a","why":"“503”"}"#.utf8)
      )
      let first = JobChange(job, before: nil, entries: [Sample.entry(1, .queued), details])
      try ledger.keep(first)
      let kinds = JobLogEntry.Kind.allCases
      let rest = kinds.enumerated().map { Sample.entry($0 + 3, $1, at: Int64($0)) }
      try ledger.keep(job.change(.started, rest))
      try ledger.keep(JobChange(try Sample.job(2), before: nil, entries: [Sample.entry(1, .queued)]))
      let all = first.entries + rest
      try expect(ledger.jobEvents(of: job.id, after: 0, limit: 100), is: all)
      try expect(ledger.jobEvents(of: job.id, after: 0, limit: 2), is: Array(all.prefix(2)))
      try expect(ledger.jobEvents(of: job.id, after: 2, limit: 3), is: Array(rest.prefix(3)))
      try expect(ledger.jobEvents(of: job.id, after: all.count, limit: 3), is: [])
    },
    LedgerContract("a log has no gap and no number twice") { ledger in
      var job = try Sample.job(1)
      try expectConflict(.entryOutOfOrder(job.id, expected: 1, got: 2)) {
        try ledger.keep(JobChange(job, before: nil, entries: [Sample.entry(2)]))
      }
      try expect(ledger.job(job.id) == nil)
      try ledger.keep(JobChange(job, before: nil, entries: [Sample.entry(1), Sample.entry(2)]))
      for (numbers, wrong, next) in [([2], 2, 3), ([4], 4, 3), ([3, 5], 5, 4), ([3, 3], 3, 4)] {
        var other = job
        try expectConflict(.entryOutOfOrder(job.id, expected: next, got: wrong)) {
          try ledger.keep(other.change(.started, numbers.map { Sample.entry($0) }))
        }
      }
      try ledger.keep(job.change(.started, [Sample.entry(3)]), job.change(.cancelAsked, [Sample.entry(4)]))
      try expect(ledger.jobEvents(of: job.id, after: 0, limit: 9).map(\.number), is: [1, 2, 3, 4])
    },
    LedgerContract("a vendor's name leads to the attempt that had it first, within that vendor") { ledger in
      var first = try Sample.job(1)
      var second = try Sample.job(2)
      try ledger.keep(JobChange(first, before: nil, entries: []), JobChange(second, before: nil, entries: []))
      let gone = VendorFailure(.transient, httpStatus: 503, message: "gone")
      // The first job: `v` at north fails, `v` at south runs.
      for event in [JobEvent.started, .accepted(0, VendorJob(id: "v"), cost: nil)] {
        try ledger.keep(first.change(event))
      }
      try ledger.keep(first.change(.seen(0, VendorReport(.failed(gone)), by: .poll)))
      try ledger.keep(first.change(.started))
      try ledger.keep(first.change(.accepted(1, VendorJob(id: "v"), cost: nil)))
      // The second is given the same name by north.
      try ledger.keep(second.change(.started))
      try ledger.keep(second.change(.accepted(0, VendorJob(id: "v"), cost: nil)))
      let north = try ledger.attempt(atVendor: "v", of: "north")
      let south = try ledger.attempt(atVendor: "v", of: "south")
      try expect(north?.job == first.id && north?.attempt == 0)
      try expect(south?.job == first.id && south?.attempt == 1)
      try expect(ledger.attempt(atVendor: "v", of: "west") == nil)
      try expect(ledger.attempt(atVendor: "V", of: "north") == nil)
    },
    LedgerContract("a vendor's name may hold any text") { ledger in
      let names = ["a\u{0}b", "a", "Zürich/🥊 '\"", "a\u{0}"]
      for (number, name) in names.enumerated() {
        var job = try Sample.job(number + 1)
        try ledger.keep(JobChange(job, before: nil, entries: []))
        try ledger.keep(job.change(.started))
        try ledger.keep(job.change(.accepted(0, VendorJob(id: name), cost: nil)))
        try expect(ledger.job(job.id), is: job)
      }
      for (number, name) in names.enumerated() {
        try expect(ledger.attempt(atVendor: name, of: "north")?.job, is: try Sample.job(number + 1).id)
      }
    },
    LedgerContract("an input is stored once, whoever refers to it") { ledger in
      let bytes = [UInt8](0...255)
      try ledger.keep(
        JobChange(try Sample.job(1, input: "x"), before: nil, entries: [], input: bytes),
        JobChange(try Sample.job(2, input: "x"), before: nil, entries: [], input: [9]),
        JobChange(try Sample.job(3, input: "empty"), before: nil, entries: [], input: []))
      try ledger.keep(JobChange(try Sample.job(4, input: "x"), before: nil, entries: []))
      try expect(ledger.jobInput("x"), is: bytes)
      try expect(ledger.jobInput("empty"), is: [])
      try expect(ledger.jobInput("y") == nil)
    },
    LedgerContract("checks of health come newest first, with and without a failure") { ledger in
      let refusal = VendorFailure(
        .authCredit, httpStatus: 401, vendorCode: "a\u{0}b", message: "no “key”", retryAfter: .seconds(3),
        scope: .candidate)
      let checks = [
        Sample.check(1), Sample.check(2, refusal), Sample.check(3, VendorFailure(.unknown, message: "")),
        // By arrival, whatever the clock said.
        Sample.check(0),
      ]
      for entry in checks {
        var batch = LedgerBatch()
        batch.checks = [HealthRecord(provider: "north", entry: entry)]
        _ = try ledger.append(batch)
      }
      var batch = LedgerBatch()
      batch.checks = FailureClass.allCases.flatMap { failureClass in
        VendorFailure.Cause.allCases.map { cause in
          let failure = VendorFailure(failureClass, cause: cause, message: "m", scope: .provider)
          return HealthRecord(provider: "south", entry: Sample.check(5, failure))
        }
      }
      _ = try ledger.append(batch)
      try expect(ledger.healthChecks(of: "north", limit: 10), is: checks.reversed())
      try expect(ledger.healthChecks(of: "north", limit: 2), is: Array(checks.reversed().prefix(2)))
      try expect(ledger.healthChecks(of: "south", limit: 100), is: batch.checks.reversed().map(\.entry))
      try ledger.dropHealthChecks(before: Sample.at(2))
      try expect(ledger.healthChecks(of: "north", limit: 10), is: [checks[2], checks[1]])
    },
    LedgerContract("jobs that ended long ago leave with all that is theirs, and with nothing else") {
      ledger in
      try ledger.prepare(decisions: 3)
      var jobs: [Job] = []
      // The first two end in minutes 1 and 2, the third goes on; the first and the third share an input.
      for (number, input) in [(1, "shared"), (2, "own"), (3, "shared")] {
        var job = try Sample.job(number, input: input)
        try ledger.keep(
          JobChange(job, before: nil, entries: [Sample.entry(1, .queued)], input: Array(input.utf8)))
        try ledger.keep(job.change(.started))
        try ledger.keep(job.change(.accepted(0, VendorJob(id: "v\(number)"), cost: nil)))
        if number < 3 {
          try ledger.keep(job.change(.seen(0, VendorReport(.succeeded(Sample.result)), by: .poll)))
        }
        jobs.append(job)
      }
      guard let ended = jobs[1].ended else { throw Violation(description: "the second has not ended") }
      try expect(ledger.dropJobs(endedBefore: ended), is: 1)
      try expect(ledger.job(jobs[0].id) == nil)
      try expect(ledger.jobEvents(of: jobs[0].id, after: 0, limit: 9), is: [])
      try expect(ledger.attempt(atVendor: "v1", of: "north") == nil)
      try expect(ledger.jobInput("shared"), is: Array("shared".utf8))
      try expect(ledger.job(jobs[1].id), is: jobs[1])
      try expect(ledger.attempt(atVendor: "v2", of: "north")?.job, is: jobs[1].id)
      try expect(ledger.dropJobs(endedBefore: ended + .seconds(1)), is: 1)
      try expect(ledger.jobInput("own") == nil)
      try expect(ledger.dropJobs(endedBefore: Sample.at(1_000_000)), is: 0)
      try expect(ledger.job(jobs[2].id), is: jobs[2])
      try expect(
        ledger.counts(),
        is: LedgerCounts(
          decisions: 3, judgements: 0, parked: 0, epochs: 0, jobs: 1, unfinishedJobs: 1))
      // A name that is free again may be given again.
      var again = try Sample.job(4, input: "own")
      try ledger.keep(JobChange(again, before: nil, entries: [], input: [7]))
      try ledger.keep(again.change(.started))
      try ledger.keep(again.change(.accepted(0, VendorJob(id: "v1"), cost: nil)))
      try expect(ledger.attempt(atVendor: "v1", of: "north")?.job, is: again.id)
      try expect(ledger.jobInput("own"), is: [7])
    },
    LedgerContract("more jobs than one step takes are dropped at once") { ledger in
      var batch = LedgerBatch()
      for number in 1...1_100 {
        var job = try Sample.job(number)
        job.live(.cancelAsked)
        batch.jobs.append(JobChange(job, before: nil, entries: [Sample.entry(1, .canceled)], input: [1]))
      }
      _ = try ledger.append(batch)
      try expect(ledger.counts().jobs, is: 1_100)
      try expect(ledger.dropJobs(endedBefore: Sample.at(1_000_000)), is: 1_100)
      try expect(ledger.counts().jobs, is: 0)
      try expect(ledger.jobInput("sha256-0") == nil)
    },
  ]
}
