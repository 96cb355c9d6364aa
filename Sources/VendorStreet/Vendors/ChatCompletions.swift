import HTTPTypes
import Wire

/// `POST …/chat/completions` as OpenAI has it and many others copy it: whole or as server-sent events.
struct ChatCompletions: Sendable {
  let shelf: ModelShelf
  /// Millionths of a US dollar for a token that is read and one that is written.
  var price = (input: 0.15, output: 0.6)
  /// What a vendor adds to the usage: of the cost in US dollars.
  var usageExtra: @Sendable (Double) -> [JSONValue.Member] = { _ in [] }

  func answer(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let model = try body.requiredText("model")
    try shelf.check(model, is: .text)
    let prompt = try prompt(body)
    let limit =
      try body.optionalWhole("max_completion_tokens", 1...1_000_000)
      ?? body.optionalWhole("max_tokens", 1...1_000_000)
    let count = try body.optionalWhole("n", 1...8) ?? 1
    if let temperature = body["temperature"], !temperature.isNull {
      guard let value = temperature.doubleValue, (0...2).contains(value) else {
        throw Refusal(
          .invalid, "Invalid 'temperature': expected a number from 0 to 2, got \(temperature.summary).",
          field: "temperature")
      }
    }
    let isStream = body["stream"]?.boolValue ?? false
    if !isStream, let options = body["stream_options"], !options.isNull {
      throw Refusal(
        .invalid, "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        field: "stream_options")
    }
    // A token is a word here; the answer grows with the question up to a few sentences.
    let whole = 8 + Prose.tokens(prompt) % 24
    let words = min(whole, limit ?? whole)
    let read = Prose.tokens(prompt)
    let microUSD = Double(read) * price.input + Double(words * count) * price.output
    let digest = call.newDigest()
    let job = try await call.perform(
      JobOrder(
        id: "chatcmpl-" + digest.letters(24), model: model, prompt: prompt,
        products: [.text(words: words)], microUSD: max(Int(microUSD.rounded()), 1)))
    let completion = Completion(
      job: job, call: call, count: count, isCut: words < whole, tokens: (read, words * count),
      extra: usageExtra(Double(job.microUSD) / 1e6))
    guard isStream else { return .json(200, completion.whole, headers: completion.headers) }
    return completion.streamed(withUsage: body["stream_options"]?["include_usage"]?.boolValue ?? false)
  }

  /// The text of the last message; every message is held to the form.
  private func prompt(_ body: JSONValue) throws -> String {
    guard let messages = body["messages"]?.arrayValue, !messages.isEmpty else {
      throw Refusal(.invalid, "Missing required parameter: 'messages'.", field: "messages")
    }
    var prompt = ""
    for (place, message) in messages.enumerated() {
      let roles = ["system", "developer", "user", "assistant", "tool", "function"]
      guard let role = message.string("role"), roles.contains(role) else {
        throw Refusal(
          .invalid, "Invalid value for 'messages[\(place)].role'. Supported values are: \(roles).",
          field: "messages[\(place)].role")
      }
      switch message["content"] {
      case .string(let text): prompt = text
      case .array(let parts): prompt = parts.compactMap { $0.string("text") }.joined(separator: "\n")
      default:
        guard role == "assistant" else {
          throw Refusal(
            .invalid, "Invalid value for 'messages[\(place)].content': expected a string.",
            field: "messages[\(place)].content")
        }
      }
    }
    return prompt
  }
}

/// What a finished chat job looks like on the wire.
private struct Completion: Sendable {
  let job: VendorJob
  let call: Call
  let count: Int
  let isCut: Bool
  let tokens: (read: Int, written: Int)
  let extra: [JSONValue.Member]

  var headers: HTTPFields {
    [.xRequestID: "req_" + Digest(seed: 0).adding(job.id).hex(32)]
  }

  private var words: [String] {
    if job.ending == .empty { return [] }
    let text = String(decoding: call.bytes(of: job), as: UTF8.self)
    return text.split(separator: " ").enumerated().map { $0.offset == 0 ? "\($0.element)" : " \($0.element)" }
  }

  private var reason: JSONValue { isCut ? "length" : "stop" }

  private var usage: JSONValue {
    .object(
      [
        .init("prompt_tokens", .integer(Int64(tokens.read))),
        .init("completion_tokens", .integer(Int64(tokens.written))),
        .init("total_tokens", .integer(Int64(tokens.read + tokens.written))),
        .init("prompt_tokens_details", ["cached_tokens": 0, "audio_tokens": 0]),
        .init("completion_tokens_details", ["reasoning_tokens": 0, "audio_tokens": 0]),
      ] + extra)
  }

  private func frame(_ object: String, _ rest: [JSONValue.Member]) -> JSONValue {
    .object(
      [
        .init("id", .string(job.id)), .init("object", .string(object)),
        .init("created", .integer(Int64(job.createdUnix))), .init("model", .string(job.model)),
        .init("service_tier", "default"), .init("system_fingerprint", "fp_street"),
      ] + rest)
  }

  var whole: JSONValue {
    let content = words.joined()
    let choices = (0..<count).map { index -> JSONValue in
      [
        "index": .integer(Int64(index)),
        "message": [
          "role": "assistant", "content": .string(content), "refusal": nil, "annotations": [],
        ],
        "logprobs": nil, "finish_reason": reason,
      ]
    }
    return frame("chat.completion", [.init("choices", .array(choices)), .init("usage", usage)])
  }

  func streamed(withUsage: Bool) -> Answer {
    func chunk(_ delta: JSONValue, _ reason: JSONValue = nil) -> [UInt8] {
      let choices = (0..<count).map { index -> JSONValue in
        [
          "index": .integer(Int64(index)), "delta": delta, "logprobs": nil, "finish_reason": reason,
        ]
      }
      return Answer.event(frame("chat.completion.chunk", [.init("choices", .array(choices))]).text)
    }
    var events = [chunk(["role": "assistant", "content": "", "refusal": nil])]
    events += words.map { chunk(["content": .string($0)]) }
    events.append(chunk([:], reason))
    if withUsage {
      events.append(
        Answer.event(frame("chat.completion.chunk", [.init("choices", []), .init("usage", usage)]).text))
    }
    events.append(Answer.event("[DONE]"))
    var answer = Answer.events(events, pause: .milliseconds(2))
    for field in headers { answer.headers.append(field) }
    return answer
  }
}
