/// Little-endian words, one after the other.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func put<Word: FixedWidthInteger>(_ word: Word) {
    withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

struct ByteReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take<Word: FixedWidthInteger>(_ type: Word.Type) -> Word? {
    let size = MemoryLayout<Word>.size
    guard position + size <= bytes.count else { return nil }
    defer { position += size }
    return bytes.withUnsafeBytes {
      Word(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Word.self))
    }
  }
}

/// FNV-1a, 64 bits: any change of a single byte changes it.
func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
