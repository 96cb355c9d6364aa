import Jobs
import Routing
import Wire

/// What attempts cost beside what they were estimated to cost, by candidate.
struct CostReport {
  struct Row: Equatable {
    var candidate: String
    var attempts = 0
    var delivered = 0
    /// Delivered work of which both the estimate and the vendor's own figure are known: only these are compared.
    var compared = 0
    var estimated = Money.zero
    var actual = Money.zero
    /// Delivered work of which the vendor said nothing; booked at the estimate.
    var unstated = 0
    /// What all attempts are booked at.
    var booked = Money.zero
    /// Of it, for attempts that delivered nothing of use.
    var wasted = Money.zero
    /// What may yet be charged.
    var exposure = Money.zero

    /// Actual over estimated; nil where nothing can be compared.
    var factor: Double? {
      compared > 0 && estimated > .zero ? actual.dollars / estimated.dollars : nil
    }
  }

  private var byCandidate: [String: Row] = [:]
  private(set) var jobs = 0
  private(set) var oldest: Instant?

  /// By candidate.
  var rows: [Row] { byCandidate.values.sorted { $0.candidate < $1.candidate } }

  var total: Row {
    rows.reduce(into: Row(candidate: "all")) { total, row in
      total.attempts += row.attempts
      total.delivered += row.delivered
      total.compared += row.compared
      total.estimated += row.estimated
      total.actual += row.actual
      total.unstated += row.unstated
      total.booked += row.booked
      total.wasted += row.wasted
      total.exposure += row.exposure
    }
  }

  mutating func add(_ job: Job) {
    jobs += 1
    oldest = min(oldest ?? job.created, job.created)
    for attempt in job.attempts {
      let id = job.plan[attempt.candidate].candidate
      var row = byCandidate[id] ?? Row(candidate: id)
      row.attempts += 1
      row.booked += attempt.cost
      row.exposure += attempt.exposure
      if attempt.state == .succeeded || attempt.state == .surplus {
        row.delivered += 1
        if let actual = attempt.statedCost {
          if let estimated = attempt.estimatedCost, estimated > .zero {
            row.compared += 1
            row.estimated += estimated
            row.actual += actual
          }
        } else {
          row.unstated += 1
        }
      } else {
        row.wasted += attempt.cost
      }
      byCandidate[id] = row
    }
  }

  /// The candidates of one provider.
  func only(of provider: String) -> CostReport {
    var report = self
    report.byCandidate = byCandidate.filter { $0.key.hasPrefix(provider + "/") }
    return report
  }

  // MARK: Forms

  var json: JSONValue {
    [
      "jobs": .integer(Int64(jobs)), "since": oldest.map { .string($0.description) } ?? .null,
      "candidates": .array(rows.map(CostReport.json)), "total": CostReport.json(total),
    ]
  }

  private static func json(_ row: Row) -> JSONValue {
    [
      "candidate": .string(row.candidate), "attempts": .integer(Int64(row.attempts)),
      "delivered": .integer(Int64(row.delivered)), "compared": .integer(Int64(row.compared)),
      "estimated_usd": .number(row.estimated.dollars), "actual_usd": .number(row.actual.dollars),
      "factor": row.factor.map { .number($0) } ?? .null,
      "drift": row.factor.map { .number($0 - 1) } ?? .null, "unstated": .integer(Int64(row.unstated)),
      "booked_usd": .number(row.booked.dollars), "wasted_usd": .number(row.wasted.dollars),
      "exposure_usd": .number(row.exposure.dollars),
    ]
  }

  var text: String {
    guard let oldest else { return "the database holds no job" }
    var table = TextTable(
      .text("candidate"), .number("attempts"), .number("delivered"), .number("stated"),
      .number("estimated USD"), .number("actual USD"), .number("factor"), .number("booked USD"),
      .number("wasted USD"), .number("open USD"))
    for row in rows + (rows.count > 1 ? [total] : []) {
      table.add(
        row.candidate, "\(row.attempts)", "\(row.delivered)", "\(row.compared)",
        row.compared > 0 ? Figure.dollars(row.estimated.dollars) : "–",
        row.compared > 0 ? Figure.dollars(row.actual.dollars) : "–", Figure.fixed(row.factor, 3),
        Figure.dollars(row.booked.dollars), Figure.dollars(row.wasted.dollars),
        Figure.dollars(row.exposure.dollars))
    }
    return """
      \(Figure.plural(jobs, "job")) since \(oldest)

      \(table.text)

      estimated and actual: delivered work of which the vendor stated the cost. wasted: booked for attempts that \
      delivered nothing of use. open: may yet be charged.
      """
  }
}

private func += (left: inout Money, right: Money) { left = left + right }
