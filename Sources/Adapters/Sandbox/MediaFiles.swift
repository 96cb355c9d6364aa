/// A picture of at most 256 colours, and the files that it can be written to.
struct Raster {
  let width: Int
  let height: Int
  let palette: [(UInt8, UInt8, UInt8)]
  /// One place in the palette for each pixel, line by line.
  var pixels: [UInt8]

  init(width: Int, height: Int, palette: [(UInt8, UInt8, UInt8)]) {
    self.width = width
    self.height = height
    self.palette = palette
    pixels = [UInt8](repeating: 0, count: width * height)
  }

  // MARK: PNG (ISO/IEC 15948)

  var png: [UInt8] {
    var lines: [UInt8] = []
    for y in 0..<height { lines += [0] + pixels[y * width..<(y + 1) * width] }
    let head = Bytes.big(UInt32(width)) + Bytes.big(UInt32(height)) + [8, 3, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Raster.chunk("IHDR", head)
      + Raster.chunk("PLTE", palette.flatMap { [$0.0, $0.1, $0.2] })
      + Raster.chunk("IDAT", Raster.zlib(lines))
      + Raster.chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return Bytes.big(UInt32(data.count)) + body + Bytes.big(crc32(body))
  }

  /// A zlib stream of stored blocks (RFC 1950, RFC 1951): nothing is compressed, everybody can read it.
  private static func zlib(_ data: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let end = min(start + 65_535, data.count)
      let size = UInt16(end - start)
      stream.append(end == data.count ? 1 : 0)
      stream += Bytes.little(size) + Bytes.little(~size) + data[start..<end]
      start = end
    } while start < data.count
    return stream + Bytes.big(adler32(data))
  }

  private static func adler32(_ data: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in data {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return b << 16 | a
  }

  static func crc32(_ data: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in data {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }

  // MARK: AVI (Microsoft, "AVI RIFF File Reference")

  /// A film of uncompressed frames, all of one size.
  static func avi(_ frames: [Raster], perSecond rate: Int) -> [UInt8] {
    guard let first = frames.first else { return [] }
    let images = frames.map(\.bitmap)
    let size = UInt32(images[0].count)
    let (width, height) = (UInt32(first.width), UInt32(first.height))
    let main: [UInt32] = [
      UInt32(1_000_000 / rate), size * UInt32(rate), 0, 0x10, UInt32(frames.count), 0, 1, size, width, height,
      0, 0, 0, 0,
    ]
    let stream =
      Array("vidsDIB ".utf8)
      + [0, 0, 0, 1, UInt32(rate), 0, UInt32(frames.count), size, 0, 0].flatMap(Bytes.little)
      + Bytes.little(UInt16(0)) + Bytes.little(UInt16(0)) + Bytes.little(UInt16(first.width))
      + Bytes.little(UInt16(first.height))
    let format =
      [40, width, height].flatMap(Bytes.little) + Bytes.little(UInt16(1)) + Bytes.little(UInt16(24))
      + [0, size, 0, 0, 0, 0].flatMap { Bytes.little(UInt32($0)) }
    let header = Bytes.list(
      "hdrl",
      Bytes.riff("avih", main.flatMap(Bytes.little))
        + Bytes.list("strl", Bytes.riff("strh", stream) + Bytes.riff("strf", format)))
    let movie = Bytes.list("movi", images.flatMap { Bytes.riff("00db", $0) })
    return Bytes.riff("RIFF", Array("AVI ".utf8) + header + movie)
  }

  /// Blue, green and red of each pixel, bottom line first, lines of whole four bytes.
  private var bitmap: [UInt8] {
    var bytes: [UInt8] = []
    let padding = [UInt8](repeating: 0, count: (4 - width * 3 % 4) % 4)
    for y in (0..<height).reversed() {
      for place in pixels[y * width..<(y + 1) * width] {
        let colour = palette[Int(place)]
        bytes += [colour.2, colour.1, colour.0]
      }
      bytes += padding
    }
    return bytes
  }
}

/// Sound as RIFF/WAVE, 16 bits, one channel.
enum WaveFile {
  static func bytes(_ samples: [Int16], perSecond rate: UInt32) -> [UInt8] {
    let format =
      Bytes.little(UInt16(1)) + Bytes.little(UInt16(1)) + Bytes.little(rate) + Bytes.little(rate * 2)
      + Bytes.little(UInt16(2)) + Bytes.little(UInt16(16))
    let data = samples.flatMap { Bytes.little(UInt16(bitPattern: $0)) }
    return Bytes.riff("RIFF", Array("WAVE".utf8) + Bytes.riff("fmt ", format) + Bytes.riff("data", data))
  }
}

/// Numbers and RIFF chunks as bytes.
enum Bytes {
  static func big(_ value: UInt32) -> [UInt8] { little(value.byteSwapped) }
  static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
  static func little(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(value >> 8)] }

  static func riff(_ type: String, _ data: [UInt8]) -> [UInt8] {
    Array(type.utf8) + little(UInt32(data.count)) + data + (data.count % 2 == 1 ? [0] : [])
  }

  static func list(_ type: String, _ data: [UInt8]) -> [UInt8] { riff("LIST", Array(type.utf8) + data) }
}
