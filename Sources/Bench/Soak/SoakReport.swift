import Foundation
import Jobs
import Reporting
import Routing

/// What a soak came to: the table on the terminal, and the report.
struct SoakReport {
  let settings: SoakSettings
  let run: SoakRun.Result
  let overhead: SoakOverhead

  struct Claim {
    var says: String
    var held: Bool
    var figure: String
  }

  /// Whether a figure of speed is met depends on the machine; the others must hold anywhere.
  var invariants: [Claim] {
    let found = run.reconciliation
    return [
      Claim(
        says: "Every job that was acknowledged is there", held: found.lost.isEmpty,
        figure: "\(run.book.acknowledged.count) acknowledged, \(found.lost.count) lost"),
      Claim(
        says: "Every job is over", held: found.unfinished.isEmpty,
        figure: "\(run.jobs.count) jobs, \(found.unfinished.count) not over after \(Int(run.drained)) s"),
      Claim(
        says: "No order was made into two jobs", held: found.twice.isEmpty && run.book.complaints.isEmpty,
        figure: "\(found.twice.count + run.book.complaints.count) of \(run.book.orders.count)"),
      Claim(
        says: "Nothing was taken on by a vendor that its job does not know", held: found.unknown.isEmpty,
        figure: "\(found.unknown.count) of \(run.submissions.count) submissions"),
      Claim(
        says: "No job was paid twice without saying that it may have been", held: found.unsaid.isEmpty,
        figure:
          "\(found.doubled) with two live submissions, \(found.flagged) that say so, \(found.unsaid.count) that do not"
      ),
      Claim(
        says: "What callers are told is what the ledger holds", held: run.disagreeing.isEmpty,
        figure: "\(run.disagreeing.count) of \(run.jobs.count) differ"),
    ]
  }

  var measures: [Claim] {
    let growth = run.growth
    let (p50, p99) = (overhead.added(0.5), overhead.added(0.99))
    func shown(_ value: Double?) -> String { value.map { String(format: "%.2f ms", $0) } ?? "not measured" }
    let commit = String(format: "a durable commit alone takes %.2f ms", overhead.commit)
    return [
      Claim(
        says: "The memory of the last life rises by at most 5 % over its second half",
        held: growth.map { $0 <= SoakRun.flat } ?? false,
        figure: growth.map { String(format: "%+.1f %%", $0 * 100) } ?? "too few samples"),
      Claim(
        says: "At the median the router adds less than 2 ms to a call of the vendor",
        held: p50.map { $0 < 2 } ?? false,
        figure: "\(shown(p50)); \(commit)"),
      Claim(
        says: "At 99 of 100 it adds less than 10 ms", held: p99.map { $0 < 10 } ?? false,
        figure: "\(shown(p99)); \(overhead.milliseconds.count) measured, \(overhead.missing) reached none"),
    ]
  }

  func show() {
    print("\nSoak: \(duration), seed \(settings.seed)")
    for claim in invariants + measures {
      print("  \(claim.held ? "held  " : "FAILED")  \(claim.says): \(claim.figure)")
    }
    let states = run.states.map { "\($0.count) \($0.state.rawValue)" }.joined(separator: ", ")
    print("  ended: \(states)")
    print("  failovers: \(run.failovers.map { "\($0.count) \($0.reason)" }.joined(separator: ", "))")
    print("  sent again: \(run.book.resent); answered that it could not now: \(run.unavailableAnswers)")
    for violation in run.violations.prefix(20) { print("  ! \(violation)") }
    if run.violations.count > 20 { print("  ! and \(run.violations.count - 20) more") }
  }

  /// As long as planned, or until the orders were all sent.
  private var duration: String {
    let planned = "\(SoakSettings.plain(settings.minutes)) minutes"
    return settings.orders.map { "\($0) orders (at most \(planned))" } ?? planned
  }

  func files() throws -> [ReportFile] {
    try Report(
      title: "Soak",
      lead: """
        \(settings.jobs) jobs in flight for \(duration) against vendors that fail \
        in \(settings.faults * 100)\u{A0}% of all calls, in every way they know, while the router is killed \
        \(run.kills.count) times. Every order has its own key and is sent again under it until it is answered.
        """,
      provenance: Provenance(
        command: settings.command, seeds: [settings.seed], revision: settings.revision,
        facts: [
          .init("Orders", "\(run.book.orders.count)"), .init("Sent again", "\(run.book.resent)"),
          .init("Submissions taken on", "\(run.submissions.count)"),
          .init("Charged", "\(run.submissions.count(where: \.isCharged))"),
        ]),
      sections: [
        .init(
          "What was claimed",
          (invariants + measures).map { claim in
            .verdict(
              .init(Prose(verbatim: claim.says), held: claim.held, figure: Prose(verbatim: claim.figure)))
          }),
        .init("Jobs", [.figure(try ended()), .listing(try failovers())]),
        .init("Who did the work", [.listing(try candidates()), .listing(try vendors())]),
        .init("The process", [.figure(try memory())]),
        .init("The router's own share", [.listing(try shares())]),
      ]
    ).files()
  }

