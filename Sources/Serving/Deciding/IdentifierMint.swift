public import Routing
import Statistics
import Synchronization

/// Mints decision ids: in time order within this process, and never one twice.
///
/// The random bits come from a generator seeded once by the system: asking the system for every id would cost more
/// than the decision itself.
public final class IdentifierMint: Sendable {
  private struct State {
    var generator: Xoshiro256
    var last: Identifier
  }

  private let state: Mutex<State>

  /// - Parameter seed: from the system's generator, unless a test wants the same ids again.
  public init(seed: UInt64 = .random(in: .min ... .max)) {
    state = Mutex(State(generator: Xoshiro256(seed: seed), last: Identifier(high: 0, low: 0)))
  }

  public func next(at now: Instant) -> Identifier {
    state.withLock { state in
      var id = Identifier(at: now, random: state.generator.next(), state.generator.next())
      if id <= state.last {
        // Same millisecond, or the clock went back: stay in order by stepping on from the last one.
        id = Identifier(high: state.last.high, low: state.last.low &+ 1 &+ (id.low & 0xFFFF))
        if id <= state.last { id = Identifier(high: state.last.high &+ (1 << 16), low: id.low) }
      }
      state.last = id
      return id
    }
  }
}
