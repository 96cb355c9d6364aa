import Foundation
import Jobs
import Persistence
import Routing
import Serving

/// Changes of jobs that are durable before anything else is done: the ledger with one writer.
enum JobBenchmarks {
  static func run(_ report: inout BenchReport, _ setting: Setting) throws {
    let path = setting.folder.appending(path: "jobs.db")
    let ledger = try SQLiteLedger(path: path.path)
    defer {
      try? ledger.close()
      PopulatedDatabase.remove(path)
    }
    report.section(
      "Changes of jobs, durable one group after the other (synchronous=FULL)",
      ["changes/s", "a group", "", ""])
    var traffic = JobTraffic()
    for group in [1, 10, 100] {
      let end = Measurement.now() + UInt64(setting.seconds) * 1_000_000_000
      let start = Measurement.now()
      var groups = 0
      while Measurement.now() < end {
        var batch = LedgerBatch()
        for _ in 0..<group { batch.jobs.append(try traffic.next()) }
        _ = try ledger.append(batch)
        groups += 1
      }
      let nanoseconds = Double(Measurement.now() - start)
      report.figures(
        "in groups of \(group)",
        [
          BenchReport.short(Double(groups * group) / nanoseconds * 1e9),
          BenchReport.time(nanoseconds / Double(groups)), "", "",
        ], value: 0, nil)
    }
    let counts = try ledger.counts()
    let size = (try? FileManager.default.attributesOfItem(atPath: path.path)[.size] as? Int) ?? 0
    report.note(
      "\(counts.jobs) jobs of four changes with an event each; \(size / max(1, Int(counts.jobs))) bytes a job"
    )
  }
}

/// Many jobs at once, each queued, submitted, accepted and delivered, with an event at each step.
struct JobTraffic {
  private var open: [Job] = []
  private var place = 0
  private var made: UInt64 = 0
  private let start = Instant(microseconds: 1_795_168_800_000_000)

  /// The next change of the next job: round and round over a hundred of them.
  mutating func next() throws -> JobChange {
    if open.count < 100 { return try begin() }
    place = (place + 1) % open.count
    var job = open[place]
    if job.state.isTerminal {
      open.remove(at: place)
      return try begin()
    }
    let before = job.revision
    let event: JobEvent =
      switch before {
      case 0: .started
      case 1:
        .accepted(
          0, VendorJob(id: "v-\(job.id)", statusURL: "https://queue.example/v-\(job.id)/status"), cost: nil)
      default:
        .seen(
          0,
          VendorReport(
            .succeeded(JobResult(artefacts: [Artefact(url: "https://files.example/\(job.id).png")]))),
          by: .webhook)
      }
    _ = job.apply(event, at: job.created + .seconds(Int64(before) + 1), random: 0.5)
    open[place] = job
    return JobChange(job, before: before, entries: [entry(before + 2, job)])
  }

  private mutating func begin() throws -> JobChange {
    made += 1
    let reference = String(repeating: "0", count: 64 - "\(made)".utf8.count) + "\(made)"
    let plan = ["north/a", "south/b", "west/c"].map {
      PlannedCandidate(
        candidate: $0, provider: String($0.prefix { $0 != "/" }), estimatedCost: Money(micros: 9_000))
    }
    let job = try Job(
      id: Identifier(at: start + .milliseconds(Int64(made)), random: made, made),
      decision: Identifier(at: start + .milliseconds(Int64(made)), random: made, ~made),
      capability: .imageGeneration, input: JobInput(reference: reference, byteCount: 300), plan: plan,
      created: start + .milliseconds(Int64(made)), budget: .minutes(10))
    open.append(job)
    return JobChange(
      job, before: nil, entries: [entry(1, job)], input: [UInt8](repeating: 0x61, count: 300))
  }

  private func entry(_ number: Int, _ job: Job) -> JobLogEntry {
    let kinds: [JobState: JobLogEntry.Kind] = [
      .submitting: .submitting, .running: .running, .succeeded: .succeeded,
    ]
    return JobLogEntry(
      number: number, at: job.created, kind: kinds[job.state] ?? .queued,
      detail: Array(#"{"candidate":"north/a","provider":"north"}"#.utf8))
  }
}
