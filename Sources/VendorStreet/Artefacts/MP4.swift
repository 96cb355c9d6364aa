/// An MP4 film (ISO/IEC 14496-12) of one still picture, coded as PNG (object type 0x6D of the MP4
/// registration authority), which ffmpeg and ffprobe read: no encoder is needed for a file that is one.
enum MP4 {
  static let contentType = "video/mp4"
  private static let timescale: UInt32 = 1_000

  /// - Parameters:
  ///   - width: pixels.
  ///   - height: pixels.
  ///   - seconds: how long it stands.
  ///   - digest: decides on the picture.
  static func film(width: Int, height: Int, seconds: Double, digest: Digest) -> [UInt8] {
    let picture = PNG.image(width: width, height: height, digest: digest)
    let duration = UInt32(max(seconds, 0.04) * Double(timescale))
    let type = box("ftyp", Array("isom".utf8) + [0, 0, 2, 0] + Array("isommp41".utf8))
    // The picture stands behind the 8 bytes that open `mdat`, which comes right after `ftyp`.
    let place = UInt32(type.count + 8)
    return type + box("mdat", picture)
      + box("moov", movie(duration) + track(width, height, duration, picture.count, place))
  }

  private static func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(big: UInt32(content.count + 8))
    return bytes + Array(type.utf8) + content
  }

  /// A box with a version and flags, and then 32-bit fields.
  private static func full(_ type: String, flags: UInt32 = 0, _ fields: [UInt32], then rest: [UInt8] = [])
    -> [UInt8]
  {
    var content: [UInt8] = []
    content.append(big: flags)
    for field in fields { content.append(big: field) }
    return box(type, content + rest)
  }

  private static let unity: [UInt32] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]

  private static func movie(_ duration: UInt32) -> [UInt8] {
    full("mvhd", [0, 0, timescale, duration, 0x1_0000, 0x100_0000, 0, 0] + unity + [0, 0, 0, 0, 0, 0, 2])
  }

  private static func track(_ width: Int, _ height: Int, _ duration: UInt32, _ size: Int, _ place: UInt32)
    -> [UInt8]
  {
    let header = full(
      "tkhd", flags: 3,
      [0, 0, 1, 0, duration, 0, 0, 0, 0] + unity + [UInt32(width) << 16, UInt32(height) << 16])
    let media = full("mdhd", [0, 0, timescale, duration, 0x55C4_0000])
    let handler = full("hdlr", [0, 0x7669_6465, 0, 0, 0], then: Array("picture".utf8) + [0])
    let reference = full("dref", [1], then: full("url ", flags: 1, []))
    let samples =
      full("stsd", [1], then: sampleEntry(width, height)) + full("stts", [1, 1, duration])
      + full("stsc", [1, 1, 1, 1]) + full("stsz", [UInt32(size), 1]) + full("stco", [1, place])
    let information = box(
      "minf", full("vmhd", flags: 1, [0, 0]) + box("dinf", reference) + box("stbl", samples))
    return box("trak", header + box("mdia", media + handler + information))
  }

  private static func sampleEntry(_ width: Int, _ height: Int) -> [UInt8] {
    var entry: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 16)
    entry.append(big: UInt16(clamping: width))
    entry.append(big: UInt16(clamping: height))
    entry.append(big: UInt32(0x48_0000))
    entry.append(big: UInt32(0x48_0000))
    entry += [0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 32) + [0, 24, 0xFF, 0xFF]
    // ES descriptor: id 1; decoder: PNG, visual stream, no rates given; synchronisation: MP4.
    let decoder: [UInt8] = [0x04, 13, 0x6D, 0x11] + [UInt8](repeating: 0, count: 11)
    let descriptor: [UInt8] = [0x03, UInt8(3 + decoder.count + 3), 0, 1, 0] + decoder + [0x06, 1, 0x02]
    return box("mp4v", entry + full("esds", [], then: descriptor))
  }
}
