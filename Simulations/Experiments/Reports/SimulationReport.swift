public import Reporting
import Statistics
import Wire

/// What an experiment came to, as a report.
///
/// The first policy is the one that the report is about: its traffic, exploration, beliefs and frontier are drawn.
public struct SimulationReport {
  private let result: ExperimentResult
  private let scenario: Scenario
  /// Points of a line at most: more of them show the luck of single epochs and hide the course.
  private static let points = 60
  /// Policies that know the answers; drawn in grey.
  private static let oracles = ["best_single", "best_per_region"]

  public init(_ result: ExperimentResult, of scenario: Scenario) {
    self.result = result
    self.scenario = scenario
  }

  /// - Parameters:
  ///   - command: as typed.
  ///   - revision: of the sources.
  public func report(command: String, revision: String) throws -> Reporting.Report {
    let candidates = result.runs.first?.candidates ?? []
    return try Reporting.Report(
      title: result.title, lead: Prose(verbatim: result.about),
      provenance: try provenance(command: command, revision: revision),
      sections: [verdicts, try standings, try course, try traffic, try beliefs, try money].compactMap { $0 },
      palette: Palette(
        [result.header.policies.filter { !Self.oracles.contains($0) }, candidates], muted: Self.oracles))
  }

  private func provenance(command: String, revision: String) throws -> Provenance {
    let header = result.header
    var sources = [
      try Provenance.Source("\(header.scenario).yaml", sha256: header.scenarioChecksum, count: 1)
    ]
    if let table = header.table, let checksum = header.tableChecksum {
      let name = table.split(separator: "/").last.map(String.init) ?? table
      sources.append(try Provenance.Source(name, sha256: checksum, count: header.intents))
    }
    var facts = [
      Provenance.Fact("Decisions a run", ValueUnit.count.text(Double(header.decisions))),
      Provenance.Fact("Epoch", "\(ValueUnit.count.text(Double(header.epochSize))) decisions"),
      Provenance.Fact("Embedding", header.embedding),
    ]
    if header.skippedLines > 0 { facts.append(.init("Lines not read", "\(header.skippedLines)")) }
    return Provenance(
      command: command, seeds: header.seeds, revision: revision, sources: sources, facts: facts)
  }

  // MARK: Claims and standings

  private var verdicts: Reporting.Report.Section? {
    guard !result.verdicts.isEmpty else { return nil }
    return .init(
      "What was claimed",
      result.verdicts.map { verdict in
        let bound =
          switch verdict.claim.bound {
          case .atLeast(let least): "at least \(ValueUnit.plain.text(least))"
          case .atMost(let most): "at most \(ValueUnit.plain.text(most))"
          }
        guard let figure = verdict.figure else {
          return .verdict(
            .init(Prose(verbatim: verdict.claim.says), held: false, figure: "not measured; \(bound)"))
        }
        let interval = figure.interval.map { range in
          " (95 % interval \(ValueUnit.plain.text(range.lowerBound)) to \(ValueUnit.plain.text(range.upperBound)))"
        }
        return .verdict(
          .init(
            Prose(verbatim: verdict.claim.says), held: verdict.outcome == .held,
            figure:
              "\(verdict.claim.measure.name) \(ValueUnit.plain.text(figure.mean))\(interval ?? ""); \(bound)")
        )
      })
  }

  private var standings: Reporting.Report.Section {
    get throws {
      let seeds = result.header.seeds.count
      let entries = result.summaries.compactMap { summary -> IntervalChart.Entry? in
        guard let gain = summary["captured_gain"] else { return nil }
        return IntervalChart.Entry(
          summary.policy, .value(gain.mean, intervals: [gain.interval.map { Reporting.Spread($0) }]),
          isEmphasised: summary.policy == result.header.policies.first)
      }
      let gain = try IntervalChart(
        axis: Axis("captured gain: 0 chooses evenly, 1 knows the best of each region", includesZero: true),
        intervalNames: ["95 % interval of the mean"], groups: [.init("", entries)], isColoured: true)
      let columns: [(title: String, figure: String, unit: ValueUnit, decimals: Int?)] = [
        ("mean reward", "mean_reward", .plain, 4), ("captured gain", "captured_gain", .plain, 3),
        ("last quarter", "last_quarter.captured_gain", .plain, 3), ("regret", "regret", .plain, 4),
        ("explored", "exploration_share", .share, 1), ("cost", "cost", .dollars, nil),
      ]
      let shown = columns.filter { column in
        result.summaries.contains { ($0[column.figure]?.mean ?? 0) != 0 }
      }
      let listing = try Reporting.Report.Listing(
        id: "policies", title: "Means over \(seeds) seeds",
        columns: [.words("policy")]
          + shown.flatMap { column -> [Reporting.Report.Listing.Column] in
            let value = Reporting.Report.Listing.Column.values(
              column.title, column.unit, decimals: column.decimals)
            return column.figure == "captured_gain"
              ? [value, .values("between seeds ±", decimals: 3)] : [value]
          },
        rows: result.summaries.map { summary in
          [.text(summary.policy)]
            + shown.flatMap { column -> [Sheet.Cell] in
              let value = summary[column.figure]
              let cell = value.map { Sheet.Cell.number($0.mean) } ?? .missing
              guard column.figure == "captured_gain" else { return [cell] }
              return [cell, value?.deviation.map { .number($0) } ?? .missing]
            }
        }, emphasised: [0])
      var blocks: [Reporting.Report.Block] = []
      if !entries.isEmpty {
        blocks.append(
          .figure(
            .init(
              id: "captured-gain", title: "How much of what could be gained each policy gained",
              subtitle: "Mean over \(seeds) seeds and the whole run", gain)))
      }
      return .init("How the policies did", blocks + [.listing(listing)])
    }
  }

