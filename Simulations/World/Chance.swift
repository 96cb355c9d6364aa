public import Statistics

/// What chance is drawn for. Every purpose has streams of its own, one for each seed and index (a decision, an intent, a
/// pass), so that an event that draws more or less than before does not shift what is drawn for anything else.
public enum Chance: UInt64, Sendable {
  case centre = 1
  case intent
  case order
  case arrival
  case identity
  case outcome
  case missing
  case delay
  case noise
  case rater
  case ring
  case choice
  case fit

  /// The stream of one thing: a pure function of purpose, seed and index.
  ///
  /// Keys of different purposes lie far apart, as ``CounterGenerator`` asks: multiples of 2⁶⁴ ÷ the golden ratio.
  @inlinable
  public func generator(seed: UInt64, index: UInt64) -> CounterGenerator {
    CounterGenerator(key: rawValue &* 0x9E37_79B9_7F4A_7C15, high: seed, low: index)
  }
}
