import Routing
import Testing

@Suite("Intent")
struct IntentTests {
  @Test(
    "a text's length is rounded up to a power of two for estimates",
    arguments: [
      (0, 1), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (255, 256), (256, 256), (257, 512), (5_000, 8_192),
    ])
  func rounding(bytes: Int, rounded: Int) {
    let intent = Intent(capability: .textToSpeech, text: String(repeating: "a", count: bytes))
    #expect(intent.assumedWork.characters == rounded)
    #expect(intent.assumedWork.inputTokens == max(1, rounded / 4))
  }

  @Test("bytes are counted, not letters; without a text 256 are assumed")
  func bytes() {
    #expect(Intent(capability: .textToSpeech, text: "ééé").assumedWork.characters == 8)
    #expect(Intent(capability: .textToSpeech).assumedWork.characters == 256)
    #expect(
      Intent(capability: .textToSpeech, text: "a", work: Work(characters: 9)).assumedWork.characters == 9)
  }
}
