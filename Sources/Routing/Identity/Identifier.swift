/// A 16-byte identifier in time order (UUIDv7, RFC 9562 §5.7), written in lower-case hexadecimal with hyphens.
///
/// Time order keeps inserts into the ledger's indexes local, and the 74 random bits key the generator that draws
/// a decision: see ``Draw``.
public struct Identifier: Hashable, Comparable, Sendable {
  /// Bytes 0–7, big-endian: 48 bits of Unix milliseconds, the version 7, 12 random bits.
  public let high: UInt64
  /// Bytes 8–15, big-endian: the variant 2, 62 random bits.
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Mints an identifier from an instant and two random words; time and chance are the caller's.
  public init(at instant: Instant, random first: UInt64, _ second: UInt64) {
    let milliseconds = UInt64(max(0, instant.microseconds / 1_000)) & 0xFFFF_FFFF_FFFF
    high = milliseconds << 16 | 0x7000 | (first & 0x0FFF)
    low = 0x8000_0000_0000_0000 | (second & 0x3FFF_FFFF_FFFF_FFFF)
  }

  /// Parses the canonical 36-character form (either case); nil for anything else.
  public init?(_ text: some StringProtocol) {
    var high: UInt64 = 0
    var low: UInt64 = 0
    var digits = 0
    var position = 0
    for byte in text.utf8 {
      defer { position += 1 }
      if position == 8 || position == 13 || position == 18 || position == 23 {
        guard byte == 0x2D else { return nil }
        continue
      }
      guard let digit = hexDigit(byte), digits < 32 else { return nil }
      if digits < 16 { high = high << 4 | digit } else { low = low << 4 | digit }
      digits += 1
    }
    guard digits == 32, position == 36 else { return nil }
    self.high = high
    self.low = low
  }

  /// The instant of minting, to the millisecond.
  public var instant: Instant { Instant(microseconds: Int64(high >> 16) * 1_000) }

  public static func < (left: Identifier, right: Identifier) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  /// The 16 bytes, most significant first: their lexical order is the order of the identifiers.
  public var bytes: [UInt8] {
    (0..<16).map { index in
      index < 8
        ? UInt8(truncatingIfNeeded: high >> (56 - 8 * index))
        : UInt8(truncatingIfNeeded: low >> (120 - 8 * index))
    }
  }

  /// Reads 16 bytes, most significant first; nil when there are not exactly 16.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    var index = 0
    for byte in bytes {
      if index < 8 { words.0 = words.0 << 8 | UInt64(byte) } else { words.1 = words.1 << 8 | UInt64(byte) }
      index += 1
    }
    self.init(high: words.0, low: words.1)
  }
}

extension Identifier: CustomStringConvertible {
  public var description: String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var position = 0
      for index in 0..<32 {
        if index == 8 || index == 12 || index == 16 || index == 20 {
          buffer[position] = 0x2D
          position += 1
        }
        let word = index < 16 ? high >> (60 - 4 * index) : low >> (124 - 4 * index)
        let digit = UInt8(truncatingIfNeeded: word & 15)
        buffer[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
        position += 1
      }
      return position
    }
  }
}

private func hexDigit(_ byte: UInt8) -> UInt64? {
  switch byte {
  case 0x30...0x39: UInt64(byte - 0x30)
  case 0x61...0x66: UInt64(byte - 0x57)
  case 0x41...0x46: UInt64(byte - 0x37)
  default: nil
  }
}
