import Crypto
import Evaluation
import Foundation
import Reporting

/// An off-policy evaluation as a report.
struct EvaluationReport {
  var evaluation: OffPolicyEvaluation
  var estimates: [Estimate]
  /// What was evaluated, in words: `uniform`, a file's name.
  var policy: String
  /// The log's name.
  var log: String
  var provenance: Provenance

  func report() throws -> Reporting.Report {
    let mean = evaluation.meanReward
    let share = ValueUnit.share.text(evaluation.unsupportedShare)
    return try Reporting.Report(
      title: "What \(policy) would have earned",
      lead: """
        The log \(log) has \(evaluation.rows) decisions with a mean reward of \(mean, digits: 4). \
        Each estimator says what \(policy) would have earned on the same requests; \(share) of its probability is on \
        candidates that the log never chose there. An estimate with too little behind it is refused.
        """,
      provenance: provenance,
      sections: [
        .init(
          "Estimates",
          [
            .figure(
              .init(
                id: "estimates", title: "The mean reward of a decision under \(policy), by estimator",
                subtitle: "With 95 % intervals; the line is what was really earned", try chart(mean))),
            .listing(try listing()),
          ])
      ])
  }

  private func chart(_ mean: Double) throws -> IntervalChart {
    try IntervalChart(
      axis: Axis("mean reward of a decision"),
      intervalNames: ["95 % bootstrap interval", "95 % normal interval"],
      groups: [
        .init(
          "",
          estimates.map { estimate in
            let name = EvaluationReport.name(estimate.estimator)
            guard let value = estimate.value else {
              return .init(name, .refused(estimate.refusal.map { "\($0)" } ?? "no value"))
            }
            let normal = value.asymptotic
            return .init(
              name,
              .value(
                value.value,
                intervals: [
                  value.bootstrap.map { Spread($0) },
                  normal.lowerBound.isFinite && normal.upperBound.isFinite ? Spread(normal) : nil,
                ]))
          })
      ], references: [.init("as it was", mean)])
  }

  private func listing() throws -> Reporting.Report.Listing {
    func number(_ value: Double?) -> Sheet.Cell {
      value.flatMap { $0.isFinite ? Sheet.Cell.number($0) : nil } ?? .missing
    }
    let areRefused = estimates.contains { $0.refusal != nil }
    return try Reporting.Report.Listing(
      id: "figures", title: "Every figure",
      columns: [
        .words("estimator"), .values("value", decimals: 6), .values("bootstrap from", decimals: 6),
        .values("to", decimals: 6), .values("normal from", decimals: 6), .values("to", decimals: 6),
        .values("effective rows", decimals: 1), .values("largest weight", decimals: 2),
      ] + (areRefused ? [.words("refused")] : []),
      rows: estimates.map { estimate in
        let value = estimate.value
        let figures: [Sheet.Cell] = [
          .text(EvaluationReport.name(estimate.estimator)), number(value?.value),
          number(value?.bootstrap?.lowerBound), number(value?.bootstrap?.upperBound),
          number(value?.asymptotic.lowerBound), number(value?.asymptotic.upperBound),
          number(estimate.weights.effectiveSampleSize), number(estimate.weights.maximum),
        ]
        let refusal: [Sheet.Cell] = [estimate.refusal.map { .text("\($0)") } ?? .missing]
        return figures + (areRefused ? refusal : [])
      })
  }

  static func name(_ estimator: Estimator) -> String {
    estimator.name + (estimator.parameter.map { ":" + Figure.count($0) } ?? "")
  }

  /// A file that was read, by its name alone: where it lay is of no interest to whoever reads the report.
  ///
  /// - Parameter rows: what was used of it; its lines when nil.
  static func source(_ path: String, rows: Int? = nil) throws -> Provenance.Source {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw CommandFailure("\(path) cannot be read any more")
    }
    let digest = SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    return try Provenance.Source(
      URL(filePath: path).lastPathComponent, sha256: digest.joined(),
      count: rows ?? bytes.count { $0 == UInt8(ascii: "\n") })
  }
}