  // MARK: Over time

  private var course: Reporting.Report.Section {
    get throws {
      let courses = drawnPolicies.map { ($0, course(of: $0)) }
      let band = "one standard deviation between seeds"
      func lines(_ band: (Course) -> Course.Band, cumulative: Bool) -> [LineChart.Series] {
        courses.map { name, course in
          let values = band(course)
          return LineChart.Series(
            name,
            course.start.indices.map { index in
              let x = cumulative ? end(of: index, course) : middle(of: index, course)
              let (mean, spread) = (values.mean[index], values.deviation[index])
              return .init(
                x, mean, band: result.header.seeds.count > 1 ? .init(mean - spread, mean + spread) : nil)
            })
        }
      }
      let reward = try LineChart(
        x: Axis("decisions", unit: .count), y: Axis("mean true quality of what was served"),
        series: lines(\.reward, cumulative: false), bandName: band, events: events)
      let regret = try LineChart(
        x: Axis("decisions", unit: .count),
        y: Axis("regret so far, in decisions' worth of quality", includesZero: true),
        series: lines(\.regret, cumulative: true), bandName: band, events: events)
      return .init(
        "Over time",
        [
          .figure(.init(id: "reward", title: "What was served", subtitle: "Bands: \(band)", reward)),
          .figure(
            .init(
              id: "regret", title: "What was given up against the best of each region, added up",
              subtitle: "Bands: \(band)", regret)),
        ])
    }
  }

  /// The policy in question, its strongest rivals, and one oracle: more lines would hide each other.
  private var drawnPolicies: [String] {
    let ranked = result.summaries.dropFirst().sorted { left, right in
      (left["captured_gain"]?.mean ?? -.infinity, right.policy) > (
        right["captured_gain"]?.mean ?? -.infinity, left.policy
      )
    }.map(\.policy)
    let rivals = ranked.filter { !Self.oracles.contains($0) }.prefix(4)
    let oracle = ["best_per_region", "best_single"].first { ranked.contains($0) }
    return Array(result.header.policies.prefix(1)) + rivals + (oracle.map { [$0] } ?? [])
  }

  private var traffic: Reporting.Report.Section? {
    get throws {
      guard let policy = result.header.policies.first else { return nil }
      let course = course(of: policy)
      let candidates = result.runs.first?.candidates ?? []
      let times = course.start.indices.map { middle(of: $0, course) }
      let shares = try AreaChart(
        x: Axis("decisions", unit: .count), y: Axis("share of decisions served", unit: .share, range: 0...1),
        times: times,
        layers: candidates.indices.map { candidate in
          AreaChart.Layer(candidates[candidate], course.traffic[candidate])
        }, events: events)
      func line(_ name: String, _ values: [Double], _ axis: Axis) throws -> LineChart {
        try LineChart(
          x: Axis("decisions", unit: .count), y: axis,
          series: [.init(name, zip(times, values).map { LineChart.Point($0, $1) })], events: events)
      }
      var cells = [
        ChartGrid.Cell(
          "share explored",
          try line(policy, course.explored.mean, Axis("explored", unit: .share, includesZero: true))),
        ChartGrid.Cell(
          "quality that it gave up",
          try line(policy, course.forgone, Axis("quality a decision", includesZero: true))),
      ]
      if course.subsidy.contains(where: { $0 != 0 }) {
        cells.append(
          ChartGrid.Cell(
            "dollars that it cost more",
            try line(policy, course.subsidy, Axis("dollars a decision", unit: .dollars, includesZero: true))))
      }
      return .init(
        "Who served, and what learning cost",
        [
          .figure(
            .init(
              id: "traffic", title: "Who served under \(policy)", subtitle: "Means over all seeds", shares)),
          .figure(
            .init(
              id: "exploration", title: "Exploring under \(policy), and its price",
              subtitle: "Means over all seeds", try ChartGrid(cells))),
        ])
    }
  }

  // MARK: Beliefs

