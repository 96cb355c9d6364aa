import Wire

/// The media types of artefacts: which file extension stands for which, and what a file's first bytes say.
public struct MediaType: Hashable, Sendable, CustomStringConvertible {
  /// In lower case, without parameters: `image/png`.
  public let name: String
  /// Without a dot: `png`.
  public let fileExtension: String

  public var description: String { name }

  /// Of files about which nothing is known.
  public static let unknown = MediaType(name: "application/octet-stream", fileExtension: "bin")

  /// How many of a file's first bytes ``init(sniffing:isWhole:)`` wants to see.
  public static let sniffLength = 4_096

  private init(name: String, fileExtension: String) {
    self.name = name
    self.fileExtension = fileExtension
  }

  /// The type that a vendor's word stands for; nil when the word says nothing, or nothing that is known here.
  public init?(word: String) {
    let plain = word.prefix { $0 != ";" }.split(separator: " ").joined().lowercased()
    guard let type = MediaType.byName[MediaType.aliases[plain] ?? plain] else { return nil }
    self = type
  }

  /// The type of files that end so; nil for an extension that no type here has.
  public init?(fileExtension: String) {
    guard let type = MediaType.all.first(where: { $0.fileExtension == fileExtension }) else { return nil }
    self = type
  }

  /// The type of a file: the vendor's word, where it says something, else what its bytes say.
  ///
  /// - Parameters:
  ///   - head: the first ``sniffLength`` bytes, or all.
  ///   - isWhole: whether they are all.
  public init(word: String?, head: [UInt8], isWhole: Bool) {
    self = word.flatMap { MediaType(word: $0) } ?? MediaType(sniffing: head, isWhole: isWhole)
  }

  // MARK: The table

  static let all: [MediaType] =
    [
      ("image/png", "png"), ("image/jpeg", "jpg"), ("image/gif", "gif"), ("image/webp", "webp"),
      ("image/avif", "avif"), ("image/svg+xml", "svg"), ("image/bmp", "bmp"), ("image/tiff", "tiff"),
      ("image/heic", "heic"), ("audio/wav", "wav"), ("audio/mpeg", "mp3"), ("audio/ogg", "ogg"),
      ("audio/flac", "flac"), ("audio/mp4", "m4a"), ("audio/aac", "aac"), ("audio/opus", "opus"),
      ("audio/webm", "weba"), ("video/mp4", "mp4"), ("video/webm", "webm"), ("video/quicktime", "mov"),
      ("video/x-msvideo", "avi"), ("video/x-matroska", "mkv"), ("video/ogg", "ogv"),
      ("application/pdf", "pdf"), ("application/json", "json"), ("application/x-ndjson", "ndjson"),
      ("application/zip", "zip"), ("application/gzip", "gz"), ("application/xml", "xml"),
      ("text/plain", "txt"), ("text/html", "html"), ("text/csv", "csv"), ("text/markdown", "md"),
      ("text/vtt", "vtt"), ("application/x-subrip", "srt"), ("model/gltf-binary", "glb"),
    ].map { MediaType(name: $0.0, fileExtension: $0.1) } + [unknown]

  /// By name, without the one that says nothing.
  private static let byName = Dictionary(uniqueKeysWithValues: all.dropLast().map { ($0.name, $0) })

  private static let aliases = [
    "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png",
    "image/svg": "image/svg+xml", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav", "audio/mp3": "audio/mpeg", "audio/x-mp3": "audio/mpeg",
    "audio/x-flac": "audio/flac", "audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4",
    "application/ogg": "audio/ogg", "video/avi": "video/x-msvideo", "video/vnd.avi": "video/x-msvideo",
    "text/json": "application/json", "text/xml": "application/xml", "application/x-pdf": "application/pdf",
    "application/jsonl": "application/x-ndjson", "application/x-gzip": "application/gzip",
  ]

  static func named(_ name: String) -> MediaType { byName[name] ?? unknown }
}

// MARK: Sniffing

extension MediaType {
  /// What a file's first bytes say that it is; ``unknown`` when they say nothing.
  ///
  /// Signatures: WHATWG MIME Sniffing Standard, section 6, and the formats' own documents.
  public init(sniffing head: [UInt8], isWhole: Bool) {
    self = MediaType.signature(head) ?? MediaType.text(head, isWhole: isWhole) ?? .unknown
  }

