public import Wire

// The result as one JSON document: head, figures, verdicts, and for each policy its course over time as mean and
// standard deviation over the seeds, with posteriors and frontier of the first seed. The single runs are files beside it.

extension ExperimentResult: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("made_by", header)
      $0.field("title", title)
      $0.field("about", about)
      $0.field("claims", verdicts)
      $0.objects("policies", summaries) { writer, summary in
        let runs = runs(of: summary.policy)
        writer.field("policy", summary.policy)
        writer.object("figures") { writer in
          for figure in summary.figures { writer.field(figure.name, figure.value) }
        }
        writer.field("course", Course(runs))
        writer.field("candidates", runs.first?.candidates ?? [])
        writer.field("groups", runs.first?.groups ?? [])
        writer.field("last_quarter_traffic", ExperimentResult.total(runs.map(\.lastQuarterTraffic)))
        writer.field("posteriors_of_first_seed", runs.first?.posteriors ?? [])
        writer.field("frontiers_of_first_seed", runs.first?.frontiers ?? [])
      }
    }
  }

  static func total(_ counts: [[Int]]) -> [Int] {
    guard let first = counts.first else { return [] }
    return counts.dropFirst().reduce(first) { zip($0, $1).map { $0 + $1 } }
  }
}

extension Experiment.Header: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("scenario", scenario)
      $0.field("policies", policies)
      $0.field("seeds", seeds)
      $0.field("epoch_size", epochSize)
      $0.field("decisions", decisions)
      $0.field("cost_weight", costWeight)
      $0.field("settings", settings)
      $0.field("scenario_sha256", scenarioChecksum)
      $0.fieldIfPresent("table", table)
      $0.fieldIfPresent("table_sha256", tableChecksum)
      $0.field("intents", intents)
      $0.field("skipped_lines", skippedLines)
      $0.field("embedding", embedding)
      $0.field("digest", digest)
    }
  }
}

extension Spread: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("mean", mean)
      $0.field("deviation", deviation)
      $0.field("low", interval?.lowerBound)
      $0.field("high", interval?.upperBound)
      $0.field("seeds", seeds)
    }
  }
}

extension Verdict: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("says", claim.says)
      $0.field("outcome", outcome.rawValue)
      $0.field("clear", isClear)
      $0.field("measure", claim.measure.name)
      if case .trafficShare(let candidate) = claim.measure { $0.field("candidate", candidate) }
      $0.field("policy", claim.policy)
      $0.fieldIfPresent("against", claim.against)
      switch claim.bound {
      case .atLeast(let value): $0.field("at_least", value)
      case .atMost(let value): $0.field("at_most", value)
      }
      $0.field("from", window.lowerBound)
      $0.field("until", window.upperBound)
      $0.field("figure", figure)
    }
  }
}
