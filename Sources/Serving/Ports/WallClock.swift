import Foundation
public import Routing

/// What time it is: the only way in which the service learns it.
public protocol WallClock: Sendable {
  var now: Instant { get }
}

/// The system's clock.
public struct SystemClock: WallClock {
  public init() {}

  public var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
