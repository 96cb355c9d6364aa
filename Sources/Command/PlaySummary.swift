import Experiments
import Wire

/// How well a router did on an outcome table, against what hindsight would have done.
///
///     captured gain = (ours − uniform) / (best per domain − uniform)
///
/// The references are means over all rows of the table, each row once: `uniform` chooses evenly among the models, `best
/// single` always takes the model with the highest mean, `best per domain` the one with the highest mean in the row's
/// domain. A model counts with the row's mean where it was not tried; the first by name wins a tie.
struct PlaySummary {
  let rows: Int
  let uniform: Double
  let bestSingle: (model: String, mean: Double)
  let bestPerDomain: Double
  /// What the chosen models scored, in the order of the decisions.
  private(set) var rewards: [Double] = []

  init(_ table: OutcomeTable) {
    rows = table.lines.count
    let count = Double(max(1, table.lines.count))
    uniform = table.lines.reduce(0) { $0 + $1.mean } / count
    let best = PlaySummary.best(table.lines[...], models: table.models.count)
    bestSingle = (table.models.isEmpty ? "" : table.models[best.model], best.sum / count)
    let domains = Dictionary(grouping: table.lines, by: \.domain)
    bestPerDomain =
      domains.keys.sorted().reduce(0) { sum, domain in
        sum + PlaySummary.best(domains[domain, default: []][...], models: table.models.count).sum
      } / count
  }

  /// The model with the largest sum over some rows.
  private static func best(_ rows: ArraySlice<OutcomeTable.Line>, models: Int) -> (model: Int, sum: Double) {
    var best = (model: 0, sum: -Double.infinity)
    for model in 0..<models {
      let sum = rows.reduce(0) { $0 + $1.quality(orMeanFor: model) }
      if sum > best.sum { best = (model, sum) }
    }
    return best.sum.isFinite ? best : (0, 0)
  }

  mutating func add(_ reward: Double) { rewards.append(reward) }

  /// The mean over all decisions; nil before the first.
  var ours: Double? { PlaySummary.mean(rewards[...]) }

  /// The means of the four quarters of the run, in order; nil for a quarter without decisions.
  var quarters: [Double?] {
    (0..<4).map { PlaySummary.mean(rewards[rewards.count * $0 / 4..<rewards.count * ($0 + 1) / 4]) }
  }

  /// Nil where there is nothing to gain by telling domains apart.
  func capturedGain(_ mean: Double?) -> Double? {
    guard let mean, bestPerDomain - uniform > 1e-12 else { return nil }
    return (mean - uniform) / (bestPerDomain - uniform)
  }

  private static func mean(_ values: ArraySlice<Double>) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  var json: [JSONValue.Member] {
    func score(_ mean: Double?) -> JSONValue {
      [
        "mean_reward": mean.map { .number($0) } ?? .null,
        "captured_gain": capturedGain(mean).map { .number($0) } ?? .null,
      ]
    }
    return [
      .init("rows", .integer(Int64(rows))), .init("decisions", .integer(Int64(rewards.count))),
      .init("uniform", .number(uniform)),
      .init("best_single", ["model": .string(bestSingle.model), "mean_reward": .number(bestSingle.mean)]),
      .init("best_per_domain", .number(bestPerDomain)),
      .init("mean_reward", ours.map { .number($0) } ?? .null),
      .init("captured_gain", capturedGain(ours).map { .number($0) } ?? .null),
      .init("quarters", .array(quarters.map(score))),
    ]
  }

  var text: String {
    var table = TextTable(.text(""), .number("mean reward"), .number("captured gain"))
    func add(_ name: String, _ mean: Double?) {
      table.add(name, Figure.fixed(mean, 4), Figure.percent(capturedGain(mean)))
    }
    add("uniform", uniform)
    add("best single (\(bestSingle.model))", bestSingle.mean)
    add("best per domain", bestPerDomain)
    add("ours", ours)
    for (index, mean) in quarters.enumerated() { add("ours, quarter \(index + 1)", mean) }
    return table.text
  }
}
