import Foundation

/// Times of many runs of one thing, in nanoseconds.
struct Measurement {
  let name: String
  /// Sorted, per operation.
  let nanoseconds: [Double]

  /// Times `samples` batches of `batch` operations each; a batch is one sample, so that the clock's own cost is
  /// shared by many operations.
  init(
    _ name: String, samples: Int = 200, batch: Int = 100, warmUp: Int = 20, _ operation: () throws -> Void
  ) rethrows {
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

  /// How long one run of `body` takes, in nanoseconds.
  static func time(_ body: () throws -> Void) rethrows -> Double {
    let start = now()
    try body()
    return Double(now() - start)
  }
}

extension [Double] {
  /// The middle one; of an even number the upper of the two in the middle. NaN when there is none.
  var median: Double { isEmpty ? .nan : sorted()[count / 2] }
}

/// Keeps a result alive, so that the work behind it is not optimised away.
@inline(never) func use<Value>(_ value: Value) {}