  // MARK: Figures

  private var events: [ChartEvent] {
    run.kills.map { ChartEvent("killed", at: $0.at, until: $0.at + $0.away) }
  }

  private func ended() throws -> Report.Figure {
    let start = Instant(microseconds: Int64(run.began.timeIntervalSince1970 * 1e6))
    let series = JobState.allCases.filter(\.isTerminal).compactMap { state -> LineChart.Series? in
      let times = run.jobs.filter { $0.state == state }.compactMap { $0.ended.map { ($0 - start).seconds } }
        .sorted()
      guard let last = times.last else { return nil }
      // A point for each second in which one ended: how many had by then.
      var points: [LineChart.Point] = []
      var count = 0
      for second in 0...max(0, Int(last) + 1) {
        while count < times.count, times[count] <= Double(second) { count += 1 }
        points.append(.init(Double(second), Double(count)))
      }
      return LineChart.Series(state.rawValue, points)
    }
    return Report.Figure(
      id: "ended", title: "How jobs ended", subtitle: "Added up over time",
      try LineChart(
        x: Axis("seconds", unit: .count), y: Axis("jobs", unit: .count, includesZero: true), series: series,
        events: events))
  }

  private func failovers() throws -> Report.Listing {
    try Report.Listing(
      id: "failovers", title: "Why jobs went on to another candidate",
      columns: [.words("reason"), .values("times", .count)],
      rows: run.failovers.map { [.text($0.reason), .number(Double($0.count))] })
  }

  private func candidates() throws -> Report.Listing {
    try Report.Listing(
      id: "candidates", title: "What the jobs say: attempts, and what was delivered",
      columns: [.words("candidate"), .values("attempts", .count), .values("delivered", .count)],
      rows: run.candidates.map {
        [.text($0.id), .number(Double($0.attempts)), .number(Double($0.delivered))]
      })
  }

  private func vendors() throws -> Report.Listing {
    try Report.Listing(
      id: "vendors", title: "What the vendors say: submissions that were taken on, and charged",
      columns: [.words("vendor"), .values("taken on", .count), .values("charged", .count)],
      rows: run.vendors.map {
        [.text($0.vendor), .number(Double($0.submissions)), .number(Double($0.charged))]
      })
  }

  private func memory() throws -> Report.Figure {
    Report.Figure(
      id: "memory", title: "The router's memory", subtitle: "Resident, sampled twice a second",
      try LineChart(
        x: Axis("seconds", unit: .count), y: Axis("MiB", unit: .count, includesZero: true),
        series: [.init("router", run.memory.map { .init($0.x, $0.y / 1_048_576) })], events: events))
  }

  private func shares() throws -> Report.Listing {
    func cell(_ value: Double?) -> Sheet.Cell { value.map { .number($0) } ?? .missing }
    return try Report.Listing(
      id: "overhead",
      title:
        "Milliseconds from sending to the arrival at a vendor that never fails, at \(SoakSettings.plain(settings.rate)) a second",
      columns: [
        .words(""), .values("through the router", .plain, decimals: 2),
        .values("straight to the vendor", .plain, decimals: 2), .values("added", .plain, decimals: 2),
      ],
      rows: [("median", 0.5), ("90 of 100", 0.9), ("99 of 100", 0.99)].map { name, share in
        [
          .text(name), cell(Quantile.of(overhead.milliseconds, share)),
          cell(Quantile.of(overhead.direct, share)), cell(overhead.added(share)),
        ]
      } + [[.text("one durable commit on this disk, alone"), .number(overhead.commit), .missing, .missing]])
  }
}

enum SoakCommand {
  static func run(_ setting: Setting, _ settings: SoakSettings) throws {
    let folder = try settings.out.map { try ReportFolder($0) }
    try folder?.check(force: true)
    print("\nThe router's own share, at \(SoakSettings.plain(settings.rate)) jobs a second:")
    let overhead = try SoakOverhead.run(setting, settings)
    print("\nJobs in flight:")
    let report = SoakReport(settings: settings, run: try SoakRun.run(setting, settings), overhead: overhead)
    report.show()
    try folder?.write(report.files(), force: true)
    let failed = report.invariants.filter { !$0.held }
    if !failed.isEmpty {
      throw BenchFailure("\(failed.count) of \(report.invariants.count) invariants do not hold")
    }
  }
}
