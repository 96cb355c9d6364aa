public import Jobs
import Routing
public import Serving

/// What every account of artefacts and every second tier of the cache must do.
public struct KeepingContract: Sendable, CustomStringConvertible {
  public let name: String
  public let check: @Sendable (any Ledger & ArtefactLedger & CacheLedger) throws -> Void

  public var description: String { name }

  init(
    _ name: String, _ check: @escaping @Sendable (any Ledger & ArtefactLedger & CacheLedger) throws -> Void
  ) {
    self.name = name
    self.check = check
  }

  public static let all: [KeepingContract] = artefacts + cache
}

extension Sample {
  /// The name of the n-th artefact.
  public static func artefactName(_ number: Int) -> String {
    String(repeating: "\(number % 10)", count: 64) + ".png"
  }

  public static func copies(_ numbers: Int...) -> JobResult {
    JobResult(
      artefacts: numbers.map {
        Artefact(
          url: "https://r.example/v1/artefacts/\(artefactName($0))", contentType: "image/png",
          byteCount: 10 * $0, isCopied: true)
      })
  }

  /// The n-th job, over, having made the n-th artefacts.
  public static func finishedJob(_ number: Int, making result: JobResult) throws -> Job {
    var job = try job(number)
    job.live(.started)
    job.live(.accepted(0, VendorJob(id: "v-\(number)"), cost: nil))
    job.live(.seen(0, VendorReport(.succeeded(result)), by: .poll))
    return job
  }

  /// The n-th answer, kept in the n-th minute for an hour.
  public static func answer(
    _ number: Int, result: JobResult = JobResult(text: "done"), kin: String = "kin",
    provider: String = "north",
    vector: [UInt8]? = nil
  ) -> CachedAnswer {
    CachedAnswer(
      ticket: CacheTicket(
        key: "key-\(number)", kin: kin, label: "text_generation:auto:prompt \(number)",
        lifetime: .hours(1), isSemantic: vector != nil),
      job: id(number), decision: id(number), capability: .textGeneration, candidate: "\(provider)/a",
      provider: provider, model: "a", tenant: number % 2 == 0 ? "acme" : nil, cost: Money(micros: 7),
      result: result, vector: vector, created: at(Int64(number)), expires: at(Int64(number) + 60))
  }
}

extension Ledger {
  fileprivate func keep(_ answers: CachedAnswer..., hits: [CacheHit] = []) throws {
    var batch = LedgerBatch()
    batch.cached = answers
    batch.cacheHits = hits
    _ = try append(batch)
  }

  fileprivate func keep(_ job: Job) throws {
    _ = try append(Sample.batch(jobs: [JobChange(job, before: nil, entries: [])]))
  }
}

