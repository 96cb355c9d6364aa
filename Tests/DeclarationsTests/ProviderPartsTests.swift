import Foundation
import Routing
import Testing

@testable import Declarations

/// What a catalogue file says of providers beyond their names.
@Suite("Providers of a catalogue file")
struct ProviderPartsTests {
  static let good = """
    version: 1
    providers:
      - id: acme
        adapter: openai
        base_url: https://api.acme.example/v1/
        base_urls: {keys: https://keys.acme.example}
        credential: ACME_API_KEY
        concurrency: 24
        rates: [{count: 600, per: 1m}, {count: 5, per: 1s}]
        payment: prepaid_pool
        webhook: standard_webhooks
        webhook_secrets: [ACME_SECRET, ACME_OLD_SECRET]
        poll_floor: 5s
        hosts: [cdn.acme.example, "*.acme-files.example"]
      - {id: plain}
    models:
      - id: plain/m
        capabilities: [text_generation]

    """

  func errors(replacing old: String, with new: String) -> [String] {
    #expect(Self.good.contains(old))
    do {
      _ = try CatalogueFile.parse(Self.good.replacingOccurrences(of: old, with: new), file: "c.yaml")
      return []
    } catch {
      return error.errors.map(\.description)
    }
  }

  @Test("a right entry gives the access that it says, and one that says nothing gives none")
  func workedExample() throws {
    let catalogue = try CatalogueFile.parse(Self.good, file: "c.yaml")
    #expect(
      catalogue.provider("acme")?.access
        == Access(
          adapter: "openai",
          bases: [
            Access.Base(name: "api", url: "https://api.acme.example/v1"),
            Access.Base(name: "keys", url: "https://keys.acme.example"),
          ], credential: "ACME_API_KEY", concurrency: 24,
          rates: [Access.Rate(600, per: .minutes(1)), Access.Rate(5, per: .seconds(1))],
          payment: .prepaidPool,
          webhook: .standardWebhooks, webhookSecrets: ["ACME_SECRET", "ACME_OLD_SECRET"],
          pollFloor: .seconds(5), hosts: ["cdn.acme.example", "*.acme-files.example"]))
    #expect(catalogue.provider("plain") == Provider(id: "plain", name: "plain"))
  }

  static let faults: [(old: String, new: String, error: String)] = [
    (
      "credential: ACME_API_KEY", "credential: sk-live-1",
      "c.yaml:7: 'credential' in provider must name an environment variable in capital letters, such as ACME_API_KEY; a secret never stands in the file"
    ),
    (
      "[ACME_SECRET, ", "[whsec_abc, ",
      "c.yaml:12: 'webhook_secrets' in provider must name an environment variable in capital letters, such as ACME_API_KEY; a secret never stands in the file"
    ),
    (
      "https://api.acme.example/v1/", "http://api.acme.example",
      "c.yaml:5: 'base_url' in provider must be an https URL without query and password (http only to this machine), got 'http://api.acme.example'"
    ),
    ("{keys:", "{api:", "c.yaml:6: 'api' in base_urls is given by base_url already"),
    (
      "concurrency: 24", "concurrency: 0",
      "c.yaml:8: 'concurrency' in provider must be an integer from 1 to 100000, got '0'"
    ),
    ("per: 1s", "per: 0s", "c.yaml:9: 'per' in rate must be a span such as 1s, 1m or 24h, got '0s'"),
    (
      "payment: prepaid_pool", "payment: prepaid",
      "c.yaml:10: 'payment' in provider must be one of prepaid_pool, on_demand, forwarded, got 'prepaid'"
    ),
    (
      "webhook: standard_webhooks", "webhook: standard_webhook",
      "c.yaml:11: 'webhook' in provider must be one of none, ed25519_jwks, standard_webhooks, hmac_hex, t_v1, hint_only, got 'standard_webhook'; did you mean 'standard_webhooks'?"
    ),
    (
      "[cdn.acme.example,", "[https://cdn.acme.example,",
      "c.yaml:14: an element of 'hosts' must be a host in lower case, such as api.example.com or *.example.com, got 'https://cdn.acme.example'"
    ),
  ]

  @Test("a fault is named with its line, and a secret is not repeated", arguments: 0..<9)
  func fault(number: Int) {
    let fault = Self.faults[number]
    let errors = errors(replacing: fault.old, with: fault.new)
    #expect(errors.contains(fault.error), "\(errors.joined(separator: "\n"))")
    #expect(!errors.joined().contains("sk-live") && !errors.joined().contains("whsec"))
  }

  @Test("a local provider may be reached over plain http, and any over the loopback")
  func plainHTTP() {
    #expect(ProviderParts.base("http://ffmpeg.internal:8000", .local) == "http://ffmpeg.internal:8000")
    #expect(ProviderParts.base("http://127.0.0.1:9100/fal", .remote) == "http://127.0.0.1:9100/fal")
    #expect(ProviderParts.base("http://10.0.0.5", .remote) == nil)
    #expect(ProviderParts.base("https://user:word@a.example", .remote) == nil)
    #expect(ProviderParts.base("https://a.example/?key=1", .remote) == nil)
  }

  @Test("a provider stored before there was an access reads as one without, and is stored as before")
  func stored() throws {
    let before = #"{"id":"acme","kind":"remote","name":"Acme"}"#
    let provider = try JSONDecoder().decode(Provider.self, from: Data(before.utf8))
    #expect(provider == Provider(id: "acme", name: "Acme"))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(provider), as: UTF8.self) == before)
    let full = Provider(
      id: "a", name: "A", access: Access(credential: "K", rates: [Access.Rate(1, per: .seconds(2))]))
    #expect(try JSONDecoder().decode(Provider.self, from: try encoder.encode(full)) == full)
  }
}
