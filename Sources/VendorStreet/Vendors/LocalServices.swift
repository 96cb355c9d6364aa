import Foundation
import HTTPTypes
import Wire

/// Services that people run on their own machine, free of charge and without keys: Chatterbox for speech (the
/// `/v1/audio/speech` of its common server, with a voice to clone) and Whisper for transcription (`POST /asr`
/// of whisper-asr-webservice). Each says how it is under `/<service>/health`.
struct LocalServices: Vendor {
  let name = "local"
  private static let services = ["chatterbox", "whisper"]

  func key(of call: Call) -> String? { "none" }

  var routes: [Route] {
    [
      Route(.get, "{service}/health", .other) { call in
        guard Self.services.contains(call["service"]) else { throw Refusal(.noSuchPath, "Not Found") }
        return .json(200, ["status": "healthy"])
      },
      Route(.post, "chatterbox/v1/audio/speech", .submit, speech),
      Route(.post, "whisper/asr", .submit, transcription),
    ]
  }

  private func speech(_ call: Call) async throws -> Answer {
    let body = try call.json()
    let input = try body.requiredText("input")
    let voice = body.string("voice") ?? "default.wav"
    guard !voice.contains("no-such") else {
      throw Refusal(.notFound, "Voice file '\(voice)' not found.")
    }
    let job = try await call.perform(
      JobOrder(
        id: call.newDigest().uuid, model: "chatterbox", prompt: "\(voice): \(input)",
        products: [.sound(seconds: Double(input.count) * 0.02)], microUSD: 0))
    return .bytes(job.ending == .empty ? [] : call.bytes(of: job), WAV.contentType)
  }

  private func transcription(_ call: Call) async throws -> Answer {
    guard let file = try call.form()["audio_file"], !file.bytes.isEmpty else {
      throw Refusal(.invalid, "Field required", field: "audio_file", status: 422)
    }
    let seconds = WAV.seconds(of: file.bytes) ?? 1
    let job = try await call.perform(
      JobOrder(
        id: call.newDigest().uuid, model: "whisper", prompt: "\(PNG.crc32(file.bytes))",
        products: [.text(words: min(max(Int(seconds * 3), 3), 200))], microUSD: 0))
    let text = job.ending == .empty ? "" : String(decoding: call.bytes(of: job), as: UTF8.self)
    switch call.query("output") ?? "txt" {
    case "txt": return .bytes(Array(text.utf8), "text/plain; charset=utf-8")
    case "json":
      return .json(
        200,
        [
          "text": .string(text), "language": .string(call.query("language") ?? "en"),
          "segments": [["id": 0, "start": 0.0, "end": .number(seconds), "text": .string(text)]],
        ])
    default: throw Refusal(.invalid, "output must be txt or json", field: "output", status: 422)
    }
  }

  func envelope(_ refusal: Refusal, _ call: Call) -> Answer {
    let detail: JSONValue =
      refusal.status == 422
      ? [["loc": ["body", .optional(refusal.field)], "msg": .string(refusal.message), "type": "missing"]]
      : .string(refusal.message)
    return .json(refusal.status, ["detail": detail], headers: refusalHeaders(refusal))
  }
}
