import Glibc

/// Nanoseconds of a clock that never goes back.
struct Instant: Comparable {
  var nanoseconds: Int64

  static let never = Instant(nanoseconds: .max)

  static func now() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  static func < (first: Instant, second: Instant) -> Bool { first.nanoseconds < second.nanoseconds }

  /// An instant too far away for the clock is never.
  func advanced(by nanoseconds: Int64) -> Instant {
    let (sum, isTooLate) = self.nanoseconds.addingReportingOverflow(nanoseconds)
    return isTooLate ? .never : Instant(nanoseconds: sum)
  }

  static func - (later: Instant, earlier: Instant) -> Duration {
    .nanoseconds(later.nanoseconds - earlier.nanoseconds)
  }
}

extension Duration {
  /// At least zero; what is too long for the clock is the most that it can tell.
  var nanoseconds: Int64 {
    let (seconds, rest) = components
    let (product, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if seconds < 0 { return 0 }
    return isTooLong ? .max : max(0, product.addingReportingOverflow(rest / 1_000_000_000).partialValue)
  }
}

/// ``TimeLimits`` in nanoseconds, converted once a call; no limit is the most that the clock can tell.
struct NanosecondLimits {
  let connect: Int64
  let firstByte: Int64
  let idle: Int64
  let total: Int64

  init(_ limits: TimeLimits) {
    connect = limits.connect.nanoseconds
    firstByte = limits.firstByte?.nanoseconds ?? .max
    idle = limits.idle?.nanoseconds ?? .max
    total = limits.total?.nanoseconds ?? .max
  }
}
