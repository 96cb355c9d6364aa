import Foundation
import Testing
import Wire

@testable import VendorStreet

@Suite("The contract of OpenAI")
struct OpenAIContractTests {
  private let question: JSONValue = [
    "model": "gpt-4o-mini", "messages": [["role": "user", "content": "What is over the harbour?"]],
  ]

  @Test("A chat answers whole, and the same question gets the same words")
  func chat() async throws {
    try await OpenStreet.run { [question] open in
      let first = try await open.call("openai", "POST", "/v1/chat/completions", question)
      #expect(first.status == 200 && first.headers["x-request-id"]?.hasPrefix("req_") == true)
      #expect(first.json["object"] == "chat.completion")
      #expect(first.json.at("choices", 0, "finish_reason") == "stop")
      let second = try await open.call("openai", "POST", "/v1/chat/completions", question)
      #expect(first.json.at("choices", 0, "message") == second.json.at("choices", 0, "message"))
      #expect(first.json["id"] != second.json["id"])
      #expect(open.street.report().charges == 2)
    }
  }

  @Test("A stream is events that end with [DONE], with the usage when asked for")
  func stream() async throws {
    try await OpenStreet.run { [question] open in
      let body = question.with("stream", true).with("stream_options", ["include_usage": true])
      let answer = try await open.call("openai", "POST", "/v1/chat/completions", body)
      #expect(answer.headers["content-type"]?.hasPrefix("text/event-stream") == true)
      let events = answer.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
      #expect(events.last == "data: [DONE]" && events.allSatisfy { $0.hasPrefix("data: ") })
      let chunks = try events.dropLast().map { try JSONValue.parse(String($0.dropFirst(6))) }
      #expect(chunks.first?.at("choices", 0, "delta", "role") == "assistant")
      #expect(chunks.last?["choices"] == [] && chunks.last?.at("usage", "total_tokens")?.integerValue != nil)
      #expect(chunks.dropLast().last?.at("choices", 0, "finish_reason") == "stop")
    }
  }

  @Test("Pictures come as base64 or as a URL that lives as long as the settings say")
  func images() async throws {
    let body: JSONValue = [
      "model": "gpt-image-2", "prompt": "fjords", "size": "32x16", "response_format": "url", "n": 2,
    ]
    try await OpenStreet.run { open in
      let answer = try await open.call("openai", "POST", "/v1/images/generations", body)
      let url = try #require(answer.json.at("data", 1, "url")?.stringValue)
      let file = try await open.fetch(url)
      #expect(file.headers["content-type"] == "image/png")
      let inline = try await open.call(
        "openai", "POST", "/v1/images/generations", body.with("response_format", "b64_json"))
      let encoded = try #require(inline.json.at("data", 1, "b64_json")?.stringValue)
      #expect(Data(base64Encoded: encoded).map { Array($0) } == file.body)
    }
    try await OpenStreet.run("vendors: {openai: {file_lifetime_s: 0}}") { open in
      let answer = try await open.call("openai", "POST", "/v1/images/generations", body)
      let url = try #require(answer.json.at("data", 1, "url")?.stringValue)
      try await Task.sleep(for: .milliseconds(50))
      #expect(try await open.fetch(url).status == 403)
    }
  }

  @Test("Speech is a sound, and its transcription is words")
  func speech() async throws {
    try await OpenStreet.run { open in
      let sound = try await open.call(
        "openai", "POST", "/v1/audio/speech",
        ["model": "gpt-4o-mini-tts", "voice": "alloy", "input": "a quiet morning over the harbour"])
      #expect(sound.headers["content-type"] == "audio/wav")
      #expect(sound.body.starts(with: "RIFF".utf8))
      let form =
        "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
        + "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nsound\r\n--x--\r\n"
      var headers = OpenStreet.keys["openai"] ?? [:]
      headers["content-type"] = "multipart/form-data; boundary=x"
      let heard = try await RawClient.call(
        open.root, "POST", "/openai/v1/audio/transcriptions", headers: headers, body: form)
      #expect(heard.json["text"]?.stringValue?.isEmpty == false)
    }
  }

  @Test(
    "What is wrong is refused in OpenAI's envelope",
    arguments: [
      (["messages": [["role": "user", "content": "x"]]], 400, "model", nil),
      (["model": "gpt-4o-mini", "messages": []], 400, "messages", nil),
      (
        ["model": "gpt-4o-mini", "messages": [["role": "cat", "content": "x"]]], 400, "messages[0].role",
        nil
      ),
      (["model": "gpt-9", "messages": [["role": "user", "content": "x"]]], 404, "model", "model_not_found"),
      (
        ["model": "dall-e-3", "messages": [["role": "user", "content": "x"]]], 404, "model", "model_not_found"
      ),
      (["model": "whisper-1", "messages": [["role": "user", "content": "x"]]], 400, "model", nil),
      (
        ["model": "gpt-4o-mini", "messages": [["role": "user", "content": "x"]], "temperature": 3], 400,
        "temperature", nil
      ),
      (
        ["model": "gpt-4o-mini", "messages": [["role": "user", "content": "x"]], "n": 0], 400, "n", nil
      ),
    ] as [(JSONValue, Int, String, String?)])
  func refusals(body: JSONValue, status: Int, field: String, code: String?) async throws {
    try await OpenStreet.run { open in
      let answer = try await open.call("openai", "POST", "/v1/chat/completions", body)
      #expect(answer.status == status)
      #expect(answer.json.at("error", "param")?.stringValue == field)
      #expect(answer.json.at("error", "code")?.stringValue == code)
      #expect(open.street.report().jobs.isEmpty, "nothing was bought")
    }
  }

  @Test("Without a key, with a wrong one, and without credit there is nothing; nor is there at other paths")
  func doors() async throws {
    try await OpenStreet.run { [question] open in
      let path = "/v1/chat/completions"
      for (key, status) in [
        ("", 401), ("Basic abc", 401), ("Bearer invalid-key", 401), ("Bearer broke", 429),
      ] {
        let answer = try await open.call("openai", "POST", path, question, headers: ["authorization": key])
        #expect(answer.status == status && answer.json.at("error", "message") != nil, "\(key)")
      }
      #expect(try await open.call("openai", "GET", path).status == 405)
      #expect(try await open.call("openai", "GET", "/v2/chat").status == 404)
      #expect(try await open.call("openai", "POST", "/v1/videos", [:]).status == 410)
      #expect(try await RawClient.call(open.root, "GET", "/nobody/v1").status == 404)
      #expect(open.street.report().jobs.isEmpty)
    }
  }
}
