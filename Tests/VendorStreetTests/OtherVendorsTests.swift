import Crypto
import Foundation
import Testing
import Wire

@testable import VendorStreet

/// The vendors that are not among the first three; those that have a package of their own are also judged by
/// it.
@Suite("The contracts of other vendors")
struct OtherVendorsTests {
  // MARK: OpenRouter

  @Test("OpenRouter's video is polled at a relative URL and tells its cost")
  func openRouter() async throws {
    try await OpenStreet.run { open in
      let sent = try await open.call(
        "openrouter", "POST", "/api/v1/videos",
        ["model": "google/veo-3.1", "prompt": "fjords", "duration": 8])
      let path = try #require(sent.json.string("polling_url"))
      #expect(sent.status == 202 && path.hasPrefix("/openrouter/api/v1/videos/"))
      let last = try await open.poll("openrouter", String(path.dropFirst("/openrouter".count))) {
        $0.json["status"] == "completed"
      }.last
      #expect(last?.json.at("usage", "cost")?.doubleValue == 0.4)
      let url = try #require(last?.json["unsigned_urls"]?[0]?.stringValue)
      let film = try await open.call(
        "openrouter", "GET", String(url.dropFirst("\(open.root)/openrouter".count)))
      #expect(film.headers["content-type"] == "video/mp4")
      let chat = try await open.call(
        "openrouter", "POST", "/api/v1/chat/completions",
        ["model": "openai/gpt-4o-mini", "messages": [["role": "user", "content": "x"]]])
      #expect(chat.json.at("usage", "cost")?.doubleValue.map { $0 > 0 } == true)
      let gone = try await open.call(
        "openrouter", "POST", "/api/v1/videos", ["model": "openai/sora-2", "prompt": "x"])
      #expect(gone.status == 404 && gone.json.at("error", "code") == 404)
    }
  }

  @Test("OpenRouter signs timestamp, comma, body, and names the message by job and status")
  func openRouterWebhook() async throws {
    let receiver = WebhookReceiver()
    try await receiver.whileOpen { url in
      try await OpenStreet.run { open in
        let sent = try await open.call(
          "openrouter", "POST", "/api/v1/videos",
          ["model": "google/veo-3.1", "prompt": "x [[street: fails]]", "callback_url": .string(url)])
        let message = try #require(try await receiver.wait(for: 1).first)
        let id = sent.json.string("id") ?? ""
        #expect(message.headers["x-openrouter-idempotency-key"] == "\(id)-failed")
        #expect(message.json["type"] == "video.generation.failed")
        let parts = (message.headers["x-openrouter-signature"] ?? "").split(separator: ",")
          .map { String($0.drop { $0 != "=" }.dropFirst()) }
        let secret = try #require(open.street.webhookSecret(of: "openrouter"))
        let code = HMAC<SHA256>.authenticationCode(
          for: Data("\(parts[0]),".utf8) + Data(message.body),
          using: SymmetricKey(data: Data(secret.utf8)))
        #expect(parts.count == 2 && parts[1] == code.map { String(format: "%02x", $0) }.joined())
      }
    }
  }

  // MARK: Runway

  @Test("Runway insists on its version, and throttles what is over the tier instead of refusing it")
  func runway() async throws {
    try await OpenStreet.run("vendors: {runway: {concurrency: 1}}", run: OpenStreet.ever) { open in
      let body: JSONValue = ["model": "gen4_turbo", "promptText": "x", "ratio": "1280:720", "duration": 5]
      let bare = try await open.call(
        "runway", "POST", "/v1/text_to_video", body, headers: ["x-runway-version": ""])
      #expect(bare.status == 400 && bare.json["error"]?.stringValue?.contains("X-Runway-Version") == true)
      var tasks: [RawAnswer] = []
      for _ in 0..<2 {
        let sent = try await open.call("runway", "POST", "/v1/text_to_video", body)
        #expect(sent.json.at("estimatedCost", "credits") == 25)
        tasks.append(try await open.call("runway", "GET", "/v1/tasks/\(sent.json.string("id") ?? "")"))
      }
      #expect(tasks.map { $0.json["status"] } == ["RUNNING", "THROTTLED"])
      let retired = try await open.call(
        "runway", "POST", "/v1/text_to_video", body.with("model", "gen3a_turbo"))
      #expect(retired.status == 404 && retired.text.contains("no longer available"))
    }
  }

  // MARK: Bedrock

