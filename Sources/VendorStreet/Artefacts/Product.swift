/// What a job makes. The bytes are made again for every download, so a finished job costs no memory.
enum Product: Sendable, Hashable {
  case image(width: Int, height: Int)
  case film(width: Int, height: Int, seconds: Double)
  case sound(seconds: Double)
  case text(words: Int)

  var contentType: String {
    switch self {
    case .image: PNG.contentType
    case .film: MP4.contentType
    case .sound: WAV.contentType
    case .text: "text/plain; charset=utf-8"
    }
  }

  var fileExtension: String {
    switch self {
    case .image: "png"
    case .film: "mp4"
    case .sound: "wav"
    case .text: "txt"
    }
  }

  /// - Parameter digest: of the job's vendor, model and input; with the seed they decide on every byte.
  func bytes(_ digest: Digest) -> [UInt8] {
    switch self {
    case .image(let width, let height): PNG.image(width: width, height: height, digest: digest)
    case .film(let width, let height, let seconds):
      MP4.film(width: width, height: height, seconds: seconds, digest: digest)
    case .sound(let seconds): WAV.tone(seconds: seconds, digest: digest)
    case .text(let words): Array(Prose.text(words, digest: digest).utf8)
    }
  }

  /// What a name such as `fal-ai/veo3/fast` or `openai/whisper` promises: vendors put the kind of work into
  /// it.
  static func guess(from model: String, prompt: String, size: (Int, Int)? = nil, seconds: Double? = nil)
    -> Product
  {
    let name = model.lowercased()
    func says(_ words: String...) -> Bool { words.contains { name.contains($0) } }
    let size = size ?? (512, 512)
    if says("whisper", "speech-to-text", "transcri", "llama", "gpt", "claude", "text-generation", "/llm") {
      return .text(words: 24)
    }
    if says("tts", "text-to-speech", "speech", "chatterbox", "voice", "audio", "music", "sound") {
      return .sound(seconds: seconds ?? Double(prompt.count) * 0.02)
    }
    if says("video", "veo", "kling", "pika", "ray-", "gen4", "gen-4", "minimax", "wan-", "hailuo", "sora") {
      return .film(width: size.0, height: size.1, seconds: seconds ?? 4)
    }
    return .image(width: size.0, height: size.1)
  }
}
