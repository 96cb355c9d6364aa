/// Where everything that looks like chance on the street comes from: a hash, so that the same input makes the
/// same artefact, id and fault in every process.
struct Digest: Sendable {
  private(set) var state: UInt64

  /// - Parameter seed: the street's.
  init(seed: UInt64) { state = Digest.mixed(seed &+ 0x9E37_79B9_7F4A_7C15) }

  /// With a text taken in (FNV-1a over its UTF-8).
  func adding(_ text: String) -> Digest {
    var hash = state ^ 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var next = self
    next.state = Digest.mixed(hash)
    return next
  }

  func adding(_ number: Int) -> Digest {
    var next = self
    next.state = Digest.mixed(state ^ Digest.mixed(UInt64(bitPattern: Int64(number))))
    return next
  }

  /// In [0, 1), with 53 bits.
  var unit: Double { Double(state >> 11) * 0x1p-53 }

  /// One of `count` numbers from 0.
  func index(_ count: Int) -> Int { Int(state % UInt64(count)) }

  /// Lower-case hexadecimal digits.
  func hex(_ digits: Int) -> String {
    Digest.text(digits, of: Array("0123456789abcdef"), from: self)
  }

  /// Lower-case letters and digits.
  func letters(_ count: Int) -> String {
    Digest.text(count, of: Array("abcdefghijklmnopqrstuvwxyz0123456789"), from: self)
  }

  /// The form 8-4-4-4-12, marked as version 4.
  var uuid: String {
    var digits = Array(hex(32))
    digits[12] = "4"
    digits[16] = "a"
    let cuts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return cuts.map { String(digits[$0]) }.joined(separator: "-")
  }

  private static func text(_ count: Int, of alphabet: [Character], from start: Digest) -> String {
    var text = ""
    for place in 0..<count { text.append(alphabet[start.adding(place).index(alphabet.count)]) }
    return text
  }

  /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input moves every bit.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value &+ 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
