import Adapters
import Declarations
import Foundation
import Logging
import Routing
import Serving
import Testing
import VendorStreet

@testable import pointsman

/// Vendors of the street are asked for their models, and what keeps one from being asked is said.
@Suite("Discovery at vendors")
struct StreetDiscoveryTests {
  static let vendors = StreetWorld.data.appending(path: "vendors").path

  static func desk(
    _ provider: String, at root: String, more: String = "", credential: String? = "key"
  ) throws -> (desk: DiscoveryDesk, catalogue: Routing.Catalogue) {
    let paths = StreetWorld.paths.map { "  - {id: \($0), base_url: \"\(root)\($1)\"}" }
    let text = (["version: 1", "providers:"] + paths + ["models: []"]).joined(separator: "\n") + "\n" + more
    let catalogue = try CatalogueFile.parse(text, file: "catalogue")
    let desk = try DiscoveryDesk(
      provider, in: catalogue, catalogueName: "catalogue",
      declarations: try AdapterShelf.declarations(inFolder: vendors), folder: "vendors",
      variable: { _ in credential })
    return (desk, catalogue)
  }

  static func open(_ faults: String = "", _ body: @escaping @Sendable (String) async throws -> Void)
    async throws
  {
    let street = Street(try StreetFile.parse("{faults: [\(faults)]}", file: "street"))
    try await street.whileOpen(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, body)
  }

  static let makes: [(vendor: String, model: String, capabilities: [Capability], dollars: Double?)] = [
    ("openrouter", "openai/gpt-4o-mini", [.textGeneration], 0.15),
    ("openrouter", "meta-llama/llama-3.3-70b-instruct:free", [.textGeneration], 0),
    ("openrouter", "google/veo-3.1", [.textToVideo], nil),
    ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", [.textGeneration], 0.15),
    ("together", "minimax/hailuo-02", [.textToVideo], nil),
    ("openai", "text-embedding-3-small", [.embedding], nil),
    ("replicate", "kwaivgi/kling-v2.1", [.textToVideo, .imageToVideo], nil),
    ("replicate", "openai/whisper", [.speechToText], nil),
    ("google", "gemini-2.5-flash", [.textGeneration], nil),
  ]

  @Test("Each vendor with a list tells what it sells", arguments: makes)
  func lists(vendor: String, model: String, capabilities: [Capability], dollars: Double?) async throws {
    try await Self.open { root in
      let (desk, catalogue) = try Self.desk(vendor, at: root)
      let models = try await desk.models()
      let found = try #require(models.first { $0.model == model }, "\(models.map(\.model))")
      #expect(found.capabilities == capabilities)
      #expect(found.price?.perMillionInputTokens == (model.contains("veo") ? 0 : dollars))
      #expect(found.isFree == (dollars == 0))
      // What the vendor sells can be ordered: every entry is one that the catalogue and the adapter take.
      let review = desk.review(models, in: catalogue)
      let yaml = try DiscoveryYAML.text(review, fetched: SystemClock().now)
      let entries = try CatalogueFile.parse(yaml, file: "entries")
      #expect(entries.candidates.contains { $0.model == model && $0.capabilities == capabilities })
      #expect(entries.candidates.allSatisfy { !$0.isEnabled && $0.provider == vendor })
    }
  }

  @Test("Whoever cannot be asked is told why, and what to do")
  func refusals() async throws {
    func reason(_ provider: String, credential: String? = "key") -> String {
      do {
        _ = try Self.desk(provider, at: "http://127.0.0.1:1", credential: credential)
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(reason("openruter").contains("no provider 'openruter'; did you mean 'openrouter'?"))
    #expect(reason("nobody").contains("it has bfl, dreammachine, google,"))
    #expect(reason("bfl") == "'bfl' has no list of models to ask for: vendors/bfl.yaml has no 'discovery'")
    #expect(
      reason("together", credential: nil).contains("environment variable TOGETHER_API_KEY is not set; set it")
    )
  }

  @Test(
    "An answer that is no list is said to be none",
    arguments: [
      ("html", "HTML page", "discovery' in its declaration"), ("unauthorized", "Invalid cred", "credential"),
      ("too_many_requests", "throttled", "ask again later"),
      ("server_error", "unavailable", "ask again later"),
    ])
  func faults(fault: String, words: String, advice: String) async throws {
    try await Self.open("{fault: \(fault), on: other, vendor: replicate, probability: 1}") { root in
      let (desk, _) = try Self.desk("replicate", at: root)
      do {
        _ = try await desk.models()
        Issue.record("there was a list")
      } catch {
        let said = "\(error)"
        #expect(said.contains(words) && said.contains(advice), "\(said)")
        // Which of the lists it was.
        #expect(said.contains("/v1/collections/text-to-image"))
      }
    }
  }

  @Test("What the catalogue has already is left out, and a model that the vendor does not list is told")
  func against() async throws {
    try await Self.open { root in
      let (desk, _) = try Self.desk("together", at: root)
      let stock = try CatalogueFile.parse(
        """
        version: 1
        providers: [{id: together, base_url: "\(root)/together"}]
        models:
          - id: together/llama
            model: meta-llama/Llama-3.3-70B-Instruct-Turbo
            capabilities: [text_generation]
            price: {per_million_input_tokens: 0.15, per_million_output_tokens: 0.6}
          - id: together/qwen
            model: Qwen/Qwen2.5-7B-Instruct-Turbo
            capabilities: [text_generation]
            price: {per_million_input_tokens: 0.3, per_million_output_tokens: 0.6}
          - {id: together/lost, model: no/longer, capabilities: [text_generation]}

        """, file: "stock")
      let review = desk.review(try await desk.models(), in: stock)
      #expect(review.count("listed") == 1)
      #expect(review.entries.filter { $0.standing.name == "price" }.map(\.id) == ["together/qwen"])
      #expect(review.entries.filter { $0.standing == .notListed }.map(\.id) == ["together/lost"])
    }
  }
}