  private static func signature(_ head: [UInt8]) -> MediaType? {
    func has(_ bytes: [UInt8], at place: Int = 0) -> Bool { head.dropFirst(place).starts(with: bytes) }
    func has(_ text: String, at place: Int = 0) -> Bool { has(Array(text.utf8), at: place) }
    if has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return named("image/png") }
    if has([0xFF, 0xD8, 0xFF]) { return named("image/jpeg") }
    if has("GIF87a") || has("GIF89a") { return named("image/gif") }
    if has("RIFF") {
      if has("WEBP", at: 8) { return named("image/webp") }
      if has("WAVE", at: 8) { return named("audio/wav") }
      if has("AVI ", at: 8) { return named("video/x-msvideo") }
    }
    if has("ID3") || isMP3Frame(head) { return named("audio/mpeg") }
    if has("OggS") { return named("audio/ogg") }
    if has("fLaC") { return named("audio/flac") }
    if has("ftyp", at: 4) { return named(brands.first { has($0.0, at: 8) }?.1 ?? "video/mp4") }
    if has([0x1A, 0x45, 0xDF, 0xA3]) {
      // The document type stands in the header of EBML, within its first bytes.
      let start = String(decoding: head.prefix(64), as: Unicode.ASCII.self)
      if start.contains("webm") { return named("video/webm") }
      if start.contains("matroska") { return named("video/x-matroska") }
    }
    if has("%PDF-") { return named("application/pdf") }
    if has([0x50, 0x4B, 0x03, 0x04]) { return named("application/zip") }
    if has([0x1F, 0x8B]) { return named("application/gzip") }
    return nil
  }

  /// Brands of ISO base media files that are not simply video.
  private static let brands = [
    ("M4A ", "audio/mp4"), ("M4B ", "audio/mp4"), ("qt  ", "video/quicktime"), ("avif", "image/avif"),
    ("heic", "image/heic"), ("heix", "image/heic"),
  ]

  /// The header of an MPEG audio frame of layer III: eleven bits set, then layer, bit rate and sampling rate, none of
  /// them a value that is reserved.
  private static func isMP3Frame(_ head: [UInt8]) -> Bool {
    guard head.count >= 4, head[0] == 0xFF, head[1] & 0xE0 == 0xE0 else { return false }
    let version = head[1] >> 3 & 3
    let layer = head[1] >> 1 & 3
    return version != 1 && layer == 1 && head[2] >> 4 != 15 && head[2] >> 2 & 3 != 3
  }

  /// Text is what decodes as UTF-8 and holds no control characters but those of layout.
  private static func text(_ head: [UInt8], isWhole: Bool) -> MediaType? {
    var bytes = head[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    guard !bytes.isEmpty, isText(bytes, isWhole: isWhole) else { return nil }
    let start = bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if start.first == 0x7B || start.first == 0x5B {
      let isJSON =
        isWhole ? (try? JSONValue.parse(Array(bytes))) != nil : beginsLikeJSON(start)
      if isJSON { return named("application/json") }
    }
    let opening = String(decoding: start.prefix(512), as: UTF8.self).lowercased()
    if opening.hasPrefix("<!doctype html") || opening.hasPrefix("<html") { return named("text/html") }
    if opening.hasPrefix("<svg") || (opening.hasPrefix("<?xml") && opening.contains("<svg")) {
      return named("image/svg+xml")
    }
    if opening.hasPrefix("<?xml") { return named("application/xml") }
    return named("text/plain")
  }

  private static func isText(_ bytes: ArraySlice<UInt8>, isWhole: Bool) -> Bool {
    let isQuiet = bytes.allSatisfy { $0 >= 0x20 || [0x09, 0x0A, 0x0C, 0x0D, 0x1B].contains($0) }
    guard isQuiet else { return false }
    if String(validating: bytes, as: UTF8.self) != nil { return true }
    // A head may end within a character, which is four bytes at most.
    guard !isWhole else { return false }
    return (1...3).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
  }

  /// What can follow an opening bracket in JSON follows.
  private static func beginsLikeJSON(_ start: ArraySlice<UInt8>) -> Bool {
    let next = start.dropFirst().first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard let next else { return false }
    let allowed = start.first == 0x7B ? Array("\"}".utf8) : Array("\"{[]-0123456789tfn".utf8)
    return allowed.contains(next)
  }
}
