/// A PNG image (W3C PNG, third edition) of two colours and one bit a pixel, uncompressed: real enough for
/// every decoder, small enough to be made anew for every download.
enum PNG {
  static let contentType = "image/png"

  /// The widest and highest image that is made; a larger one is asked for in vain.
  static let largestSide = 4_096

  /// - Parameters:
  ///   - width: pixels, from 1 to ``largestSide``; cut to it.
  ///   - height: likewise.
  ///   - digest: decides on the colours and the pattern of 8 × 8 tiles.
  static func image(width: Int, height: Int, digest: Digest) -> [UInt8] {
    let width = min(max(width, 1), largestSide)
    let height = min(max(height, 1), largestSide)
    var header: [UInt8] = []
    header.append(big: UInt32(width))
    header.append(big: UInt32(height))
    header += [1, 3, 0, 0, 0]  // one bit a pixel, palette, and the only methods there are
    let palette = (0..<6).map { UInt8(digest.adding($0).index(256)) }

    let stride = (width + 7) / 8
    // Eight patterns of one line, so that a line of the image is a copy.
    let patterns = (0..<8).map { tile in
      (0..<stride).map { UInt8(truncatingIfNeeded: digest.adding(tile * 512 + $0).state) }
    }
    var lines: [UInt8] = []
    lines.reserveCapacity((stride + 1) * height)
    for line in 0..<height {
      lines.append(0)  // filter: none
      lines += patterns[(line / 8) % 8]
    }

    var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    bytes.reserveCapacity(lines.count + lines.count / 1_000 + 200)
    append("IHDR", header, to: &bytes)
    append("PLTE", palette, to: &bytes)
    append("IDAT", stored(lines), to: &bytes)
    append("IEND", [], to: &bytes)
    return bytes
  }

  private static func append(_ type: String, _ data: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(big: UInt32(data.count))
    let start = bytes.count
    bytes += Array(type.utf8)
    bytes += data
    bytes.append(big: crc32(bytes[start...]))
  }

  /// A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4).
  static func stored(_ data: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x78, 0x01]
    bytes.reserveCapacity(data.count + data.count / 1_000 + 16)
    var place = 0
    repeat {
      let end = min(place + 65_535, data.count)
      let length = UInt16(end - place)
      bytes.append(end == data.count ? 1 : 0)
      bytes.append(little: length)
      bytes.append(little: ~length)
      bytes += data[place..<end]
      place = end
    } while place < data.count
    bytes.append(big: adler32(data))
    return bytes
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  static func crc32(_ data: some Sequence<UInt8>) -> UInt32 {
    let table = crcTable
    return ~data.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
  }

  static func adler32(_ data: [UInt8]) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    var place = 0
    while place < data.count {
      // 5,552 is the most bytes that cannot overflow 32 bits before the remainder is taken.
      let end = min(place + 5_552, data.count)
      for byte in data[place..<end] {
        low &+= UInt32(byte)
        high &+= low
      }
      low %= 65_521
      high %= 65_521
      place = end
    }
    return high << 16 | low
  }
}
