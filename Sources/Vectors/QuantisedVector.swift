/// A vector in a quarter of its space: D signed bytes and one scale, xᵢ ≈ scale · codeᵢ.
///
/// scale = max|x| / 127, code = round(x / scale) with halves away from zero, so no element is off by more
/// than scale / 2 (and the rounding of one product). Symmetric: −128 is never used, and zero stays zero.
public struct QuantisedVector: Sendable, Hashable {
  /// Zero or positive, finite. Zero only where every code is.
  public let scale: Float
  /// D codes in −127 ... 127.
  public let codes: [Int8]

  /// - Parameter vector: D finite elements.
  public init(_ vector: [Float]) {
    var largest: Float = 0
    for x in vector {
      precondition(x.isFinite, "only finite numbers can be quantised")
      largest = max(largest, x.magnitude)
    }
    let scale = largest / 127
    self.scale = scale
    // A largest element below 127 of the smallest subnormal has no scale of its own: the vector is zero.
    guard scale > 0 else {
      codes = [Int8](repeating: 0, count: vector.count)
      return
    }
    codes = vector.map { x in
      // In double precision, and clamped, because a subnormal scale has lost bits.
      Int8(max(-127, min(127, (Double(x) / Double(scale)).rounded())))
    }
  }

  /// D elements: scale · code.
  public var elements: [Float] { codes.map { scale * Float($0) } }

  /// 4 + D bytes: the scale as little-endian IEEE 754 binary32, then the codes in two's complement.
  public var bytes: [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(4 + codes.count)
    let bits = scale.bitPattern
    for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    for code in codes { bytes.append(UInt8(bitPattern: code)) }
    return bytes
  }

  /// The vector that gave these ``bytes``; nil for fewer than 4 bytes, a scale that is negative or not finite,
  /// a code of −128, or a zero scale with a code that is not zero.
  public init?(bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    var bits: UInt32 = 0
    for index in 0..<4 { bits |= UInt32(bytes[index]) << UInt32(8 * index) }
    let scale = Float(bitPattern: bits)
    let codes = bytes[4...].map { Int8(bitPattern: $0) }
    guard scale.isFinite, scale.sign == .plus, codes.allSatisfy({ $0 != .min }) else { return nil }
    guard scale > 0 || codes.allSatisfy({ $0 == 0 }) else { return nil }
    self.scale = scale
    self.codes = codes
  }
}
