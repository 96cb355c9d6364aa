import Jobs
import Routing
import Serving

extension Ledger {
  func keep(_ changes: JobChange...) throws { _ = try append(Sample.batch(jobs: changes)) }

  func unfinished() throws -> [Job] {
    var jobs: [Job] = []
    try unfinishedJobs { jobs.append($0) }
    return jobs
  }
}

// MARK: Jobs as they stand

extension LedgerContract {
  static let jobs: [LedgerContract] = [
    LedgerContract("without jobs there is nothing to find") { ledger in
      let id = Sample.id(1)
      try expect(ledger.job(id) == nil)
      try expect(ledger.unfinished(), is: [])
      try expect(ledger.jobs(states: nil, before: nil, limit: 10), is: [])
      try expect(ledger.jobs(of: id), is: [])
      try expect(ledger.attempt(atVendor: "v", of: "north") == nil)
      try expect(ledger.jobInput("sha256-0") == nil)
      try expect(ledger.jobEvents(of: id, after: 0, limit: 10), is: [])
      try expect(ledger.healthChecks(of: "north", limit: 10), is: [])
      try expect(ledger.dropJobs(endedBefore: Sample.at(1_000_000)), is: 0)
    },
    LedgerContract("a job of any state comes back as it was") { ledger in
      let jobs = try Sample.jobsInAllStates()
      try expect(Set(jobs.map(\.state)), is: Set(JobState.allCases))
      for job in jobs {
        try ledger.keep(JobChange(job, before: nil, entries: []))
        try expect(ledger.job(job.id), is: job)
      }
      try expect(ledger.counts().jobs, is: 10)
      // Queued, queued with obstacles, submitting twice, running, of unknown fate.
      try expect(ledger.counts().unfinishedJobs, is: 6)
    },
    LedgerContract("each change takes the place of the one before") { ledger in
      var job = try Sample.job(1)
      try ledger.keep(JobChange(job, before: nil, entries: []))
      let story: [JobEvent] = [
        .started, .accepted(0, VendorJob(id: "v"), cost: nil),
        .seen(0, VendorReport(.succeeded(Sample.result)), by: .webhook),
      ]
      for event in story {
        try ledger.keep(job.change(event))
        try expect(ledger.job(job.id), is: job)
      }
      try expect(ledger.job(job.id)?.state, is: .succeeded)
      try expect(ledger.unfinished(), is: [])
      try expect(ledger.counts().jobs, is: 1)
    },
    LedgerContract("a change from another revision is refused, and nothing of its batch is written") {
      ledger in
      try ledger.prepare()
      var job = try Sample.job(1)
      try ledger.keep(JobChange(job, before: nil, entries: [Sample.entry(1, .queued)]))
      let stale = job
      try ledger.keep(job.change(.started))
      var other = stale
      var batch = Sample.batch([Sample.decision(2)], [Sample.submission("a", about: 2)])
      batch.answers = [Answer(key: "k", digest: [], decision: Sample.id(2), body: [], at: Sample.at())]
      batch.checks = [HealthRecord(provider: "north", entry: Sample.check(1))]
      batch.jobs = [
        JobChange(try Sample.job(2, input: "new"), before: nil, entries: [Sample.entry(1)], input: [1]),
        other.change(.cancelAsked, [Sample.entry(2, .canceled)]),
      ]
      try expectConflict(.jobChanged(job.id, stored: 1, expected: 0)) { _ = try ledger.append(batch) }
      try expect(ledger.job(job.id), is: job)
      try expect(ledger.position(), is: LedgerPosition())
      try expect(ledger.answer(key: "k") == nil)
      try expect(ledger.jobInput("new") == nil)
      try expect(ledger.healthChecks(of: "north", limit: 1), is: [])
      try expect(ledger.counts().jobs, is: 1)
      try expect(ledger.jobEvents(of: job.id, after: 0, limit: 9).count, is: 1)
    },
    LedgerContract("a job is made once, and a change needs one that is there") { ledger in
      var job = try Sample.job(1)
      let new = JobChange(job, before: nil, entries: [])
      try expectConflict(.jobChanged(job.id, stored: nil, expected: 0)) {
        var unknown = job
        try ledger.keep(unknown.change(.started))
      }
      try ledger.keep(new)
      try expectConflict(.jobChanged(job.id, stored: 0, expected: nil)) { try ledger.keep(new) }
      // Within one batch as well, and one after the other.
      let twin = JobChange(try Sample.job(2), before: nil, entries: [])
      try expectConflict(.jobChanged(twin.job.id, stored: 0, expected: nil)) { try ledger.keep(twin, twin) }
      try expect(ledger.job(twin.job.id) == nil)
      try ledger.keep(job.change(.started), job.change(.accepted(0, VendorJob(id: "v"), cost: nil)))
      try expect(ledger.job(job.id), is: job)
    },
    LedgerContract("another decision under an id refuses the jobs of its batch") { ledger in
      try ledger.prepare(decisions: 1)
      var batch = Sample.batch([Sample.decision(1, text: "another")])
      batch.jobs = [JobChange(try Sample.job(1), before: nil, entries: [])]
      try expectConflict(.otherDecision(Sample.id(1))) { _ = try ledger.append(batch) }
      try expect(ledger.counts().jobs, is: 0)
    },
    LedgerContract("a decision, its job, an outcome and the kept answer are there together") { ledger in
      try ledger.prepare()
      var job = try Sample.job(1)
      var batch = Sample.batch([Sample.decision(1)], [outcome("job", 1, .succeeded, by: "south/c")])
      batch.answers = [Answer(key: "k", digest: [1], decision: Sample.id(1), body: [2], at: Sample.at())]
      batch.jobs = [
        JobChange(job, before: nil, entries: [Sample.entry(1, .queued)], input: Array("{}".utf8)),
        job.change(.started, [Sample.entry(2, .submitting)]),
      ]
      try expect(ledger.append(batch), is: [.accepted])
      try expect(ledger.decision(Sample.id(1)), is: Sample.decision(1))
      try expect(ledger.job(job.id), is: job)
      try expect(ledger.answer(key: "k")?.body, is: [2])
      try expect(ledger.jobInput("sha256-0"), is: Array("{}".utf8))
      try expect(ledger.jobEvents(of: job.id, after: 0, limit: 9).map(\.kind), is: [.queued, .submitting])
      let map = RegionMap(version: 1, plan: Sample.plan(regions: 2))
      try expect(ledger.judged(Sample.id(1), map: map)?.judgements.map(\.executed), is: [2])
    },
    LedgerContract("those that are not over come by id") { ledger in
      let jobs = try Sample.jobsInAllStates()
      for job in jobs.reversed() { try ledger.keep(JobChange(job, before: nil, entries: [])) }
      let open = jobs.filter { !$0.state.isTerminal }.sorted { $0.id < $1.id }
      try expect(ledger.unfinished(), is: open)
    },
    LedgerContract("a list has the latest first, by states, before an id, up to a limit") { ledger in
      let all = try Sample.jobsInAllStates().sorted { $0.id < $1.id }
      for job in all { try ledger.keep(JobChange(job, before: nil, entries: [])) }
      let latest = Array(all.reversed())
      try expect(ledger.jobs(states: nil, before: nil, limit: 100), is: latest)
      try expect(ledger.jobs(states: nil, before: nil, limit: 3), is: Array(latest.prefix(3)))
      try expect(ledger.jobs(states: nil, before: nil, limit: 0), is: [])
      try expect(ledger.jobs(states: nil, before: latest[3].id, limit: 2), is: Array(latest[4...5]))
      try expect(ledger.jobs(states: nil, before: latest.last?.id, limit: 2), is: [])
      let subsets: [Set<JobState>] = [
        [], [.succeeded], [.queued], [.queued, .failed, .running], [.failed, .expired],
        [.submitting, .submitUnknown], Set(JobState.allCases),
      ]
      for states in subsets {
        let expected = latest.filter { states.contains($0.state) }
        try expect(ledger.jobs(states: states, before: nil, limit: 100), is: expected)
        try expect(ledger.jobs(states: states, before: nil, limit: 1), is: Array(expected.prefix(1)))
        let last = latest[1].id
        try expect(
          ledger.jobs(states: states, before: last, limit: 100), is: expected.filter { $0.id < last })
      }
    },
    LedgerContract("a tenant's list has its jobs alone, as everybody's has all") { ledger in
      let mine = try Sample.jobsInAllStates()
      for job in mine { try ledger.keep(JobChange(job, before: nil, entries: [])) }
      let others = try ["beta\u{0}", nil, "acme2"].enumerated().map { place, tenant in
        let sample = try Sample.job(20 + place)
        return try Job(
          id: sample.id, decision: sample.decision, capability: sample.capability, input: sample.input,
          plan: sample.plan, created: sample.created, budget: .minutes(1), tenant: tenant)
      }
      for job in others { try ledger.keep(JobChange(job, before: nil, entries: [])) }
      // The one that was answered by an earlier result is nobody's.
      let latest = mine.filter { $0.tenant == "acme" }.sorted { $0.id > $1.id }
      for states in [nil, [.queued], [.succeeded, .running], []] as [Set<JobState>?] {
        let expected = latest.filter { states?.contains($0.state) ?? true }
        func list(before: Identifier? = nil, _ limit: Int = 99) throws -> [Job] {
          try ledger.jobs(states: states, tenant: "acme", before: before, limit: limit)
        }
        try expect(list(), is: expected)
        try expect(list(before: nil, 2), is: Array(expected.prefix(2)))
        try expect(list(before: latest[3].id), is: expected.filter { $0.id < latest[3].id })
      }
      try expect(ledger.jobs(states: nil, tenant: "beta\u{0}", before: nil, limit: 9), is: [others[0]])
      try expect(ledger.jobs(states: nil, tenant: "nobody", before: nil, limit: 9), is: [])
      try expect(ledger.jobs(states: nil, before: nil, limit: 99).count, is: mine.count + 3)
    },
    LedgerContract("a decision may have several jobs") { ledger in
      let first = try Sample.job(1)
      let second = try Job(
        id: Sample.id(500), decision: first.decision, capability: first.capability, input: first.input,
        plan: first.plan, created: first.created, budget: .minutes(1))
      try ledger.keep(
        JobChange(second, before: nil, entries: []), JobChange(first, before: nil, entries: []),
        JobChange(try Sample.job(2), before: nil, entries: []))
      try expect(ledger.jobs(of: first.decision), is: [first, second])
      try expect(ledger.jobs(of: Sample.id(9)), is: [])
    },
  ]
}