  @Test("Bedrock checks the signature: that of AWS's own example algorithm passes, any other does not")
  func signature() async throws {
    // The key of AWS's documentation ("Deriving the signing key"): secret, 20120215, us-east-1, iam.
    var key = Data("AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".utf8)
    for part in ["20120215", "us-east-1", "iam", "aws4_request"] {
      key = Data(
        HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: SymmetricKey(data: key)))
    }
    #expect(
      key.map { String(format: "%02x", $0) }.joined()
        == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
    try await OpenStreet.run { open in
      let path = "/model/amazon.nova-lite-v1:0/converse"
      let body: JSONValue = ["messages": [["role": "user", "content": [["text": "x"]]]]]
      for authorization in [
        "",
        "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/bedrock/aws4_request, "
          + "SignedHeaders=host;x-amz-date, Signature=00",
      ] {
        let answer = try await open.call(
          "bedrock", "POST", path, body,
          headers: ["authorization": authorization, "x-amz-date": "20260101T000000Z"])
        #expect(answer.status == 403 && answer.headers["x-amzn-errortype"] == "AccessDeniedException")
      }
      let bearer = try await open.call("bedrock", "POST", path, body)
      #expect(bearer.status == 200 && bearer.json["stopReason"] == "end_turn")
      // A bucket opens to a signature alone, and only to one for S3.
      for authorization in [
        "", "Bearer test",
        "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/bedrock/aws4_request, "
          + "SignedHeaders=host;x-amz-date, Signature=00",
      ] {
        let film = try await open.call(
          "bedrock", "GET", "/s3/street/films/none/output.mp4",
          headers: ["authorization": authorization, "x-amz-date": "20260101T000000Z"])
        #expect(film.status == 403)
      }
    }
  }

  // MARK: Google

  @Test("An operation of Veo is asked for by its name, and an order for later finds it in the body")
  func veo() async throws {
    try await OpenStreet.run { open in
      let model = "/v1/projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001"
      let sent = try await open.call(
        "google", "POST", "\(model):predictLongRunning",
        [
          "instances": [["prompt": "x [[street: server_error on=status]]"]],
          "parameters": ["storageUri": "gs://bucket/out", "sampleCount": 2],
        ])
      let name = try #require(sent.json.string("name"))
      #expect(name.hasPrefix("projects/p/locations/us-central1/publishers/google/models/"))
      let poll: JSONValue = ["operationName": .string(name)]
      var answers: [RawAnswer] = []
      while answers.last?.json["done"] != true, answers.count < 500 {
        answers.append(try await open.call("google", "POST", "\(model):fetchPredictOperation", poll))
      }
      #expect(answers.first?.status == 503 && answers.first?.json.at("error", "status") == "UNAVAILABLE")
      let videos = answers.last?.json.at("response", "videos")
      #expect(videos?[1]?.string("gcsUri")?.hasPrefix("gs://bucket/out/") == true)
      #expect(answers.last?.json.at("response", "raiMediaFilteredCount") == 0)
      let retired = try await open.call(
        "google", "POST", "/v1beta/models/veo-3.0-generate-001:predictLongRunning", ["instances": []])
      #expect(retired.status == 404 && retired.text.contains("no longer available"))
    }
  }

  // MARK: Local services

  @Test("Local services speak and listen without a key and without a charge")
  func local() async throws {
    try await OpenStreet.run { open in
      #expect(try await open.call("local", "GET", "/whisper/health").json["status"] == "healthy")
      let speech = try await open.call(
        "local", "POST", "/chatterbox/v1/audio/speech", ["input": "hello", "voice": "anna.wav"])
      #expect(speech.headers["content-type"] == "audio/wav")
      let other = try await open.call(
        "local", "POST", "/chatterbox/v1/audio/speech", ["input": "hello", "voice": "ben.wav"])
      #expect(speech.body != other.body, "another voice is another sound")
      let heard = try await RawClient.call(
        open.root, "POST", "/local/whisper/asr?output=json",
        headers: ["content-type": "multipart/form-data; boundary=x"],
        body: FluxAndStabilityTests.form([("audio_file", "sound")]))
      #expect(heard.json["text"]?.stringValue?.isEmpty == false && heard.json["language"] == "en")
      #expect(open.street.report().microUSD == 0)
    }
  }

  // MARK: Every vendor

  /// A submission that each vendor takes.
  static let submissions: [(vendor: String, path: String, body: JSONValue)] = [
    ("openai", "/v1/chat/completions", ["model": "gpt-4o", "messages": [["role": "user", "content": "x"]]]),
    ("fal", "/fal-ai/flux/dev", ["prompt": "x"]),
    ("replicate", "/v1/models/google/veo-3/predictions", ["input": ["prompt": "x"]]),
    ("runway", "/v1/text_to_video", ["model": "veo3.1", "promptText": "x", "ratio": "1280:720"]),
    ("luma", "/v1/generations", ["prompt": "x", "model": "ray-3.2", "type": "video"]),
    ("dreammachine", "/v1/generations", ["prompt": "x", "model": "ray-2"]),
    ("together", "/v2/videos", ["model": "google/veo-3.0", "prompt": "x"]),
    ("bfl", "/v1/flux-2-pro", ["prompt": "x"]),
    ("openrouter", "/api/v1/videos", ["model": "google/veo-3.1", "prompt": "x"]),
    ("google", "/v1beta/interactions", ["model": "gemini-2.5-flash", "input": "x", "background": true]),
    (
      "bedrock", "/model/amazon.nova-lite-v1:0/converse",
      ["messages": [["role": "user", "content": [["text": "x"]]]]]
    ),
  ]

  @Test(
    "Every vendor sells one job for a call, and none for a refused one", arguments: submissions.map(\.vendor))
  func everyVendor(vendor: String) async throws {
    let (_, path, body) = try #require(Self.submissions.first { $0.vendor == vendor })
    try await OpenStreet.run { open in
      let sold = try await open.call(vendor, "POST", path, body, headers: ["x-street-reference": "r"])
      #expect((200..<300).contains(sold.status ?? 0), "\(sold.text)")
      for (fault, statuses) in [
        ("too_many_requests", [429]), ("server_error status=500", [500]), ("server_error", [503]),
        ("unauthorized", [401, 403]), ("out_of_credit", [402, 403, 429]), ("retired", [404, 410]),
      ] {
        let answer = try await open.call(
          vendor, "POST", path, body, headers: ["x-street-fault": fault, "x-street-reference": "r"])
        #expect(statuses.contains(answer.status ?? 0), "\(fault): \(answer.status ?? 0)")
        #expect(answer.json.members?.isEmpty == false, "\(fault) in the vendor's words")
        if fault == "too_many_requests" { #expect(answer.headers["retry-after"] == "1") }
      }
      let lost = try await open.call(
        vendor, "POST", path, body, headers: ["x-street-fault": "lost", "x-street-reference": "r"])
      #expect(lost.ending == .reset)
      let reference = open.street.report(vendor: vendor).references.first
      #expect(reference?.reference == "r" && reference?.jobs == 2 && reference?.charges == 2)
      // At fal any path could be an endpoint, but not by GET.
      let nowhere = try await open.call(vendor, "GET", "/no/such/path")
      #expect(nowhere.status == (vendor == "fal" ? 405 : 404))
    }
  }

  @Test("Numbers and names that no one means well are cut or refused, and the street stays open")
  func hostile() async throws {
    let large: JSONValue = 9_223_372_036_854_775_807
    try await OpenStreet.run { open in
      for (vendor, path, body) in [
        ("fal", "/fal-ai/veo3", ["prompt": "x", "width": -1, "height": large, "duration": 1e300]),
        ("fal", "/fal-ai/flux/dev", ["prompt": "x", "image_size": ["width": large, "height": large]]),
        (
          "fal", "/sync/fal-ai/flux/dev",
          ["prompt": "x", "num_images": -9, "image_size": ["width": 0, "height": 0]]
        ),
        ("replicate", "/v1/predictions", ["version": ":", "input": ["prompt": "x"]]),
        ("replicate", "/v1/predictions", ["version": "/:/", "input": ["prompt": "x"]]),
        ("together", "/v2/videos", ["model": "google/veo-3.0", "prompt": "x", "seconds": "nan"]),
        (
          "together", "/v2/videos",
          ["model": "google/veo-3.0", "prompt": "x", "seconds": "99999999999999999999"]
        ),
        (
          "luma", "/v1/generations",
          ["prompt": "x", "type": "video", "video": ["duration": "99999999999999999999s"]]
        ),
        ("dreammachine", "/v1/generations", ["prompt": "x", "model": "ray-2", "duration": "٣s"]),
        ("bfl", "/v1/flux-2-pro", ["prompt": "x", "width": large]),
        ("openai", "/v1/embeddings", ["model": "text-embedding-3-small", "input": "x", "dimensions": large]),
      ] as [(String, String, JSONValue)] {
        let answer = try await open.call(vendor, "POST", path, body)
        #expect((200..<500).contains(answer.status ?? 0), "\(vendor) \(path): \(answer.text)")
      }
      for (name, value) in [
        ("cancel-after", "9223372036854775807h"), ("x-street-fault", "server_error status=9999"),
      ] {
        let answer = try await open.call(
          "replicate", "POST", "/v1/models/google/veo-3/predictions", ["input": ["prompt": "x"]],
          headers: [name: value])
        #expect(answer.status == 400, "\(name)")
      }
      #expect(try await open.call("replicate", "GET", "/v1/models/%2F/%2F").status == 200)
      let journal = try await open.journal()
      for job in journal["jobs"]?.arrayValue ?? [] {
        // What was cut is made all the same.
        let file = "/\(job.string("vendor") ?? "")/files/\(job.string("id") ?? "")/0.any"
        _ = try await RawClient.call(open.root, "GET", file)
      }
      #expect(try await RawClient.call(open.root, "GET", "/street/vendors").status == 200)
    }
  }

  @Test("Every vendor of the street is in the list above but the one that takes forms")
  func list() {
    #expect(Set(Self.submissions.map(\.vendor)).union(["stability", "local"]) == Set(Street.vendorNames))
  }
}
