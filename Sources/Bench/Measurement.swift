import Foundation

/// Times of many runs of one thing, in nanoseconds.
struct Measurement {
  let name: String
  /// Sorted, per operation.
  let nanoseconds: [Double]

  /// Times `samples` batches of `batch` operations each; a batch is one sample, so that the clock's own cost is
  /// shared by many operations.
  init(_ name: String, samples: Int = 200, batch: Int = 100, warmUp: Int = 20, _ operation: () throws -> Void) rethrows {
    var times: [Double] = []
    for sample in 0..<(samples + warmUp) {
      let start = Measurement.now()
      for _ in 0..<batch { try operation() }
      let time = Double(Measurement.now() - start) / Double(batch)
      if sample >= warmUp { times.append(time) }
    }
    self.name = name
    nanoseconds = times.sorted()
  }

  init(_ name: String, nanoseconds: [Double]) {
    self.name = name
    self.nanoseconds = nanoseconds.sorted()
  }

  var median: Double { percentile(0.5) }

  func percentile(_ share: Double) -> Double {
    guard !nanoseconds.isEmpty else { return .nan }
    return nanoseconds[min(nanoseconds.count - 1, Int(share * Double(nanoseconds.count)))]
  }

  static func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
}

/// Keeps a result alive, so that the work behind it is not optimised away.
@inline(never) func use<Value>(_ value: Value) {}

/// Prints results as they come: a table with a ratio to the reference of its section and the target, if there is one.
struct BenchReport {
  private(set) var missed: [String] = []

  func section(_ title: String) {
    print("\n\(title)")
    print(line("", "median", "p90", "p99", "ratio", "target"))
  }

  mutating func row(_ measurement: Measurement, reference: Measurement? = nil, target nanoseconds: Double? = nil) {
    let ratio = reference.map { String(format: "%.2f×", measurement.median / $0.median) } ?? ""
    print(
      line(
        measurement.name, BenchReport.time(measurement.median), BenchReport.time(measurement.percentile(0.9)),
        BenchReport.time(measurement.percentile(0.99)), ratio, nanoseconds.map { "≤ \(BenchReport.time($0))" } ?? ""))
    if let nanoseconds, measurement.median > nanoseconds {
      missed.append("\(measurement.name): \(BenchReport.time(measurement.median)) > \(BenchReport.time(nanoseconds))")
    }
  }

  /// A figure that is not a time: a rate, a size, a ratio.
  mutating func figure(_ name: String, _ value: Double, _ unit: String, atLeast: Double? = nil, atMost: Double? = nil, note: String = "") {
    let target = atLeast.map { "≥ \(BenchReport.short($0)) \(unit)" } ?? atMost.map { "≤ \(BenchReport.short($0)) \(unit)" } ?? ""
    print(line(name, "\(BenchReport.short(value)) \(unit)", "", "", note, target))
    if let atLeast, value < atLeast { missed.append("\(name): \(BenchReport.short(value)) < \(BenchReport.short(atLeast)) \(unit)") }
    if let atMost, value > atMost { missed.append("\(name): \(BenchReport.short(value)) > \(BenchReport.short(atMost)) \(unit)") }
  }

  func conclude() {
    if missed.isEmpty {
      print("\nEvery target that was measured is met.")
    } else {
      print("\nMissed:")
      for miss in missed { print("  \(miss)") }
    }
  }

  private func line(_ columns: String...) -> String {
    let name = columns[0].padding(toLength: max(52, columns[0].count), withPad: " ", startingAt: 0)
    return "  " + name + columns.dropFirst().map { text in
      String(repeating: " ", count: max(1, 13 - text.count)) + text
    }.joined()
  }

  static func time(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1_000: String(format: "%.0f ns", nanoseconds)
    case ..<1_000_000: String(format: "%.2f µs", nanoseconds / 1e3)
    case ..<1_000_000_000: String(format: "%.2f ms", nanoseconds / 1e6)
    default: String(format: "%.2f s", nanoseconds / 1e9)
    }
  }

  static func short(_ value: Double) -> String {
    value.magnitude >= 1_000 ? String(Int(value.rounded())) : String(format: "%.3g", value)
  }
}
