@testable import API
import Jobs
import Routing
import Serving
import Testing
import Wire

/// The body of `POST /v1/jobs` alone.
@Suite struct JobRequestTests {
  private static func read(_ body: JSONValue) throws(FieldErrors) -> JobRequest {
    try JobRequest(body, dimension: 4, limits: RequestLimits())
  }

  private static func pointers(_ body: JSONValue) -> [String] {
    do throws(FieldErrors) {
      _ = try read(body)
      return []
    } catch {
      return error.errors.map(\.pointer)
    }
  }

  @Test("the smallest job: a capability and a prompt, which is the intent too")
  func smallest() throws {
    let job = try Self.read(["capability": "text_to_video", "input": ["prompt": "a fox in the snow"]])
    #expect(job.decision.intent.text == "a fox in the snow" && job.decision.intent.capability == .textToVideo)
    #expect(job.budget == nil && job.priority == .normal && !job.fallbackOnModeration)
    #expect(job.input[.prompt] == "a fox in the snow")
  }

  @Test("everything at once")
  func whole() throws {
    let job = try Self.read([
      "capability": "text_to_video", "intent": "nature", "session": "s", "explore": false,
      "constraints": ["max_cost_usd": 2, "exclude": ["runway"]], "objective": ["cost_weight": 0.5],
      "idempotency_key": "k", "deadline_s": 90.5, "priority": "high", "fallback_on_moderation": true,
      "input": ["prompt": "a fox", "duration_s": 8, "width": 1_280, "height": 720, "vendor": ["fps": 24]],
    ])
    #expect(job.decision.intent.text == "nature" && job.decision.idempotencyKey == "k")
    #expect(job.budget == .milliseconds(90_500) && job.priority == .high && job.fallbackOnModeration)
    #expect(job.decision.intent.work == Work(width: 1_280, height: 720, duration: 8))
    #expect(
      String(decoding: job.input.canonicalJSON, as: UTF8.self)
        == #"{"prompt":"a fox","width":1280,"height":720,"duration_s":8,"vendor":{"fps":24}}"#)
    let again = try WorkInput(try JSONValue.parse(job.input.canonicalJSON))
    #expect(again == job.input)
  }

  @Test("every wrong field has its pointer")
  func pointers() {
    #expect(Self.pointers(["capability": "text_to_video"]) == ["/input"])
    #expect(Self.pointers(["capability": "text_to_video", "intent": "x", "input": 7]) == ["/input"])
    #expect(Self.pointers(["capability": "video", "input": ["prompt": "x"]]) == ["/capability"])
    #expect(
      Self.pointers(["capability": "text_to_video", "input": ["promt": "x"], "intent": "x"])
        == ["/input/promt"])
    #expect(
      Self.pointers([
        "capability": "text_to_video",
        "input": ["prompt": "x", "width": 0, "image_url": "file:///etc/passwd"],
        "deadline_s": 0, "priority": "urgent", "fallback_on_moderation": 1, "callback": "x",
      ]) == [
        "/input/width", "/input/image_url", "/deadline_s", "/priority", "/fallback_on_moderation",
        "/callback",
      ])
    #expect(Self.pointers(["capability": "embedding", "input": ["messages": [7]]]) == ["/input/messages/0"])
    #expect(Self.pointers(["capability": "text_generation", "input": ["prompt": " \n"]]) == ["/intent"])
    #expect(
      Self.pointers(["capability": "super_resolution", "input": ["image_url": "https://a.b/c"]]) == [
        "/intent"
      ])
    #expect(
      Self.pointers(["capability": "text_to_video", "input": ["prompt": "x"], "deadline_s": 1e9]) == [
        "/deadline_s"
      ])
  }

  @Test("an intent that is said in both places differently is refused, one that is said twice alike is not")
  func agreement() throws {
    let wrong: JSONValue = [
      "capability": "text_to_video", "constraints": ["width": 640, "height": 720, "duration_s": 8],
      "units": ["images": 2],
      "input": ["prompt": "x", "width": 1_280, "height": 720, "duration_s": 9, "count": 3],
    ]
    #expect(Self.pointers(wrong) == ["/constraints/width", "/constraints/duration_s", "/units/images"])
    let stated = try Self.read([
      "capability": "text_generation", "input": ["prompt": "four bytes a token", "max_output_tokens": 100],
      "units": ["input_tokens": 3, "output_tokens": 50],
    ])
    #expect(stated.decision.intent.work == Work(inputTokens: 3, outputTokens: 50))
  }

  @Test("the text of an intent is the prompt, what the user said last, or the first text")
  func texts() throws {
    func text(_ input: JSONValue, _ capability: JSONValue = "text_generation") throws -> String? {
      try Self.read(["capability": capability, "input": input]).decision.intent.text
    }
    #expect(
      try text([
        "messages": [
          ["role": "system", "content": "Be brief."], ["role": "user", "content": "Why?"],
          ["role": "assistant", "content": "Because."],
        ]
      ]) == "Why?")
    #expect(
      try text([
        "messages": [
          [
            "role": "user",
            "content": [
              ["type": "text", "text": "What is it?"], ["type": "image_url", "image_url": ["url": "x"]],
            ],
          ]
        ]
      ]) == "What is it?")
    #expect(try text(["texts": ["one", "two"]], "embedding") == "one")
    let long = String(repeating: "é", count: 40_000)
    #expect(try text(["prompt": .string(long)])?.unicodeScalars.count == 32_768)
  }

  @Test("the input's amounts are the work: tokens by bytes, characters of speech, pictures")
  func work() throws {
    func work(_ capability: JSONValue, _ input: JSONValue) throws -> Work {
      try Self.read(["capability": capability, "intent": "x", "input": input]).decision.intent.work
    }
    #expect(
      try work(
        "text_generation",
        ["messages": [["role": "user", "content": .string(String(repeating: "a", count: 400))]]])
        == Work(inputTokens: 100))
    #expect(try work("embedding", ["texts": ["abcd", "efgh"], "dimensions": 8]) == Work(inputTokens: 2))
    #expect(try work("text_to_speech", ["prompt": "Grüße"]) == Work(characters: 5))
    #expect(
      try work("image_generation", ["prompt": "x", "count": 4, "width": 512]) == Work(images: 4, width: 512))
    #expect(
      try work("image_to_video", ["image_url": "https://a.b/c.png", "duration_s": 0.5]) == Work(duration: 0.5)
    )
    #expect(try work("speech_to_text", ["audio_url": "https://a.b/c.mp3"]) == Work())
  }
}
