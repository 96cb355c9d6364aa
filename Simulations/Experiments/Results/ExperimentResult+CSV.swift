import Wire

extension ExperimentResult {
  /// One line a policy and figure: `policy,figure,mean,deviation,low,high,seeds`.
  public var summaryCSV: String {
    var lines = ["policy,figure,mean,deviation,low,high,seeds"]
    for summary in summaries {
      for figure in summary.figures {
        guard let value = figure.value else { continue }
        let numbers = [value.mean, value.deviation, value.interval?.lowerBound, value.interval?.upperBound]
        lines.append(
          ([CSV.field(summary.policy), figure.name] + numbers.map(CSV.number) + ["\(value.seeds)"])
            .joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One line a policy and bucket, means over the seeds, with a column for each candidate's share of the traffic.
  public var seriesCSV: String {
    let candidates = runs.first?.candidates ?? []
    let head = [
      "policy", "start", "reward", "reward_deviation", "best", "uniform", "regret", "regret_deviation",
      "cost_usd", "explored", "subsidy_usd", "forgone",
    ]
    var lines = [(head + candidates.map { CSV.field("served:" + $0) }).joined(separator: ",")]
    for summary in summaries {
      let course = Course(runs(of: summary.policy))
      for bucket in course.start.indices {
        let bands = [course.reward.mean, course.reward.deviation, course.best, course.uniform]
        let sums = [course.regret.mean, course.regret.deviation, course.cost, course.explored.mean]
        let columns = bands + sums + [course.subsidy, course.forgone] + course.traffic
        lines.append(
          ([CSV.field(summary.policy), "\(course.start[bucket])"] + columns.map { CSV.number($0[bucket]) })
            .joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Comma-separated values (RFC 4180).
enum CSV {
  /// Quoted where it must be.
  static func field(_ text: String) -> String {
    guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  /// As JSON writes it; empty for none.
  static func number(_ value: Double?) -> String {
    guard let value else { return "" }
    var writer = JSONWriter(reserving: 24)
    writer.number(value)
    return writer.text
  }
}
