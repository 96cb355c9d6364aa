import Serving
import Testing

@Suite("Media types")
struct MediaTypeTests {
  static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(
    "A file's first bytes say what it is",
    arguments: [
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0], "image/png"),
      ([0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg"), (bytes("GIF89a."), "image/gif"),
      (bytes("RIFF0000WEBPVP8 "), "image/webp"), (bytes("RIFF0000WAVEfmt "), "audio/wav"),
      (bytes("RIFF0000AVI LIST"), "video/x-msvideo"), (bytes("ID3\u{3}"), "audio/mpeg"),
      // MPEG-1 layer III, 128 kbit/s, 44.1 kHz.
      ([0xFF, 0xFB, 0x90, 0x64], "audio/mpeg"), (bytes("OggS\0"), "audio/ogg"), (bytes("fLaC"), "audio/flac"),
      ([0, 0, 0, 0x18] + bytes("ftypmp42"), "video/mp4"), ([0, 0, 0, 0x18] + bytes("ftypM4A "), "audio/mp4"),
      ([0, 0, 0, 0x18] + bytes("ftypavif"), "image/avif"),
      ([0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x82, 0x84] + bytes("webm"), "video/webm"),
      (bytes("%PDF-1.7"), "application/pdf"), (bytes(" {\"a\": [1]}"), "application/json"),
      (bytes("[]"), "application/json"), (bytes("{not json}"), "text/plain"),
      (bytes("[draft] a"), "text/plain"),
      (bytes("a poem, über alles\n"), "text/plain"), (bytes("<!DOCTYPE html><title>"), "text/html"),
      (bytes("<?xml version='1.0'?><svg>"), "image/svg+xml"), ([], "application/octet-stream"),
      ([0, 1, 2], "application/octet-stream"), ([0xFF, 0xF1, 0x50, 0x80], "application/octet-stream"),
      ([0xC3], "application/octet-stream"),
    ] as [([UInt8], String)])
  func sniffing(head: [UInt8], name: String) {
    #expect(MediaType(sniffing: head, isWhole: true).name == name)
  }

  @Test("Of a long file the head is enough: JSON by its beginning, text although a character is cut in two")
  func heads() {
    #expect(MediaType(sniffing: Self.bytes("{\"long\": \"tex"), isWhole: false).name == "application/json")
    #expect(MediaType(sniffing: Self.bytes("[draft] a lon"), isWhole: false).name == "text/plain")
    let cut = Self.bytes("über Gr") + [0xC3]
    #expect(MediaType(sniffing: cut, isWhole: false).name == "text/plain")
    #expect(MediaType(sniffing: cut, isWhole: true) == .unknown)
  }

  @Test(
    "A vendor's word counts where it says something, in any spelling",
    arguments: [
      ("image/png", "image/png"), ("IMAGE/PNG", "image/png"), ("image/jpg", "image/jpeg"),
      ("text/plain; charset=utf-8", "text/plain"), ("audio/x-wav", "audio/wav"),
      ("application/octet-stream", nil), ("", nil), ("x", nil), ("model/unheard-of", nil),
    ] as [(String, String?)])
  func words(word: String, name: String?) {
    #expect(MediaType(word: word)?.name == name)
  }

  @Test("Each type has an extension of its own, which leads back to it")
  func table() {
    for name in ["image/png", "audio/mpeg", "video/mp4", "application/json", "text/plain"] {
      let type = MediaType(word: name)
      #expect(type.flatMap { MediaType(fileExtension: $0.fileExtension) } == type && type != nil)
    }
    #expect(MediaType(fileExtension: "bin") == .unknown)
    #expect(MediaType(fileExtension: "exe") == nil)
  }

  @Test("A name is a digest and an extension, and nothing else is a name")
  func names() throws {
    let digest = [UInt8](repeating: 0xAB, count: 32)
    let name = ArtefactName(digest: digest, type: try #require(MediaType(word: "image/png")))
    #expect(name.description == String(repeating: "ab", count: 32) + ".png")
    #expect(ArtefactName(name.description) == name)
    #expect(name.address(base: nil) == "/v1/artefacts/\(name)")
    #expect(name.address(base: "https://a.example/r/") == "https://a.example/r/v1/artefacts/\(name)")
    for text in ["", "x.png", "../\(name)", "\(name)/", name.digest, name.digest + ".exe"] {
      #expect(ArtefactName(text) == nil)
    }
  }
}