extension KeepingContract {
  static let artefacts: [KeepingContract] = [
    KeepingContract("without artefacts there is nothing to find, and nothing to remove") { ledger in
      try expect(try ledger.artefactRecord(Sample.artefactName(1)), is: nil)
      try expect(try ledger.artefactRecords(after: nil, limit: 9), is: [])
      try expect(try ledger.artefactTotals(), is: ArtefactTotals())
      try expect(try !ledger.beginRemoval(of: Sample.artefactName(1)) { _ in true })
      try ledger.endRemoval(of: Sample.artefactName(1))
    },
    KeepingContract("a file is noted once, and again it is as new; pages go by name") { ledger in
      for number in [2, 1, 3] {
        try ledger.note(
          ArtefactRecord(name: Sample.artefactName(number), byteCount: number, kept: Sample.at(5)))
      }
      try ledger.note(ArtefactRecord(name: Sample.artefactName(1), byteCount: 1, kept: Sample.at(9)))
      try ledger.note(ArtefactRecord(name: Sample.artefactName(1), byteCount: 1, kept: Sample.at(7)))
      try expect(try ledger.artefactRecord(Sample.artefactName(1))?.kept, is: Sample.at(9))
      try expect(
        try ledger.artefactRecords(after: nil, limit: 2).map(\.name),
        is: [Sample.artefactName(1), Sample.artefactName(2)])
      try expect(
        try ledger.artefactRecords(after: Sample.artefactName(2), limit: 9).map(\.name),
        is: [Sample.artefactName(3)])
      try expect(try ledger.artefactTotals(), is: ArtefactTotals(count: 3, bytes: 6, unused: 3))
    },
    KeepingContract("a file is noted in a batch as it is by itself, and what was to go stays") { ledger in
      let name = Sample.artefactName(1)
      try ledger.note(ArtefactRecord(name: name, byteCount: 1, kept: Sample.at(5)))
      try expect(try ledger.beginRemoval(of: name) { _ in true })
      var batch = LedgerBatch()
      batch.kept = [
        ArtefactRecord(name: name, byteCount: 1, kept: Sample.at(3)),
        ArtefactRecord(name: Sample.artefactName(2), byteCount: 2, kept: Sample.at(6)),
      ]
      try expect(!batch.isEmpty)
      _ = try ledger.append(batch)
      try expect(try ledger.artefactRecord(name)?.isLeaving, is: false)
      try expect(try ledger.artefactRecord(name)?.kept, is: Sample.at(5))
      try expect(try ledger.artefactTotals(), is: ArtefactTotals(count: 2, bytes: 3, unused: 2))
    },
    KeepingContract("a shared file is used by each job that made it, until the last one is dropped") {
      ledger in
      try ledger.keep(try Sample.finishedJob(1, making: Sample.copies(1, 2)))
      try ledger.keep(try Sample.finishedJob(2, making: Sample.copies(2)))
      func uses() throws -> [Int] {
        try ledger.artefactRecords(after: nil, limit: 9).map(\.uses)
      }
      try expect(try uses(), is: [1, 2])
      try expect(try ledger.dropJobs(endedBefore: Sample.at(2)), is: 1)
      try expect(try uses(), is: [0, 1])
      try expect(try ledger.artefactTotals().unused, is: 1)
      try expect(try ledger.dropJobs(endedBefore: Sample.at(99)), is: 1)
      try expect(try uses(), is: [0, 0])
    },
    KeepingContract("due is what is unused for long, what is old, and what was begun") { ledger in
      try ledger.keep(try Sample.finishedJob(1, making: Sample.copies(1)))
      for (number, minutes) in [(1, 50), (2, 50), (3, 10), (4, 90)] {
        try ledger.note(
          ArtefactRecord(name: Sample.artefactName(number), byteCount: 1, kept: Sample.at(Int64(minutes))))
      }
      func due(_ unused: Int64, _ kept: Int64, after: String? = nil, limit: Int = 9) throws -> [String] {
        try ledger.artefactRecords(
          unusedSince: Sample.at(unused), keptBefore: Sample.at(kept), after: after, limit: limit
        ).map { String($0.name.prefix(1)) }
      }
      try expect(try due(60, 0), is: ["2", "3"])
      try expect(try due(0, 60), is: ["1", "2", "3"])
      try expect(try due(0, 60, after: Sample.artefactName(1), limit: 1), is: ["2"])
      try expect(try due(0, 0), is: [])
      try expect(try ledger.beginRemoval(of: Sample.artefactName(4)) { $0.uses == 0 })
      try expect(try due(0, 0), is: ["4"])
    },
    KeepingContract("a removal asks within, and what was kept again meanwhile stays") { ledger in
      let name = Sample.artefactName(1)
      try ledger.keep(try Sample.finishedJob(1, making: Sample.copies(1)))
      try expect(try !ledger.beginRemoval(of: name) { $0.uses == 0 })
      try ledger.endRemoval(of: name)
      try expect(try ledger.artefactRecord(name)?.uses, is: 1)
      try expect(try ledger.beginRemoval(of: name) { $0.uses == 1 })
      try expect(try ledger.artefactRecord(name)?.isLeaving, is: true)
      try ledger.note(ArtefactRecord(name: name, byteCount: 10, kept: Sample.at(9)))
      try ledger.endRemoval(of: name)
      try expect(try ledger.artefactRecord(name)?.isLeaving, is: false)
      try expect(try ledger.beginRemoval(of: name) { _ in true })
      try ledger.endRemoval(of: name)
      try expect(try ledger.artefactRecord(name), is: nil)
      try ledger.note(ArtefactRecord(name: name, byteCount: 10, kept: Sample.at(9)))
      try expect(try ledger.artefactRecord(name)?.uses, is: 0)
    },
    KeepingContract("a new key ends the others by the given time, and those that have ended are forgotten") {
      ledger in
      func key(_ number: Int) -> SigningSecret {
        SigningSecret(id: Sample.id(number), key: [UInt8(number)], created: Sample.at(Int64(number)))
      }
      try ledger.append(linkKey: key(1), endingOthers: Sample.at(1), at: Sample.at(1))
      try ledger.append(linkKey: key(2), endingOthers: Sample.at(12), at: Sample.at(2))
      try expect(try ledger.linkKeys().map(\.expires), is: [Sample.at(12), nil])
      try ledger.append(linkKey: key(3), endingOthers: Sample.at(20), at: Sample.at(13))
      try expect(try ledger.linkKeys().map(\.key), is: [[2], [3]])
      try expect(try ledger.linkKeys().map(\.expires), is: [Sample.at(20), nil])
    },
  ]

