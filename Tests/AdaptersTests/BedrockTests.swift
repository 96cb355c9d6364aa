import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// Bedrock's calls and answers, without a network.
@Suite("Bedrock")
struct BedrockTests {
  let places = BedrockPlaces(region: "eu-west-1")
  var answers: BedrockAnswers { BedrockAnswers(places: places, now: Samples.now) }

  func order(
    _ capability: Capability, _ model: String, _ input: JSONValue, output: String? = "s3://films/in"
  ) throws -> BedrockOrder {
    BedrockOrder(
      family: try #require(BedrockFamily(capability, model: model)),
      values: OrderValues(order: try Samples.order(capability, model, input), now: Samples.now),
      output: output)
  }

  // MARK: Orders

  @Test("A conversation: the system apart, turns that alternate, the name of the model encoded")
  func conversation() throws {
    let order = try order(
      .textGeneration, "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-lite-v1:0",
      [
        "messages": [
          ["role": "system", "content": "Be brief."], ["role": "user", "content": "Look:"],
          [
            "role": "user", "content": [["type": "text", "text": "a fjord"], ["type": "text", "text": ""]],
          ],
          ["role": "assistant", "content": "Yes."], ["role": "user", "content": "And?"],
        ],
        "max_output_tokens": 300, "temperature": 0.5, "stop": ["END"],
        "vendor": ["guardrailConfig": ["guardrailIdentifier": "g1", "guardrailVersion": "1"]],
      ])
    #expect(order.faults("bedrock", variable: "V").isEmpty)
    let call = order.call(places)
    #expect(
      call.url == "https://bedrock-runtime.eu-west-1.amazonaws.com/model/"
        + "arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.amazon.nova-lite-v1%3A0/converse")
    let body = try Samples.body(call)
    #expect(
      body["messages"] == [
        ["role": "user", "content": [["text": "Look:"], ["text": "a fjord"]]],
        ["role": "assistant", "content": [["text": "Yes."]]],
        ["role": "user", "content": [["text": "And?"]]],
      ])
    #expect(body["system"] == [["text": "Be brief."]])
    #expect(
      body["inferenceConfig"] == ["maxTokens": 300, "temperature": 0.5, "stopSequences": ["END"]])
    #expect(body["guardrailConfig"]?["guardrailIdentifier"] == "g1")
  }

  @Test(
    "What Converse cannot take is said of the messages",
    arguments: [
      (["role": "tool", "content": "42"], "has a message of 'tool'"),
      (["role": "user", "content": [["type": "image_url", "image_url": ["url": "x"]]]], "other than text"),
      (["role": "assistant", "content": "I begin"], "must begin with something that the user says"),
    ] as [(JSONValue, String)])
  func unfit(message: JSONValue, words: String) throws {
    let order = try order(.textGeneration, "amazon.nova-lite-v1:0", ["messages": [message]])
    let errors = order.faults("bedrock", variable: "V").errors
    #expect(errors.map(\.pointer) == ["/messages"])
    #expect(errors.first?.message.contains(words) == true, "\(errors)")
  }

  @Test("Embeddings, pictures and films, each in its maker's words")
  func bodies() throws {
    let titan = try order(
      .embedding, "amazon.titan-embed-text-v2:0", ["prompt": "a fjord", "dimensions": 256])
    #expect(try Samples.body(titan.call(places)) == ["inputText": "a fjord", "dimensions": 256])
    let one = try order(.embedding, "amazon.titan-embed-text-v2:0", ["texts": ["a fjord"]])
    #expect(try Samples.body(one.call(places)) == ["inputText": "a fjord"])
    #expect(one.faults("bedrock", variable: "V").isEmpty)
    #expect(titan.call(places).url.hasSuffix("/model/amazon.titan-embed-text-v2%3A0/invoke"))
    let image = try order(
      .imageGeneration, "stability.stable-image-core-v1:1",
      ["prompt": "a fjord", "width": 1920, "height": 1080, "seed": 7, "format": "png"])
    #expect(
      try Samples.body(image.call(places)) == [
        "prompt": "a fjord", "aspect_ratio": "16:9", "seed": 7, "output_format": "png",
      ])
    let film = try order(
      .textToVideo, "luma.ray-v2:0",
      ["prompt": "a fjord", "duration_s": 9, "vendor": ["resolution": "720p"]])
    #expect(film.call(places).url == "https://bedrock-runtime.eu-west-1.amazonaws.com/async-invoke")
    #expect(
      try Samples.body(film.call(places)) == [
        "clientRequestToken": "t-0", "modelId": "luma.ray-v2:0",
        "modelInput": ["prompt": "a fjord", "duration": "9s", "resolution": "720p"],
        "outputDataConfig": ["s3OutputDataConfig": ["s3Uri": "s3://films/in"]],
      ])
  }

  @Test("What a family cannot take, and a bucket that nobody named, are faults")
  func faults() throws {
    func faults(_ capability: Capability, _ model: String, _ input: JSONValue, output: String? = "s3://b/f")
      throws -> [String]
    {
      try order(capability, model, input, output: output).faults("bedrock", variable: "AWS_BEDROCK_OUTPUT")
        .errors.map { "\($0.pointer) \($0.message)" }
    }
    #expect(
      try faults(.textToVideo, "luma.ray-v2:0", ["prompt": "x", "duration_s": 8]) == [
        "/duration_s must be one of 5s, 9s for this model, got \"8s\""
      ])
    #expect(
      try faults(.textToVideo, "luma.ray-v2:0", ["prompt": "x"], output: nil) == [
        " cannot be done: bedrock writes films into a bucket, and the environment variable AWS_BEDROCK_OUTPUT"
          + " does not name one (s3://bucket/folder)"
      ])
    let long = String(repeating: "x", count: 5_001)
    #expect(
      try faults(.textToVideo, "luma.ray-v2:0", ["prompt": .string(long)]) == [
        "/prompt must have at most 5000 characters for this model, got 5001"
      ])
    #expect(
      try faults(.embedding, "amazon.titan-embed-text-v2:0", ["texts": ["a", "b"]])
        == ["/texts has 2 texts, and bedrock embeds one a call"])
    #expect(
      try faults(.imageGeneration, "stability.sd3-5-large-v1:0", ["prompt": "x", "count": 4]).count == 1)
    #expect(try faults(.imageGeneration, "stability.sd3-5-large-v1:0", [:]).count == 1)
  }

  @Test("Which family a model belongs to, under its own name, a region's and an ARN's")
  func families() {
    #expect(BedrockFamily(.textGeneration, model: "anthropic.claude-3-haiku-20240307-v1:0") == .conversation)
    #expect(BedrockFamily(.qualityReview, model: "us.amazon.nova-lite-v1:0") == .conversation)
    #expect(BedrockFamily(.textGeneration, model: "luma.ray-v2:0") == nil)
    #expect(BedrockFamily(.textToVideo, model: "us.luma.ray-v2:0") == .film)
    #expect(BedrockFamily(.textToVideo, model: "amazon.nova-reel-v1:1") == nil)
    #expect(
      BedrockFamily(
        .imageGeneration, model: "arn:aws:bedrock:us-west-2::foundation-model/stability.sd3-5-large-v1:0")
        == .picture)
    #expect(BedrockFamily(.imageGeneration, model: "stability.stable-outpaint-v1:0") == nil)
    #expect(BedrockFamily(.embedding, model: "cohere.embed-english-v3") == nil)
  }

  // MARK: Answers

  @Test("A conversation's text, tokens and reasons to stop")
  func conversationAnswers() throws {
    func read(_ reason: String, _ text: String) throws -> Reading {
      try answers.finished(
        Samples.json(
          #"{"output": {"message": {"role": "assistant", "content": [{"text": "\#(text)"}, {"reasoningContent": {}}]}},"#
            + #" "stopReason": "\#(reason)", "usage": {"inputTokens": 12, "outputTokens": 5, "totalTokens": 17}}"#
        ),
        .conversation)
    }
    let good = try read("end_turn", "A fjord.")
    #expect(good.state == .succeeded(Output(text: "A fjord.")))
    #expect(good.usage == TokenUsage(input: 12, output: 5))
    #expect(try read("max_tokens", "A f").state == .succeeded(Output(text: "A f")))
    for (reason, kind) in [
      ("guardrail_intervened", FailureClass.moderated), ("content_filtered", .moderated),
      ("malformed_model_output", .badOutput),
    ] {
      let reading = try read(reason, "Sorry.")
      #expect(failureClass(reading.state) == kind)
      // They are charged all the same.
      #expect(reading.usage?.output == 5)
    }
    #expect(failureClass(try read("end_turn", "").state) == .badOutput)
  }

  @Test("A filtered picture with status 200 is moderated, a good one is its bytes, a vector one text")
  func otherAnswers() throws {
    func picture(_ body: String) throws -> Reading.State {
      try answers.finished(Samples.json(body), .picture).state
    }
    #expect(
      try picture(#"{"seeds": [1], "finish_reasons": [null], "images": ["iVBORwoB"]}"#)
        == .succeeded(
          Output(files: [.inline([0x89, 0x50, 0x4E, 0x47, 0x0A, 0x01], contentType: "image/png")])))
    #expect(
      failureClass(try picture(#"{"finish_reasons": ["Filter reason: output image"], "images": [null]}"#))
        == .moderated)
    #expect(
      failureClass(try picture(#"{"finish_reasons": ["Inference error"], "images": []}"#)) == .transient)
    #expect(failureClass(try picture(#"{"finish_reasons": [null], "images": []}"#)) == .badOutput)
    #expect(failureClass(try picture(#"{"images": ["*"]}"#)) == .badOutput)
    let vector = try answers.finished(
      Samples.json(#"{"embedding": [0.5, -1], "inputTextTokenCount": 3}"#), .embedding)
    #expect(vector.state == .succeeded(Output(text: "[[0.5,-1]]")))
    #expect(vector.usage == TokenUsage(input: 3, output: 0))
  }

  @Test("A film's folder becomes an address in S3, and what is no S3 address is not followed")
  func films() throws {
    func read(_ status: String, uri: String = "s3://films/in a/abc123", _ more: String = "") throws -> Reading
    {
      try answers.invocation(
        Samples.json(
          #"{"invocationArn": "arn:1", "status": "\#(status)", "#
            + #""outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "\#(uri)"}}\#(more)}"#))
    }
    #expect(try read("InProgress").state == .running(progress: nil))
    #expect(try read("InProgress").job == VendorJob(id: "arn:1"))
    #expect(
      try read("Completed").state
        == .succeeded(
          Output(
            files: [.address("https://s3.eu-west-1.amazonaws.com/films/in%20a/abc123/output.mp4")],
            contentType: "video/mp4")))
    #expect(failureClass(try read("Completed", uri: "https://elsewhere.example").state) == .unknown)
    #expect(try read("Warming").state == .unrecognised("Warming"))
    func failed(_ words: String) throws -> FailureClass? {
      failureClass(try read("Failed", #", "failureMessage": "\#(words)""#).state)
    }
    #expect(try failed("This request has been blocked by our content filters.") == .moderated)
    #expect(try failed("The model could not be invoked.") == .transient)
    #expect(try failed("This model version has reached the end of its life.") == .retired)
    #expect(try failed("Something new") == .unknown)
  }

  @Test(
    "Exceptions, each with its class",
    arguments: [
      ("ThrottlingException:http://internal.amazon.com/coral/", 429, "Too many requests", .rateConcurrency),
      ("ServiceQuotaExceededException", 400, "Quota", .rateConcurrency),
      ("ModelNotReadyException", 429, "The model is not ready", .transient),
      ("ModelTimeoutException", 408, "Too long", .transient),
      ("ModelErrorException", 424, "The model failed", .transient),
      ("InternalServerException", 500, "Oops", .transient),
      ("ServiceUnavailableException", 503, "Later", .transient),
      ("ValidationException", 400, "Malformed input request", .callerError),
      ("ValidationException", 400, "This request has been blocked by our content filters.", .moderated),
      ("AccessDeniedException", 403, "User is not authorized to perform: bedrock:InvokeModel", .authCredit),
      (
        "AccessDeniedException", 403,
        "Access denied. This Model is marked by provider as Legacy and you have not been actively using it",
        .retired
      ),
      (
        "UnrecognizedClientException", 403, "The security token included in the request is invalid.",
        .authCredit
      ),
      ("ExpiredTokenException", 403, "The security token included in the request is expired", .authCredit),
      ("ResourceNotFoundException", 404, "This model version has reached the end of its life.", .retired),
      ("ResourceNotFoundException", 404, "Could not resolve the foundation model", .callerError),
      ("ConflictException", 400, "The token was used with other parameters", .unknown),
      ("SomethingNewException", 500, "?", .transient),
    ] as [(String, Int, String, FailureClass)])
  func exceptions(type: String, status: Int, message: String, kind: FailureClass) {
    let answer = Samples.json(
      #"{"message": "\#(message)"}"#, status: status, ["X-Amzn-ErrorType": type, "Retry-After": "3"])
    let failure = BedrockFailure(answer, at: Samples.now).failure
    #expect(failure.failureClass == kind)
    #expect(failure.vendorCode == type.split(separator: ":").first.map(String.init))
    #expect(failure.message == message && failure.httpStatus == status)
    #expect(failure.retryAfter == .seconds(3))
    #expect(!failure.leavesSubmissionUnknown)
  }

  @Test("A model that is not open to an account shuts the model, not the account")
  func modelAccess() {
    let answer = Samples.json(
      #"{"message": "You don't have access to the model with the specified model ID."}"#, status: 403,
      ["x-amzn-errortype": "AccessDeniedException"])
    let failure = BedrockFailure(answer, at: Samples.now).failure
    #expect(failure.failureClass == .authCredit && failure.circuitScope == .candidate)
  }

  @Test("An answer that cannot be read leaves a submission open")
  func unreadable() {
    for answer in [Samples.page(200), Samples.json("{\"invocationArn\": \"arn"), Samples.json("{}")] {
      #expect(
        failure { () throws(VendorFailure) in _ = try answers.started(answer) }?.failureClass == .ambiguous)
    }
  }

  private func failureClass(_ state: Reading.State) -> FailureClass? {
    if case .failed(let failure) = state { failure.failureClass } else { nil }
  }
}
