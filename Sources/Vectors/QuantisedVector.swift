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
    // A sum that is finite has only finite terms, and is one test instead of D.
    var sum: Float = 0
    for x in vector {
      largest = max(largest, x.magnitude)
      sum += x * 0
    }
    precondition(sum == 0, "only finite numbers can be quantised")
    let scale = largest / 127
    self.scale = scale
    // A largest element below 127 of the smallest subnormal has no scale of its own: the vector is zero.
    guard scale > 0 else {
      codes = [Int8](repeating: 0, count: vector.count)
      return
    }
    let wide = Double(scale)
    codes = [Int8](unsafeUninitializedCapacity: vector.count) { codes, count in
      for index in vector.indices {
        // In double precision, and clamped, because a subnormal scale has lost bits. Adding a half and cutting is
        // rounding halves away from zero, without a call of the C library for every element.
        let code = Double(vector[index]) / wide
        let rounded = Int32(code + (code < 0 ? -0.5 : 0.5))
        codes[index] = Int8(truncatingIfNeeded: max(-127, min(127, rounded)))
      }
      count = vector.count
    }
  }

  /// D elements: scale · code.
  public var elements: [Float] { codes.map { scale * Float($0) } }

  /// 4 + D bytes: the scale as little-endian IEEE 754 binary32, then the codes in two's complement.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 4 + codes.count) { bytes, count in
      let bits = scale.bitPattern
      for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: bits >> UInt32(8 * index)) }
      for index in codes.indices { bytes[4 + index] = UInt8(bitPattern: codes[index]) }
      count = 4 + codes.count
    }
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
