import Foundation
import HTTPTypes
import Wire

/// Services that people run on their own machine, free of charge and without keys: Chatterbox for speech (the
/// `/v1/audio/speech` of chatterbox-tts-api, and `/v1/audio/speech/upload` with a voice to clone) and Whisper for
/// transcription (`POST /asr` of whisper-asr-webservice). Each says how it is under `/<service>/health`, Whisper, as
/// the real one does, by its description.
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
      Route(.get, "whisper/openapi.json", .other) { _ in .json(200, ["openapi": "3.1.0"]) },
      Route(.post, "chatterbox/v1/audio/speech", .submit, speech),
      Route(.post, "chatterbox/v1/audio/speech/upload", .submit, cloned),
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
    return try await spoken(input, by: voice, call)
  }

  /// The voice is that of a recording in the form, which must have the name of a sound file.
  private func cloned(_ call: Call) async throws -> Answer {
    let form = try call.form()
    guard let input = form.text("input"), !input.isEmpty else {
      throw Refusal(.invalid, "Field required", field: "input", status: 422)
    }
    guard let file = form["voice_file"] else { return try await spoken(input, by: "default.wav", call) }
    let ending = file.fileName?.split(separator: ".").last.map(String.init) ?? ""
    guard ["mp3", "wav", "flac", "m4a", "ogg"].contains(ending) else {
      throw Refusal(.invalid, "Unsupported audio format: .\(ending)", status: 400)
    }
    return try await spoken(input, by: "\(PNG.crc32(file.bytes))", call)
  }

  private func spoken(_ input: String, by voice: String, _ call: Call) async throws -> Answer {
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
      let json: JSONValue = [
        "text": .string(text), "language": .string(call.query("language") ?? "en"),
        "segments": [["id": 0, "start": 0.0, "end": .number(seconds), "text": .string(text)]],
      ]
      // The real one calls everything plain text.
      return .bytes(json.serialized(), "text/plain; charset=utf-8")
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