  static let cache: [KeepingContract] = [
    KeepingContract("what is kept comes back whole, by its key, and again in place of itself") { ledger in
      try expect(try ledger.cachedAnswer("key-1"), is: nil)
      let answers = [
        Sample.answer(1, result: Sample.copies(1, 2)), Sample.answer(2, vector: [1, 2, 3]),
        Sample.answer(3, result: JobResult(text: "no\u{0} such “size”")),
      ]
      for answer in answers { try ledger.keep(answer) }
      for var answer in answers {
        if answer.vector == nil { answer.ticket.isSemantic = false }
        try expect(try ledger.cachedAnswer(answer.ticket.key), is: answer)
      }
      try expect(
        try ledger.cacheTotals(), is: CacheTotals(entries: 3, bytes: answers.reduce(0) { $0 + $1.byteCount }))
      var other = Sample.answer(1)
      other.result = Sample.copies(3)
      try ledger.keep(other)
      try expect(try ledger.cachedAnswer("key-1")?.result, is: Sample.copies(3))
      try expect(try ledger.cacheTotals().entries, is: 3)
    },
    KeepingContract("its files are used by it, beside the job, until it goes") { ledger in
      try ledger.keep(try Sample.finishedJob(1, making: Sample.copies(1)))
      try ledger.keep(Sample.answer(1, result: Sample.copies(1, 2)))
      func uses() throws -> [Int] { try ledger.artefactRecords(after: nil, limit: 9).map(\.uses) }
      try expect(try uses(), is: [2, 1])
      try ledger.keep(Sample.answer(1, result: Sample.copies(1)))
      try expect(try uses(), is: [2, 0])
      try ledger.dropCached(["key-1", "key-9"])
      try expect(try uses(), is: [1, 0])
      try expect(try ledger.cachedAnswer("key-1"), is: nil)
    },
    KeepingContract("hits are counted, and the last of them is remembered") { ledger in
      try ledger.keep(Sample.answer(1))
      try ledger.keep(hits: [
        CacheHit(key: "key-1", at: Sample.at(5)), CacheHit(key: "key-1", at: Sample.at(9)),
        CacheHit(key: "nobody", at: Sample.at(9)),
      ])
      try expect(try ledger.cachedAnswer("key-1")?.uses, is: 2)
      try expect(try ledger.cachedAnswer("key-1")?.used, is: Sample.at(9))
    },
    KeepingContract("vectors are those of one kin that still live, the latest first") { ledger in
      for number in 1...4 { try ledger.keep(Sample.answer(number, vector: [UInt8(number)])) }
      try ledger.keep(Sample.answer(5), Sample.answer(6, kin: "other", vector: [6]))
      func vectors(_ minutes: Int64, _ limit: Int = 9) throws -> [[UInt8]] {
        try ledger.cachedVectors(ofKin: "kin", at: Sample.at(minutes), limit: limit).map(\.vector)
      }
      try expect(try vectors(10), is: [[4], [3], [2], [1]])
      try expect(try vectors(10, 2), is: [[4], [3]])
      try expect(try vectors(62), is: [[4], [3]])
      try expect(try ledger.cachedVectors(ofKin: "kin", at: Sample.at(9), limit: 1).map(\.key), is: ["key-4"])
    },
    KeepingContract("a selection drops what it means and tells the keys") { ledger in
      for number in 1...5 {
        try ledger.keep(Sample.answer(number, provider: number < 3 ? "north" : "south"))
      }
      try expect(
        try ledger.dropCached(matching: CacheSelection(pattern: "*prompt 1", provider: "south")), is: [])
      try expect(
        try ledger.dropCached(matching: CacheSelection(pattern: "*:auto:*1")).sorted(), is: ["key-1"])
      try expect(
        try ledger.dropCached(matching: CacheSelection(provider: "south", model: "a")).sorted(),
        is: ["key-3", "key-4", "key-5"])
      try expect(try ledger.dropCached(matching: CacheSelection(capability: .inpainting)), is: [])
      try expect(try ledger.dropCached(matching: CacheSelection()), is: ["key-2"])
      try expect(try ledger.cacheTotals(), is: CacheTotals())
    },
    KeepingContract("trimming drops what has expired, then by the strategy") { ledger in
      for (strategy, evicted) in [
        (CacheStrategy.lru, ["key-4", "key-3"]), (.lfu, ["key-4", "key-3"]), (.ttl, ["key-2", "key-3"]),
      ] {
        for number in 1...4 { try ledger.keep(Sample.answer(number)) }
        // 2 is used twice, and last; 3 once, before it; 4 never, though its time ends last.
        try ledger.keep(hits: [
          CacheHit(key: "key-2", at: Sample.at(20)), CacheHit(key: "key-2", at: Sample.at(30)),
          CacheHit(key: "key-3", at: Sample.at(25)),
        ])
        let size = Sample.answer(3).byteCount
        let trimming = try ledger.trimCache(to: 2 * size - 1, by: strategy, at: Sample.at(61))
        try expect(trimming.expired, is: ["key-1"])
        try expect(trimming.evicted == evicted, "\(strategy): \(trimming.evicted)")
        try expect(try ledger.cacheTotals().entries, is: 1)
        _ = try ledger.dropCached(matching: CacheSelection())
      }
    },
  ]
}
