import Foundation

/// Prints results as they come: one table, in sections, with a ratio to the reference of the same run, the target
/// where there is one, and whether it was met; and at the end the targets that were not.
struct BenchReport {
  private var missed: [String] = []
  private var skipped: [String] = []
  private var targets = 0

  /// What a figure must be to be met.
  enum Target {
    case atLeast(Double, String)
    case atMost(Double, String)

    func isMet(_ value: Double) -> Bool {
      switch self {
      case .atLeast(let bound, _): value >= bound
      case .atMost(let bound, _): value <= bound
      }
    }

    var text: String {
      switch self {
      case .atLeast(let bound, let unit): "≥ \(BenchReport.short(bound, unit))"
      case .atMost(let bound, let unit): "≤ \(BenchReport.short(bound, unit))"
      }
    }

    var unit: String {
      switch self {
      case .atLeast(_, let unit), .atMost(_, let unit): unit
      }
    }
  }

  /// Begins a section of times, or of figures that its own columns name.
  func section(_ title: String, _ columns: [String] = ["median", "p90", "p99", "ratio"]) {
    print("\n\(title)")
    BenchReport.line([""] + columns + ["target", ""])
  }

  func note(_ text: String) { print("  \(text)") }

  mutating func skip(_ group: String, _ reason: String) {
    print("\n\(group): skipped. \(reason)")
    skipped.append("\(group): \(reason)")
  }

  /// One measured thing: its median against the reference's, and against the target.
  mutating func row(
    _ measurement: Measurement, reference: Measurement? = nil, target nanoseconds: Double? = nil
  ) {
    let ratio = reference.map { String(format: "%.2f×", measurement.median / $0.median) } ?? ""
    let target = nanoseconds.map { Target.atMost($0, "ns") }
    figures(
      measurement.name,
      [
        BenchReport.time(measurement.median), BenchReport.time(measurement.percentile(0.9)),
        BenchReport.time(measurement.percentile(0.99)), ratio,
      ], value: measurement.median, target)
  }

  /// One row of figures as its section's columns have them, judged by one of them.
  mutating func figures(_ name: String, _ columns: [String], value: Double = .nan, _ target: Target? = nil) {
    var verdict = ""
    if let target {
      targets += 1
      verdict = target.isMet(value) ? "met" : "MISSED"
      if !target.isMet(value) {
        missed.append("\(name): \(BenchReport.short(value, target.unit)), target \(target.text)")
      }
    }
    BenchReport.line([name] + columns + [target?.text ?? "", verdict])
  }

  func conclude() {
    for skip in skipped { print("\nSkipped: \(skip)") }
    if missed.isEmpty {
      print(
        "\n\(targets == 0 ? "No target was measured." : "All \(targets) targets that were measured are met.")"
      )
    } else {
      print("\n\(targets - missed.count) of \(targets) targets are met. Missed:")
      for miss in missed { print("  \(miss)") }
    }
  }

  private static func line(_ columns: [String]) {
    let name = columns[0].padding(toLength: max(54, columns[0].count), withPad: " ", startingAt: 0)
    let cells = columns.dropFirst().map { String(repeating: " ", count: max(1, 12 - $0.count)) + $0 }
    print("  " + name + cells.joined())
    fflush(nil)
  }

  static func time(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1_000: String(format: "%.0f ns", nanoseconds)
    case ..<1_000_000: String(format: "%.2f µs", nanoseconds / 1e3)
    case ..<1_000_000_000: String(format: "%.2f ms", nanoseconds / 1e6)
    default: String(format: "%.2f s", nanoseconds / 1e9)
    }
  }

  /// Three digits and the unit; nanoseconds as the time that they are.
  static func short(_ value: Double, _ unit: String = "") -> String {
    if unit == "ns" { return time(value) }
    let number = value.magnitude >= 1_000 ? String(format: "%.0f", value) : String(format: "%.3g", value)
    return unit.isEmpty || unit == "×" ? number + unit : "\(number) \(unit)"
  }
}
