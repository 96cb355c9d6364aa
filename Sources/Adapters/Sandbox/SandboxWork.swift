import Crypto
import Foundation
import Routing
import Serving
import Wire

/// What the sandbox makes of an order. The same order makes the same thing.
struct SandboxWork {
  let order: WorkOrder
  /// What the order is about, in words.
  let subject: String
  private let digest: [UInt8]

  init(_ order: WorkOrder) {
    self.order = order
    let values = OrderValues(order: order, now: Instant(microseconds: 0))
    let sources = ["prompt", "texts", "image_url", "video_url", "video_urls", "audio_url"]
    subject =
      sources.lazy.compactMap { name -> String? in
        let json = values.json(name)
        return json?.stringValue ?? json?.arrayValue?.compactMap(\.stringValue).joined(separator: "\n")
      }.first { !$0.isEmpty } ?? ""
    let seed = order.input[.seed]?.integerValue ?? 0
    digest = Array(SHA256.hash(data: Data("\(order.capability.name)\n\(seed)\n\(subject)".utf8)))
  }

  /// One attempt in three, by its token.
  var isUnlucky: Bool {
    SHA256.hash(data: Data(order.token.utf8)).first { _ in true }.map { $0 < 85 } ?? false
  }

  var usage: TokenUsage? {
    guard order.capability == .textGeneration || order.capability == .embedding else { return nil }
    return TokenUsage(
      input: max(1, subject.utf8.count / 4), output: text.map { max(1, $0.utf8.count / 4) } ?? 0)
  }

  /// Nil for capabilities that make files.
  var text: String? {
    switch order.capability {
    case .textGeneration: cut(answer)
    case .qualityReview: "{\"score\":\(Double(digest[0] % 40 + 60) / 100),\"reason\":\"made by the sandbox\"}"
    case .speechToText: "The sandbox heard a recording and calls it \(name)."
    case .embedding: vectors
    default: nil
    }
  }

  /// Nil for capabilities that make text.
  var file: (bytes: [UInt8], contentType: String)? {
    switch order.capability {
    case .textGeneration, .qualityReview, .speechToText, .embedding: nil
    case .imageGeneration, .imageEditing, .inpainting, .imageToImage, .superResolution, .backgroundRemoval:
      (picture.png, "image/png")
    case .textToVideo, .imageToVideo, .videoComposition:
      (film, "video/x-msvideo")
    case .textToSpeech, .voiceCloning, .audioGeneration: (sound, "audio/wav")
    }
  }

  // MARK: Text

  private static let adjectives = [
    "quiet", "amber", "northern", "patient", "hollow", "bright", "tidal", "wooden",
  ]
  private static let nouns = [
    "harbour", "lantern", "orchard", "compass", "meadow", "bridge", "kettle", "signal",
  ]

  /// Two words that stand for the order.
  private var name: String {
    "\(Self.adjectives[Int(digest[1] & 7)]) \(Self.nouns[Int(digest[2] & 7)])"
  }

  private var answer: String {
    let shown = subject.count > 120 ? subject.prefix(119) + "…" : subject
    return "The sandbox has read “\(shown)” and answers with a \(name). "
      + "It needs no account, costs nothing, and says the same to the same question."
  }

  /// At most as many words as tokens were allowed.
  private func cut(_ text: String) -> String {
    guard let limit = order.input[.maximumOutputTokens]?.integerValue else { return text }
    return text.split(separator: " ").prefix(Int(limit)).joined(separator: " ")
  }

  /// One unit vector for each text, the sum of a direction for each of its words.
  private var vectors: String {
    let texts = OrderValues(order: order, now: Instant(microseconds: 0)).json("texts")?.arrayValue ?? []
    let size = min(max(Int(order.input[.dimensions]?.integerValue ?? 64), 1), 4_096)
    let rows = texts.map { text -> JSONValue in
      var sum = [Double](repeating: 0, count: size)
      for word in (text.stringValue ?? "").lowercased().split(separator: " ") {
        for place in 0..<size {
          let hash = SandboxWork.mixed(
            word.utf8.reduce(UInt64(place)) { ($0 &+ UInt64($1)) &* 0x100_0000_01B3 })
          sum[place] += Double(hash >> 11) / 9_007_199_254_740_992 - 0.5
        }
      }
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return .array(sum.map { .number(length > 0 ? $0 / length : 0) })
    }
    return String(decoding: JSONValue.array(rows).serialized(), as: UTF8.self)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var mixed = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  // MARK: Files

  /// Rings around a point, in two colours that belong to the order.
  private func picture(width: Int, height: Int, phase: Int) -> Raster {
    let first = (Int(digest[3]), Int(digest[4]), Int(digest[5]))
    let last = (255 - Int(digest[5]), 255 - Int(digest[3]), 255 - Int(digest[4]))
    let palette = (0..<16).map { step -> (UInt8, UInt8, UInt8) in
      func mix(_ a: Int, _ b: Int) -> UInt8 { UInt8(a + (b - a) * step / 15) }
      return (mix(first.0, last.0), mix(first.1, last.1), mix(first.2, last.2))
    }
    let centre = (width * Int(digest[6]) / 255, height * Int(digest[7]) / 255)
    let pitch = 40 + Int(digest[8])
    var raster = Raster(width: width, height: height, palette: palette)
    for y in 0..<height {
      for x in 0..<width {
        let (dx, dy) = (x - centre.0, y - centre.1)
        let step = ((dx * dx + dy * dy) / pitch + phase) % 30
        raster.pixels[y * width + x] = UInt8(step < 15 ? step : 29 - step)
      }
    }
    return raster
  }

  /// In the shape that was asked for, its longer side at most 256 pixels.
  private var picture: Raster {
    let values = OrderValues(order: order, now: Instant(microseconds: 0))
    let width = values.json("width")?.doubleValue ?? 256
    let height = values.json("height")?.doubleValue ?? 256
    let scale = min(1, 256 / max(width, height))
    return picture(
      width: max(1, Int((width * scale).rounded())), height: max(1, Int((height * scale).rounded())), phase: 0
    )
  }

  /// At most four seconds.
  private var film: [UInt8] {
    let seconds = min(order.input[.duration]?.doubleValue ?? 2, 4)
    let frames = (0..<max(1, Int(seconds * 8))).map { picture(width: 96, height: 56, phase: $0 * 2) }
    return Raster.avi(frames, perSecond: 8)
  }

  /// A short melody in five tones, 8,000 samples a second; at most four seconds.
  private var sound: [UInt8] {
    let scale = [261.63, 293.66, 329.63, 392.0, 440.0]
    let spoken = order.capability == .audioGeneration ? 2 : Double(subject.count) * 0.06
    let seconds = min(max(order.input[.duration]?.doubleValue ?? spoken, 0.5), 4)
    let count = Int(seconds * 8_000)
    var samples: [Int16] = []
    samples.reserveCapacity(count)
    for index in 0..<count {
      let note = index / 2_000
      let tone = scale[Int(digest[note % 32]) % scale.count]
      let place = Double(index % 2_000) / 2_000
      let envelope = min(1, place * 20) * (1 - place)
      samples.append(Int16(sin(2 * Double.pi * tone * Double(index) / 8_000) * envelope * 12_000))
    }
    return WaveFile.bytes(samples, perSecond: 8_000)
  }
}
