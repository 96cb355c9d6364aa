public import Routing
public import Serving
import Synchronization

/// A clock that stands until it is moved.
public final class ManualClock: WallClock {
  private let time: Mutex<Instant>

  /// Starts at 2026-11-20T10:00:00Z unless told otherwise.
  public init(_ start: Instant = Instant("2026-11-20T10:00:00Z")!) { time = Mutex(start) }

  public var now: Instant { time.withLock { $0 } }

  public func advance(by span: Span) { time.withLock { $0 = $0 + span } }
}
