import Statistics
import Synchronization

/// The random numbers of whoever carries out jobs: for jitter and for half-open circuits, from one seed.
final class Chance: Sendable {
  private let generator: Mutex<Xoshiro256>

  init(seed: UInt64) { generator = Mutex(Xoshiro256(seed: seed)) }

  /// Uniform in [0, 1).
  func uniform() -> Double { generator.withLock { $0.uniform() } }
}
