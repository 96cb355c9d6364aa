import Foundation
import Wire

/// A model of Bedrock that answers at once.
struct BedrockModel: Sendable {
  let model: String
  let call: Call

  /// In the words of the model's maker.
  func invoke(_ body: JSONValue) async throws -> Answer {
    let prompt =
      body.string("prompt") ?? body.string("inputText")
      ?? body["messages"]?.arrayValue?.last.map { BedrockModel.text(of: $0) } ?? ""
    guard !prompt.isEmpty else {
      throw Refusal(.invalid, "Malformed input request: #: required key [messages] not found")
    }
    if model.hasPrefix("stability.") {
      let job: VendorJob
      do {
        job = try await perform(prompt, .image(width: 1_024, height: 1_024), 40_000)
      } catch let refusal as Refusal where refusal.reason == .moderated {
        return .json(
          200, ["seeds": [42], "finish_reasons": ["Filter reason: prompt"], "images": [nil]])
      }
      let images: JSONValue =
        job.ending == .empty ? [] : [.string(Data(call.bytes(of: job)).base64EncodedString())]
      return .json(200, ["seeds": [42], "finish_reasons": [nil], "images": images])
    }
    let job = try await perform(prompt, .text(words: 24), 50)
    let words = job.ending == .empty ? "" : String(decoding: call.bytes(of: job), as: UTF8.self)
    let read = Int64(Prose.tokens(prompt))
    if model.contains("embed") {
      let vector = (0..<256).map { JSONValue.number(Digest(seed: 0).adding(prompt).adding($0).unit - 0.5) }
      return .json(200, ["embedding": .array(vector), "inputTextTokenCount": .integer(read)])
    }
    if model.hasPrefix("anthropic.") {
      return .json(
        200,
        [
          "id": .string("msg_bdrk_\(job.id)"), "type": "message", "role": "assistant",
          "model": .string(model), "content": [["type": "text", "text": .string(words)]],
          "stop_reason": "end_turn", "stop_sequence": nil,
          "usage": ["input_tokens": .integer(read), "output_tokens": 24],
        ])
    }
    return .json(200, message(words, read))
  }

  func converse(_ body: JSONValue) async throws -> Answer {
    guard let messages = body["messages"]?.arrayValue, let last = messages.last else {
      throw Refusal(.invalid, "messages is required")
    }
    let prompt = BedrockModel.text(of: last)
    let job: VendorJob
    do {
      job = try await perform(prompt, .text(words: 24), 50)
    } catch let refusal as Refusal where refusal.reason == .moderated {
      let words = "Sorry, this is against our policy."
      return .json(
        200, message(words, Int64(Prose.tokens(prompt))).with("stopReason", "guardrail_intervened"))
    }
    let words = job.ending == .empty ? "" : String(decoding: call.bytes(of: job), as: UTF8.self)
    return .json(200, message(words, Int64(Prose.tokens(prompt))).with("metrics", ["latencyMs": 200]))
  }

  private func perform(_ prompt: String, _ product: Product, _ microUSD: Int) async throws -> VendorJob {
    try await call.perform(
      JobOrder(
        id: call.newDigest().uuid, model: model, prompt: prompt, products: [product], microUSD: microUSD))
  }

  private func message(_ words: String, _ read: Int64) -> JSONValue {
    [
      "output": ["message": ["role": "assistant", "content": [["text": .string(words)]]]],
      "stopReason": "end_turn",
      "usage": [
        "inputTokens": .integer(read), "outputTokens": 24, "totalTokens": .integer(read + 24),
      ],
    ]
  }

  private static func text(of message: JSONValue) -> String {
    switch message["content"] {
    case .string(let text): text
    case .array(let parts): parts.compactMap { $0.string("text") }.joined(separator: "\n")
    default: ""
    }
  }
}
