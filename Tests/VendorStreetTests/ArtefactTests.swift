import Testing

@testable import VendorStreet

@Suite("Artefacts")
struct ArtefactTests {
  @Test("The checksums are those of their standards")
  func checksums() {
    // The check value of CRC-32 (ISO 3309), and the example of the Adler-32 article.
    #expect(PNG.crc32("123456789".utf8) == 0xCBF4_3926)
    #expect(PNG.adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
  }

  @Test("A stored stream of more than one block says the length of each and its complement")
  func storedBlocks() {
    let stream = PNG.stored([UInt8](repeating: 7, count: 65_536))
    // Header 2, first block 5 + 65,535, last block 5 + 1, checksum 4.
    #expect(stream.count == 2 + 5 + 65_535 + 5 + 1 + 4)
    #expect(stream[2...6] == [0, 0xFF, 0xFF, 0, 0])
    #expect(stream[65_542...65_546] == [1, 1, 0, 0xFE, 0xFF])
  }

  @Test("A PNG has the size that was asked for, and another input gives another picture")
  func png() {
    let image = PNG.image(width: 33, height: 5, digest: Digest(seed: 1).adding("a"))
    #expect(Array(image[0..<8]) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(Array(image[16..<24]) == [0, 0, 0, 33, 0, 0, 0, 5])
    #expect(image == PNG.image(width: 33, height: 5, digest: Digest(seed: 1).adding("a")))
    #expect(image != PNG.image(width: 33, height: 5, digest: Digest(seed: 1).adding("b")))
    #expect(image != PNG.image(width: 33, height: 5, digest: Digest(seed: 2).adding("a")))
  }

  @Test("A WAV is as long as its header says")
  func wav() throws {
    let sound = WAV.tone(seconds: 0.5, digest: Digest(seed: 1))
    #expect(sound.count == 44 + 8_000)
    #expect(WAV.seconds(of: sound) == 0.5)
    #expect(WAV.seconds(of: Array("not a sound".utf8)) == nil)
  }

  @Test("An MP4 is a row of boxes, and its only sample is the picture")
  func mp4() throws {
    let film = MP4.film(width: 16, height: 16, seconds: 4, digest: Digest(seed: 1))
    func number(_ place: Int) -> Int { (0..<4).reduce(0) { $0 << 8 | Int(film[place + $1]) } }
    func name(_ place: Int) -> String { String(decoding: film[place..<(place + 4)], as: UTF8.self) }
    var names: [String] = []
    var place = 0
    while place < film.count {
      names.append(name(place + 4))
      place += number(place)
    }
    #expect(names == ["ftyp", "mdat", "moov"] && place == film.count)
    let table = try #require((0..<film.count - 4).first { name($0) == "stco" })
    let sample = number(table + 12)
    #expect(Array(film[sample..<(sample + 4)]) == [0x89, 0x50, 0x4E, 0x47])
  }

  @Test("A uuid has the form of one, and the next is another")
  func identifiers() {
    let uuid = Digest(seed: 1).adding(1).uuid
    #expect(uuid.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
    #expect(Set((0..<1_000).map { Digest(seed: 1).adding($0).uuid }).count == 1_000)
  }

  @Test("Draws are spread evenly: of 10,000 about a tenth lie below 0.1")
  func spread() {
    let below = (0..<10_000).count { Digest(seed: 3).adding($0).unit < 0.1 }
    // Binomial with mean 1,000 and standard deviation 30: five of them either way.
    #expect((850...1_150).contains(below))
  }

  @Test(
    "The kind of work is read from the name of a model",
    arguments: [
      ("fal-ai/flux/dev", "png"), ("fal-ai/veo3/fast", "mp4"), ("fal-ai/kokoro-tts", "wav"),
      ("openai/whisper", "txt"), ("fal-ai/pika/v2.2/text-to-video", "mp4"),
    ])
  func kinds(model: String, file: String) {
    #expect(Product.guess(from: model, prompt: "x").fileExtension == file)
  }
}
