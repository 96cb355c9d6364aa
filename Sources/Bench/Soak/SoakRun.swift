import Foundation
import Jobs
import Persistence
import Routing
import Serving
import Wire

/// Jobs in flight for minutes at a router that is killed meanwhile, with vendors that fail; then the reckoning.
struct SoakRun {
  /// What a run came to.
  struct Result {
    var reconciliation: SoakReconciliation
    var book: SoakBook
    var unavailableAnswers: Int
    var jobs: [Job]
    /// What the vendors say they took on.
    var submissions: [SoakReconciliation.Submission]
    /// Seconds since the beginning, and bytes.
    var memory: [(x: Double, y: Double)]
    /// When it was killed, and for how long it was away, in seconds.
    var kills: [(at: Double, away: Double)]
    /// Jobs whose answer over HTTP is another than the ledger's.
    var disagreeing: [String]
    var began: Date
    /// When the last order was sent, in seconds.
    var closed: Double
    /// How long the last jobs took to end after the last order, in seconds.
    var drained: Double

    /// Of the router's last life, while orders came: afterwards it has little to do.
    var growth: Double? {
      let start = kills.last.map { $0.at + $0.away } ?? 0
      return Trend.growth(ofSecondHalf: memory.filter { $0.x > start && $0.x <= closed })
    }

    /// Terminal jobs by state.
    var states: [(state: JobState, count: Int)] {
      JobState.allCases.filter(\.isTerminal).map { state in (state, jobs.count { $0.state == state }) }
    }

    /// Going on to another candidate, by the reason.
    var failovers: [(reason: String, count: Int)] {
      var counts: [String: Int] = [:]
      for job in jobs {
        for (before, next) in zip(job.attempts, job.attempts.dropFirst())
        where before.candidate != next.candidate {
          counts[before.failure?.failureClass.rawValue ?? "none", default: 0] += 1
        }
      }
      return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// What was asked of each candidate, and how much of it was delivered.
    var candidates: [(id: String, attempts: Int, delivered: Int)] {
      var counts: [String: (attempts: Int, delivered: Int)] = [:]
      for job in jobs {
        for attempt in job.attempts {
          counts[job.plan[attempt.candidate].candidate, default: (0, 0)].attempts += 1
        }
        if job.state == .succeeded, let last = job.attempts.last {
          counts[job.plan[last.candidate].candidate, default: (0, 0)].delivered += 1
        }
      }
      return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.attempts, $0.value.delivered) }
    }

    /// What each vendor took on, by its own word, and how much of it it charged.
    var vendors: [(vendor: String, submissions: Int, charged: Int)] {
      Dictionary(grouping: submissions, by: \.vendor).sorted { $0.key < $1.key }
        .map { ($0.key, $0.value.count, $0.value.count(where: \.isCharged)) }
    }

    var violations: [String] { book.complaints + reconciliation.violations + disagreeing }
  }

  /// A rise of the last life's memory over its second half up to which it counts as flat.
  static let flat = 0.05

  static func run(_ setting: Setting, _ settings: SoakSettings) throws -> Result {
    let street = try SoakStreet(setting, seed: settings.seed, share: settings.faults, run: settings.run)
    defer { street.process.stop() }
    let router = try SoakRouter(setting, named: "soak", street: street)
    defer { router.stop() }
    let ledger = try router.ledger()
    defer { try? ledger.close() }
    let orders = SoakOrders(port: router.port, settings: settings)
    defer { orders.stop() }

    let began = Date()
    let seconds = settings.minutes * 60
    var due = SoakChance.kills(settings.kills, seconds: seconds, seed: settings.seed)
    var kills: [(at: Double, away: Double)] = []
    var memory: [(x: Double, y: Double)] = []
    var passed: Double { Date().timeIntervalSince(began) }
    var lastSaid = 0.0
    while passed < seconds, !orders.isFull {
      if let next = due.first, passed >= next {
        due.removeFirst()
        let at = passed
        kills.append((at, try router.killAndRestart()))
        print(String(format: "  killed at %.0f s, back after %.2f s", at, kills.last!.away))
      }
      guard router.process.isRunning else {
        throw BenchFailure("the router ended by itself after \(Int(passed)) s: \(router.process.complaint)")
      }
      let counts = try ledger.counts()
      orders.note(ended: Int(counts.jobs - counts.unfinishedJobs))
      memory.append((passed, router.process.residentMemory))
      if passed - lastSaid >= 30 {
        lastSaid = passed
        let text = "  %4.0f s: %d jobs taken in, %d in flight, %.0f MiB"
        print(
          String(
            format: text, passed, Int(counts.jobs), Int(counts.unfinishedJobs), memory.last!.y / 1_048_576))
      }
      usleep(500_000)
    }
    orders.close()
    let last = passed
    while passed - last < SoakSettings.patience {
      let book = orders.current
      if try ledger.counts().unfinishedJobs == 0, book.orders.count - book.acknowledged.count == book.refused
      {
        break
      }
      memory.append((passed, router.process.residentMemory))
      usleep(500_000)
    }
    let drained = passed - last
    orders.stop()

    let book = orders.current
    let jobs = try ledger.soaked()
    let submissions = try street.submissions()
    let reconciliation = SoakReconciliation(
      acknowledged: book.acknowledged, jobs: jobs.map { .init($0.job, reference: $0.reference) },
      submissions: submissions)
    return Result(
      reconciliation: reconciliation, book: book, unavailableAnswers: orders.unavailableAnswers,
      jobs: jobs.map(\.job), submissions: submissions, memory: memory, kills: kills,
      disagreeing: try disagreeing(router, jobs.map(\.job)), began: began,
      closed: last, drained: drained)
  }

  /// What the router answers about each job, held against its ledger.
  private static func disagreeing(_ router: SoakRouter, _ jobs: [Job]) throws -> [String] {
    let connection = try LoopbackConnection(port: router.port, patience: 30)
    return try jobs.compactMap { job in
      let said = try router.state(of: job.id.description, connection)
      return said == job.state.rawValue
        ? nil
        : "GET /v1/jobs/\(job.id) says \(said ?? "that there is none"), the ledger \(job.state.rawValue)"
    }
  }
}
