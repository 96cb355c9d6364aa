public import Routing
import Synchronization

/// Which candidate each session has, so that a conversation stays with one. Bounded: the longest unused seats go.
public final class Sessions: Sendable {
  private struct Key: Hashable {
    var session: String
    var capability: Capability
  }

  private struct Seat {
    var ordinal: UInt32
    var at: Instant
  }

  private let seats = Mutex<[Key: Seat]>([:])
  private let capacity: Int

  public init(capacity: Int = 100_000) { self.capacity = capacity }

  /// The session's candidate, if it was used within `window` before `now`.
  public func candidate(of session: String, _ capability: Capability, at now: Instant, window: Span)
    -> UInt32?
  {
    seats.withLock { seats in
      guard let seat = seats[Key(session: session, capability: capability)], now - seat.at <= window else {
        return nil
      }
      return seat.ordinal
    }
  }

  public func seat(_ seat: SessionSeat) {
    seats.withLock { seats in
      if seats.count >= capacity {
        // Half of them at once, so that the sorting is paid for once in many seats.
        let cut = seats.values.map(\.at).sorted()[seats.count / 2]
        seats = seats.filter { $0.value.at > cut }
      }
      seats[Key(session: seat.session, capability: seat.capability)] = Seat(
        ordinal: seat.ordinal, at: seat.at)
    }
  }
}
