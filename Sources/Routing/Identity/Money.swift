/// An amount of United States dollars in whole millionths: what is added up must add up exactly.
public struct Money: Hashable, Comparable, Sendable {
  public let micros: Int64

  public init(micros: Int64) { self.micros = micros }

  /// The nearest millionth; nil when not finite or beyond ±9.2 × 10¹² dollars.
  public init?(dollars: Double) {
    let micros = (dollars * 1e6).rounded()
    guard micros.magnitude < 9.2e18 else { return nil }
    self.init(micros: Int64(micros))
  }

  public static let zero = Money(micros: 0)

  public var dollars: Double { Double(micros) / 1e6 }

  public static func < (left: Money, right: Money) -> Bool { left.micros < right.micros }
  public static func + (left: Money, right: Money) -> Money { Money(micros: left.micros + right.micros) }
  public static func - (left: Money, right: Money) -> Money { Money(micros: left.micros - right.micros) }
}
