/// Eight lanes of `Double`: one panel of quadrature nodes.
///
/// The C library's exp and log take one number per call. These are plain polynomial code that the compiler turns into
/// vector instructions. (No fused multiply-add: the baseline x86-64 has none, and `addProduct` would call the C
/// library for each lane.)
typealias Lanes = SIMD8<Double>

/// eˣ in each lane for x ≤ 700; lanes below −700 are taken as −700 (1e-304). Relative error below 1e-12.
///
/// x = k ln 2 + r with |r| ≤ ½ ln 2, then eˣ = 2ᵏ eʳ with the Taylor polynomial of degree 10 in Estrin's order.
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  let x = x.replacing(with: Lanes(repeating: -700), where: x .< -700)
  // Adding 1.5·2⁵² rounds to the nearest integer and leaves it in the lowest bits.
  let shifter = 0x1.8p52
  let shifted = x * 1.442_695_040_888_963_4 + shifter
  let k = shifted - shifter
  let r = (x - k * 0.693_147_180_369_123_8) - k * 1.908_214_929_270_587_7e-10
  let r2 = r * r
  let r4 = r2 * r2
  let p01 = 1.0 + r
  let p23 = 0.5 + r * (1.0 / 6)
  let p45 = (1.0 / 24) + r * (1.0 / 120)
  let p67 = (1.0 / 720) + r * (1.0 / 5040)
  let p89 = (1.0 / 40320) + r * (1.0 / 362_880)
  let low = p01 + r2 * p23
  let middle = p45 + r2 * p67
  let high = p89 + r2 * (1.0 / 3_628_800)
  let polynomial = low + r4 * (middle + r4 * high)
  let scale = unsafeBitCast(shifted, to: SIMD8<UInt64>.self) &<< 52
  return unsafeBitCast(unsafeBitCast(polynomial, to: SIMD8<UInt64>.self) &+ scale, to: Lanes.self)
}

/// ln x in each lane for normal x > 0. Absolute error below 1e-15 max(1, |ln x|).
///
/// x = 2ᵏ m with m in [√½, √2), s = (m − 1)/(m + 1), ln x = k ln 2 + 2 (s + s³/3 + s⁵/5 + …).
@inline(__always)
func logarithm(_ x: Lanes) -> Lanes {
  let bits = unsafeBitCast(x, to: SIMD8<UInt64>.self)
  let rootHalf: UInt64 = 0x3FE6_A09E_667F_3BCD
  // Biased by 1024 so that the shift is of a positive number.
  let exponent = (bits &- SIMD8(repeating: rootHalf) &+ SIMD8(repeating: 1024 &<< 52)) &>> 52
  let m = unsafeBitCast(bits &- ((exponent &- SIMD8(repeating: 1024)) &<< 52), to: Lanes.self)
  // The integer as a Double: in the lowest bits of 2⁵².
  let k =
    unsafeBitCast(exponent | SIMD8(repeating: (0x1p52).bitPattern), to: Lanes.self) - (0x1p52 + 1024)
  let f = m - 1
  let s = f / (2 + f)
  let z = s * s
  let z2 = z * z
  let p01 = (1.0 / 3) + z * (1.0 / 5)
  let p23 = (1.0 / 7) + z * (1.0 / 9)
  let p45 = (1.0 / 11) + z * (1.0 / 13)
  let p67 = (1.0 / 15) + z * (1.0 / 17)
  let series = (p01 + z2 * p23) + (z2 * z2) * (p45 + z2 * p67)
  let mantissa = (s + s) + (s + s) * (z * series)
  return k * 0.693_147_180_369_123_8 + (mantissa + k * 1.908_214_929_270_587_7e-10)
}

/// The sum of the lanes, always in the same order.
@inline(__always)
func total(_ x: Lanes) -> Double {
  let four = x.lowHalf + x.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}
