import Wire

/// What the inputs of hosted media models have in common, under their various names; fal and Replicate pass them
/// on as the model wants them.
struct MediaInput: Sendable {
  let json: JSONValue

  init(_ json: JSONValue) { self.json = json }

  static let subjects = [
    "prompt", "text", "gen_text", "image_url", "image_urls", "video_url", "audio_url", "input",
  ]

  /// The first of the usual fields.
  var prompt: String {
    MediaInput.subjects.lazy.compactMap { json.string($0) }.first ?? ""
  }

  /// Every model wants something to work on.
  var isComplete: Bool { MediaInput.subjects.contains { json[$0].map { !$0.isNull } ?? false } }

  /// `image_size` as an object or a name, or `width` and `height`.
  var size: (Int, Int)? {
    let size = json["image_size"] ?? json
    if let width = size["width"]?.integerValue, let height = size["height"]?.integerValue {
      return (MediaInput.side(width), MediaInput.side(height))
    }
    switch size.stringValue {
    case "square": return (512, 512)
    case "square_hd": return (1_024, 1_024)
    case "portrait_4_3": return (768, 1_024)
    case "portrait_16_9": return (576, 1_024)
    case "landscape_4_3": return (1_024, 768)
    case "landscape_16_9": return (1_024, 576)
    default: return nil
    }
  }

  /// `duration` as a number, `"5"` or `"8s"`.
  var seconds: Double? {
    json["duration"]?.doubleValue.map(MediaInput.length)
      ?? json.string("duration").map { MediaInput.seconds($0, default: 5) }
  }

  /// The number that a text such as `8s` begins with, cut to what a film may last.
  static func seconds(_ text: String?, default usual: Double) -> Double {
    length(text.flatMap { Double($0.prefix { "0123456789.".contains($0) }) } ?? usual)
  }

  /// Cut to between a twenty-fifth of a second and ten minutes.
  private static func length(_ seconds: Double) -> Double { min(max(seconds, 0.04), 600) }

  private static func side(_ pixels: Int64) -> Int { Int(min(max(pixels, 16), Int64(PNG.largestSide))) }

  static func price(_ product: Product) -> Int {
    switch product {
    case .image(let width, let height): max(width * height / 40, 1_000)  // 0.025 USD a megapixel
    case .film(_, _, let seconds): Int(seconds * 50_000)
    case .sound(let seconds): Int(seconds * 2_000) + 1
    case .text: 500
    }
  }
}