  private var beliefs: Reporting.Report.Section? {
    get throws {
      guard let run = result.runs.first, !run.posteriors.isEmpty else { return nil }
      // The regions that know most, at most nine, in the order of their names.
      var observations: [String: Double] = [:]
      for cell in run.posteriors { observations[cell.region, default: 0] += cell.observations }
      let known = observations.keys.sorted { (observations[$0]!, $1) > (observations[$1]!, $0) }.prefix(9)
      let panels = known.sorted().map { region in
        let cells = run.posteriors.filter { $0.region == region }.sorted {
          ($0.quality, $1.candidate) > ($1.quality, $0.candidate)
        }
        return DensityChart.Panel(
          region, note: "\(ValueUnit.count.text(observations[region]!.rounded())) observations",
          curves: cells.prefix(5).map {
            .init($0.candidate, BetaDistribution(alpha: $0.alpha, beta: $0.beta))
          })
      }
      let chart = try DensityChart(x: Axis("quality"), panels: panels)
      return .init(
        "What was believed in the end",
        [
          .figure(
            .init(
              id: "posteriors", title: "Posteriors of \(run.policy), region by region",
              subtitle: "Seed \(run.seed); the five best of each region", chart))
        ])
    }
  }

  // MARK: Money

  private var money: Reporting.Report.Section? {
    get throws {
      guard let run = result.runs.first, let last = run.frontiers.last, last.points.count >= 2,
        run.frontiers.allSatisfy({ $0.points.allSatisfy { $0.dollars > 0 } })
      else { return nil }
      let earlier = run.frontiers.dropLast()
      let points = last.points.map { point in
        FrontierChart.Point(
          point.candidate, cost: point.dollars, quality: point.quality,
          interval: .init(point.low, point.high),
          path: earlier.compactMap { frame in
            frame.points.first { $0.candidate == point.candidate }.map {
              .init(cost: $0.dollars, quality: $0.quality)
            }
          })
      }
      let chart = try FrontierChart(
        cost: Axis("expected cost of a request", unit: .dollars, kind: .logarithmic),
        quality: Axis("quality as \(run.policy) believes it"), points: points,
        intervalName: "90 % credible interval")
      return .init(
        "Cost and quality",
        [
          .figure(
            .init(
              id: "frontier", title: "Who is worth the money, and how that moved",
              subtitle: "Seed \(run.seed), all regions together; paths lead from the beginning to the end",
              chart))
        ])
    }
  }

  // MARK: Time

  private func course(of policy: String) -> Course {
    Course(result.runs(of: policy).map { $0.coarsened(to: SimulationReport.points) })
  }

  private func middle(of bucket: Int, _ course: Course) -> Double {
    (Double(course.start[bucket]) + end(of: bucket, course)) / 2
  }

  private func end(of bucket: Int, _ course: Course) -> Double {
    Double(bucket + 1 < course.start.count ? course.start[bucket + 1] : result.header.decisions)
  }

  private var events: [ChartEvent] {
    let length = result.header.decisions
    return scenario.events.map { event in
      ChartEvent(
        event.kind.label, at: Double(event.from.decision(of: length)),
        until: event.until.map { Double($0.decision(of: length)) })
    }
  }
}

extension ExperimentResult {
  /// The numbers themselves, to lie beside a report.
  public var files: [ReportFile] {
    get throws {
      var writer = JSONWriter(reserving: 1 << 20)
      write(to: &writer)
      return [
        try ReportFile(path: "result.json", bytes: writer.bytes + [0x0A]),
        try ReportFile(path: "summary.csv", bytes: Array(summaryCSV.utf8)),
      ]
    }
  }
}

extension EventLine.Kind {
  /// A few words for a chart.
  var label: String {
    switch self {
    case .arrival(let group, let rate): "\(group) × \(ValueUnit.plain.text(rate))"
    case .drift(_, let who, _, let factor, let shift):
      "\(who.label)\(factor == 1 ? "" : " × \(ValueUnit.plain.text(factor))")"
        + (shift == 0 ? "" : " \(shift > 0 ? "+" : "")\(ValueUnit.plain.text(shift))")
    case .outage(let candidate): "\(candidate) is down"
    case .retirement(let candidate): "\(candidate) is gone"
    case .price(let candidate, let factor): "\(candidate) costs × \(ValueUnit.plain.text(factor))"
    case .entrant(let candidate, _): "\(candidate) enters"
    case .delay: "feedback is late"
    case .missing(let share): "\(ValueUnit.share.text(share)) without feedback"
    case .noise: "raters err"
    case .ring(let raters, _, _, _): "a ring of \(raters)"
    case .burst: "feedback is held back"
    case .stall: "epochs stall"
    }
  }
}

extension EventLine.Who {
  fileprivate var label: String {
    switch self {
    case .named(let names): names.count <= 2 ? names.joined(separator: ", ") : "\(names.count) candidates"
    case .best(let count): count == 1 ? "the best" : "the best \(count)"
    }
  }
}
