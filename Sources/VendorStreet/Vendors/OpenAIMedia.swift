import Foundation
import HTTPTypes
import Wire

/// The endpoints of OpenAI, and of those who copy it, that are not chat.
struct OpenAIMedia: Sendable {
  let shelf: ModelShelf
  /// Whether pictures may be returned as URLs; OpenAI's own models of today always return base64.
  var hasImageURLs = true

  // MARK: Embeddings

  func embeddings(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("model")
    try shelf.check(model, is: .embedding)
    let inputs: [String] =
      switch body["input"] {
      case .string(let text) where !text.isEmpty: [text]
      case .array(let items) where !items.isEmpty && items.allSatisfy({ $0.stringValue?.isEmpty == false }):
        items.compactMap(\.stringValue)
      default:
        throw Refusal(.invalid, "'input' must be a non-empty string or array of strings.", field: "input")
      }
    let count = try body.optionalWhole("dimensions", 1...3_072) ?? (model.hasSuffix("large") ? 3_072 : 1_536)
    let tokens = inputs.reduce(0) { $0 + Prose.tokens($1) }
    let isBase64 = body.string("encoding_format") == "base64"
    let job = try await call.perform(
      JobOrder(
        id: "emb-" + call.newDigest().letters(24), model: model, prompt: inputs.joined(separator: "\n"),
        products: [], microUSD: max(tokens / 50, 1)))
    let data = inputs.enumerated().map { place, text -> JSONValue in
      let vector = job.ending == .empty ? [] : direction(text, count, call)
      return [
        "object": "embedding", "index": .integer(Int64(place)),
        "embedding": isBase64
          ? .string(vector.withUnsafeBytes { Data($0) }.base64EncodedString())
          : .array(vector.map { .number(Double($0)) }),
      ]
    }
    return .json(
      200,
      [
        "object": "list", "data": .array(data), "model": .string(model),
        "usage": ["prompt_tokens": .integer(Int64(tokens)), "total_tokens": .integer(Int64(tokens))],
      ])
  }

  /// A unit vector that belongs to a text: the sum of one direction for each of its words.
  private func direction(_ text: String, _ count: Int, _ call: Call) -> [Float] {
    var sum = [Float](repeating: 0, count: count)
    for word in text.lowercased().split(separator: " ").prefix(256) {
      let digest = Digest(seed: call.desk.settings.seed).adding(String(word))
      for place in 0..<count { sum[place] += Float(digest.adding(place).unit - 0.5) }
    }
    let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? sum.map { $0 / length } : sum
  }

  // MARK: Images

  func images(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("model")
    try shelf.check(model, is: .image)
    let prompt = try body.requiredText("prompt")
    let count = try body.optionalWhole("n", 1...10) ?? 1
    let size = try body.optionalSize("size") ?? (1_024, 1_024)
    let format = body.string("response_format") ?? (hasImageURLs ? "b64_json" : "url")
    guard ["url", "b64_json"].contains(format) else {
      throw Refusal(
        .invalid, "Invalid value: '\(format)'. Supported values are: 'url' and 'b64_json'.",
        field: "response_format")
    }
    let product = Product.image(width: size.0, height: size.1)
    let job = try await call.perform(
      JobOrder(
        id: "img-" + call.newDigest().letters(24), model: model, prompt: prompt,
        products: (0..<count).map { _ in product }, microUSD: 40_000 * count))
    let data = (job.ending == .empty ? 0..<0 : 0..<count).map { place -> JSONValue in
      format == "url"
        ? ["url": .string(call.fileURL(job, place))]
        : ["b64_json": .string(Data(call.bytes(of: job, place)).base64EncodedString())]
    }
    let read = Int64(Prose.tokens(prompt))
    let written = Int64(1_056 * count)
    return .json(
      200,
      [
        "created": .integer(Int64(job.createdUnix)), "background": "opaque", "output_format": "png",
        "quality": "medium", "size": .string("\(size.0)x\(size.1)"), "data": .array(data),
        "usage": [
          "input_tokens": .integer(read), "output_tokens": .integer(written),
          "total_tokens": .integer(read + written),
          "input_tokens_details": ["text_tokens": .integer(read), "image_tokens": 0],
          "output_tokens_details": ["text_tokens": 0, "image_tokens": .integer(written)],
        ],
      ])
  }

  // MARK: Sound

  /// The street has one encoder, for WAV; a caller who asks for another format gets it all the same, under
  /// its own media type, as a caller who checks will see.
  func speech(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("model")
    try shelf.check(model, is: .speech)
    let input = try body.requiredText("input")
    _ = try body.requiredText("voice")
    guard input.count <= 4_096 else {
      throw Refusal(.invalid, "'input' must be at most 4096 characters.", field: "input")
    }
    let formats = ["mp3", "opus", "aac", "flac", "wav", "pcm"]
    if let format = body.string("response_format"), !formats.contains(format) {
      throw Refusal(
        .invalid, "Invalid value: '\(format)'. Supported values are: \(formats).", field: "response_format")
    }
    let job = try await call.perform(
      JobOrder(
        id: "speech-" + call.newDigest().letters(24), model: model, prompt: input,
        products: [.sound(seconds: Double(input.count) * 0.02)], microUSD: max(input.count * 15, 1)))
    return .bytes(job.ending == .empty ? [] : call.bytes(of: job), WAV.contentType)
  }

  func transcription(_ call: Call) async throws -> Answer {
    let form = try call.form()
    guard let model = form.text("model"), !model.isEmpty else {
      throw Refusal(.invalid, "you must provide a model parameter", field: "model")
    }
    try shelf.check(model, is: .transcription)
    guard let file = form["file"], !file.bytes.isEmpty else {
      throw Refusal(.invalid, "Missing required parameter: 'file'.", field: "file")
    }
    let seconds = WAV.seconds(of: file.bytes) ?? Double(file.bytes.count) / 16_000
    let words = max(Int(seconds * 3), 3)
    // The same recording says the same.
    let content = "\(PNG.crc32(file.bytes)) " + (form.text("prompt") ?? "")
    let job = try await call.perform(
      JobOrder(
        id: "asr-" + call.newDigest().letters(24), model: model, prompt: content,
        products: [.text(words: min(words, 200))], microUSD: max(Int(seconds * 100), 1)))
    let text = job.ending == .empty ? "" : String(decoding: call.bytes(of: job), as: UTF8.self)
    switch form.text("response_format") ?? "json" {
    case "text": return .bytes(Array((text + "\n").utf8), "text/plain; charset=utf-8")
    case "verbose_json":
      return .json(
        200,
        [
          "task": "transcribe", "language": "english", "duration": .number(seconds), "text": .string(text),
          "segments": [],
        ])
    case "json":
      return .json(
        200,
        ["text": .string(text), "usage": ["type": "duration", "seconds": .number(seconds.rounded(.up))]])
    case let format:
      throw Refusal(
        .invalid, "Invalid value: '\(format)'. Supported values are: 'json', 'text', 'verbose_json'.",
        field: "response_format")
    }
  }
}
