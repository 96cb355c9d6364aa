import Declarations
import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// What each vendor's list of models tells, and what it does not: recorded shapes, no network.
@Suite("Lists of models")
struct DiscoveryTests {
  func models(_ vendor: String, list: Int = 0, _ body: String) throws -> [DiscoveredModel] {
    let interpreter = try Samples.interpreter(vendor)
    let shape = interpreter.declaration.discovery[list]
    return try interpreter.models(Samples.json(body), shape, at: Samples.now)
  }

  func price(_ parts: [(PricePart, Double)]) -> Price {
    var price = Price()
    for (part, value) in parts { price[part] = value }
    return price
  }

  @Test("OpenRouter states dollars for one token; nothing is free, and -1 is no price")
  func openRouter() throws {
    let found = try models(
      "openrouter",
      #"""
      {"data": [
        {"id": "a/b", "name": "B", "context_length": 128000,
         "pricing": {"prompt": "0.00000015", "completion": "0.0000006", "request": "0", "image": "0.0001"},
         "architecture": {"modality": "text->text", "output_modalities": ["text"]}},
        {"id": "a/c:free", "pricing": {"prompt": "0", "completion": "0"},
         "architecture": {"output_modalities": ["image", "text"]}},
        {"id": "a/auto", "pricing": {"prompt": "-1", "completion": "-1"},
         "architecture": {"output_modalities": ["text"]}},
        {"id": "a/d", "architecture": {"output_modalities": ["text"]}},
        {"id": "a/e", "pricing": {"prompt": "0.000001", "completion": "0.000002", "request": "0.005"},
         "architecture": {"output_modalities": ["speech"]}}]}
      """#)
    #expect(found.map(\.model) == ["a/b", "a/c:free", "a/auto", "a/d", "a/e"])
    // 0.00000015 × 1,000,000 = 0.15, 0.0000006 × 1,000,000 = 0.6.
    #expect(
      found[0]
        == DiscoveredModel(
          model: "a/b", title: "B", capabilities: [.textGeneration],
          price: price([(.perMillionInputTokens, 0.15), (.perMillionOutputTokens, 0.6)]),
          maximumInputTokens: 128_000))
    #expect(found[1].isFree && found[1].gaps.isEmpty)
    #expect(found[1].capabilities == [.textGeneration, .imageGeneration])
    #expect(found[2].price == nil && !found[2].isFree)
    #expect(
      found[2].gaps.map(\.description)
        == [#"its per_million_input_tokens is "-1", its per_million_output_tokens is "-1""#])
    #expect(
      found[3].gaps.map(\.description)
        == [
          "the list does not state its per_million_input_tokens, "
            + "the list does not state its per_million_output_tokens"
        ])
    #expect(found[4].capabilities.isEmpty)
    #expect(found[4].gaps.map(\.description) == ["what it makes cannot be told from 'speech'"])
    #expect(found[4].price?.perRequest == 0.005)
  }

  @Test("OpenRouter's films stand in a list of their own, with dollars for a second")
  func openRouterFilms() throws {
    let found = try models(
      "openrouter", list: 1,
      #"""
      {"data": [{"id": "google/veo-3.1", "name": "Veo", "pricing_skus": {"per_second": "0.05"}},
                {"id": "x/y", "pricing_skus": {"per_second_1080p": "0.10"}}]}
      """#)
    #expect(found.map(\.capabilities) == [[.textToVideo], [.textToVideo]])
    #expect(found[0].price == price([(.perSecond, 0.05)]))
    #expect(found[1].price == nil)
    #expect(found[1].gaps == [.price("the list does not state its per_second")])
  }

  @Test("Together states dollars for a million tokens; its zeros for pictures make them unknown, not free")
  func together() throws {
    let found = try models(
      "together",
      #"""
      [{"id": "m/chat", "type": "chat", "display_name": "Chat", "context_length": 131072,
        "pricing": {"hourly": 0, "input": 0.88, "output": 0.9, "base": 0}},
       {"id": "m/free", "type": "chat", "pricing": {"input": 0, "output": 0}},
       {"id": "m/embed", "type": "embedding", "pricing": {"input": 0.008, "output": 0}},
       {"id": "m/flux", "type": "image", "pricing": {"input": 0, "output": 0}},
       {"id": "m/guard", "type": "moderation", "pricing": {"input": 0.2, "output": 0.2}},
       {"id": "m/old", "type": "chat", "context_length": 0, "pricing": {"input": null, "output": 0.2}}]
      """#)
    #expect(found[0].price == price([(.perMillionInputTokens, 0.88), (.perMillionOutputTokens, 0.9)]))
    #expect(found[0].maximumInputTokens == 131_072)
    #expect(found.map(\.isFree) == [false, true, false, false, false, false])
    #expect(found[2].price == price([(.perMillionInputTokens, 0.008)]))
    #expect(found[3].capabilities == [.imageGeneration] && found[3].price == nil)
    #expect(found[3].gaps == [.price("the list states no price for what it makes")])
    #expect(found[4].gaps.first == .capabilities(seen: ["moderation"]))
    #expect(found[5].price == nil && found[5].maximumInputTokens == nil)
  }

  @Test(
    "OpenAI's list has names only, and a name that says nothing is not guessed at",
    arguments: [
      ("gpt-5-mini", [Capability.textGeneration]), ("text-embedding-3-small", [.embedding]),
      ("gpt-4o-mini-tts", [.textToSpeech]), ("gpt-4o-transcribe", [.speechToText]),
      ("whisper-1", [.speechToText]), ("gpt-image-2", [.imageGeneration, .imageEditing, .inpainting]),
      ("babbage-002", []),
    ])
  func openAI(name: String, capabilities: [Capability]) throws {
    let found = try models("openai", #"{"object": "list", "data": [{"id": "\#(name)", "object": "model"}]}"#)
    #expect(found.map(\.capabilities) == [capabilities])
    #expect(found[0].price == nil && found[0].gaps.contains(.price("the list states no prices")))
    #expect(found[0].gaps.contains(.capabilities(seen: [name])) == capabilities.isEmpty)
  }

  @Test("Replicate's collections say together what a model makes; the official one alone says nothing of it")
  func replicate() throws {
    let shapes = try Samples.declaration("replicate").discovery
    let film = try #require(shapes.firstIndex { $0.capabilities == [.textToVideo] })
    let still = try #require(shapes.firstIndex { $0.capabilities == [.imageToVideo] })
    let official = try #require(shapes.firstIndex { $0.capabilities.isEmpty })
    let lists = [
      try models(
        "replicate", list: film, #"{"models": [{"owner": "k", "name": "kling", "description": "Films"}]}"#),
      try models(
        "replicate", list: still,
        #"{"models": [{"owner": "k", "name": "kling"}, {"owner": "x", "name": ""}]}"#),
      try models(
        "replicate", list: official,
        #"{"models": [{"owner": "k", "name": "kling"}, {"owner": "n", "name": "new"}, {"owner": "half"}]}"#),
    ]
    let found = VendorInterpreter.merged(lists)
    #expect(found.map(\.model) == ["k/kling", "x/", "n/new"])
    #expect(found[0].title == "Films" && found[0].capabilities == [.textToVideo, .imageToVideo])
    #expect(found[0].gaps == [.price("the list states no prices")])
    #expect(found[2].gaps == [.capabilities(seen: []), .price("the list states no prices")])
    #expect(found[2].gaps[0].description == "the list does not say what it makes")
  }

  @Test("Google's names come without what stands before them, and its methods say what a model makes")
  func google() throws {
    let found = try models(
      "google",
      #"""
      {"models": [
        {"name": "models/gemini-2.5-flash", "displayName": "Flash", "inputTokenLimit": 1048576,
         "supportedGenerationMethods": ["generateContent", "countTokens"]},
        {"name": "models/gemini-embedding-001", "supportedGenerationMethods": ["embedContent"]},
        {"name": "models/gemini-omni-1.1-flash", "supportedGenerationMethods": ["generateContent"]},
        {"name": "models/aqa", "supportedGenerationMethods": ["generateAnswer"]}]}
      """#)
    #expect(
      found.map(\.model) == ["gemini-2.5-flash", "gemini-embedding-001", "gemini-omni-1.1-flash", "aqa"])
    #expect(found.map(\.capabilities) == [[.textGeneration], [.embedding], [.textToVideo], []])
    #expect(found[0].maximumInputTokens == 1_048_576)
    #expect(found[3].gaps.first == .capabilities(seen: ["models/aqa", "generateAnswer"]))
  }

  @Test("What one list leaves open another may tell, and the first word on a price stands")
  func merged() {
    let one = DiscoveredModel(
      model: "a", gaps: [.capabilities(seen: []), .price("the list states no prices")])
    let other = DiscoveredModel(model: "a", capabilities: [.embedding], price: Price())
    let dear = DiscoveredModel(
      model: "a", capabilities: [.textGeneration], price: price([(.perRequest, 1)]))
    #expect(
      VendorInterpreter.merged([[one], [other], [dear]])
        == [DiscoveredModel(model: "a", capabilities: [.textGeneration, .embedding], price: Price())])
  }

  @Test("What cannot be a price is none", arguments: ["-0.1", "1e300", "nan", "inf", "soon", "", "null"])
  func noPrice(text: String) throws {
    let value = text == "null" ? text : "\"\(text)\""
    let found = try models(
      "openrouter",
      #"{"data": [{"id": "a", "pricing": {"prompt": \#(value), "completion": "0.1"}}]}"#)
    #expect(found[0].price == nil && found[0].gaps.count == 2)
  }

  @Test("A page, a refusal and another shape are no lists")
  func noList() throws {
    let interpreter = try Samples.interpreter("openrouter")
    let shape = interpreter.declaration.discovery[0]
    func reason(_ answer: VendorAnswer) -> VendorFailure? {
      failure { () throws(VendorFailure) in _ = try interpreter.models(answer, shape, at: Samples.now) }
    }
    #expect(reason(Samples.page(200))?.message == "the vendor answered with an HTML page where JSON belongs")
    #expect(reason(Samples.json("{}", status: 401))?.failureClass == .authCredit)
    #expect(
      reason(Samples.json(#"{"models": []}"#))?.message == "the vendor's list of models is not where it was")
  }

  @Test("A declaration's slips about lists are named with their line")
  func slips() {
    let text =
      VendorFilesTests.good + """
        discovery:
          - url: "{api}/models"
            items: /data
            capabilities: [flying]
            prices: [{at: /price, is: per_mile}]

        """
    do {
      _ = try VendorFile.parse(text, file: "v.yaml")
      Issue.record("it was taken")
    } catch {
      let said = error.errors.map(\.description)
      #expect(said.contains { $0.contains("discovery needs 'model'") })
      #expect(said.contains { $0.contains("unknown capability 'flying' in discovery") })
      #expect(said.contains { $0.contains("per_mile") && $0.contains("per_million_input_tokens") })
    }
  }
}
