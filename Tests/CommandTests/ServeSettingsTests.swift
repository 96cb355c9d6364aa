import API
import Adapters
import ArgumentParser
import Credits
import Declarations
import Foundation
import Jobs
import Routing
import Serving
import Testing
import Transport

@testable import pointsman

@Suite("Settings of serve")
struct ServeSettingsTests {
  static func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "serve-\(UUID().uuidString).yaml").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  static func settings(_ text: String) throws -> ServeSettings {
    let path = try file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try ServeSettings(file: path)
  }

  static func errors(_ text: String) throws -> [String] {
    let path = try file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: DeclarationErrors.self) { try ServeSettings(file: path) }
    return error?.errors.map { "\($0.line): \($0.message)" } ?? []
  }

  @Test("How webhooks are limited is read, and held to what it may be")
  func webhooks() throws {
    let settings = try Self.settings(
      """
      webhook_rate: 500
      webhook_burst: 900.5
      trusted_proxies: 2
      limits: {webhook_refusal_cost: 10, webhook_sources: 50}
      """)
    let webhooks = settings.limits.webhooks
    #expect(webhooks.rate == 500 && webhooks.burst == 900.5 && webhooks.trustedProxies == 2)
    #expect(webhooks.refusalCost == 10 && webhooks.sources == 50)
    #expect(try Self.errors("webhook_rate: 0\ntrusted_proxies: -1").count == 2)
    let flags = try Serve.parse(["--webhook-rate", "7", "--webhook-burst", "8", "--trusted-proxies", "1"])
    let parsed = try flags.settings().limits.webhooks
    #expect(parsed.rate == 7 && parsed.burst == 8 && parsed.trustedProxies == 1)
    for wrong in [["--webhook-rate", "0"], ["--webhook-burst", "0.5"], ["--trusted-proxies", "-1"]] {
      #expect(throws: (any Error).self) { try Serve.parse(wrong) }
    }
  }

  @Test("The executors' settings are read")
  func executors() throws {
    let settings = try Self.settings(
      """
      artefacts: /srv/artefacts
      vendors: etc/vendors
      public_url: https://router.example.com/p/
      allow_private_callbacks: true
      transport: {calls: 4000, calls_per_host: 1500}
      alerts:
        - {kind: webhook, url: "https://alerts.example.com/x"}
        - {kind: webhook, url: "http://10.0.0.5:9000/x", allow_private: true}
        - {kind: telegram, token_variable: TELEGRAM_TOKEN, chat: "-100200"}
      """)
    #expect(settings.artefactFolder == "/srv/artefacts" && settings.vendors == "etc/vendors")
    #expect(settings.publicURL == "https://router.example.com/p" && settings.allowsPrivateCallbacks)
    #expect(settings.transport.calls == 4_000 && settings.transport.callsPerHost == 1_500)
    #expect(
      settings.alerts == [
        .webhook(try AlertAddress("https://alerts.example.com/x")),
        .webhook(try AlertAddress("http://10.0.0.5:9000/x", allowsPrivate: true)),
        .telegram(
          try AlertAddress("https://api.telegram.org"), tokenVariable: "TELEGRAM_TOKEN", chat: "-100200"),
      ])
  }

  @Test("Artefacts lie beside the database unless another folder is named; a thousand jobs have their calls")
  func defaults() {
    var settings = ServeSettings()
    settings.database = "/srv/p/pointsman.db"
    #expect(settings.artefactFolder == "/srv/p/artefacts")
    #expect(settings.publicURL == nil && settings.alerts == [] && !settings.allowsPrivateCallbacks)
    #expect(settings.transport.callsPerHost >= 1_000 && settings.transport.calls >= 1_000)
  }

  @Test("A receiver of alerts that cannot work is refused with its line and what to do")
  func wrongAlerts() throws {
    let found = try Self.errors(
      """
      alerts:
        - {kind: webhook, url: "https://127.0.0.1/x"}
        - {kind: webhook, url: "http://alerts.example.com/"}
        - {kind: webhook}
        - {kind: telegram, token_variable: "123:secret", chat: "1"}
        - {kind: telegramm, chat: "1"}
        - {kind: webhook, url: "https://a.example/", chat: "1"}
      public_url: http://router.example.com
      """)
    #expect(
      found == [
        "2: 'url' in alert leads to a private address, which needs allow_private: true beside it",
        "3: 'url' in alert must be https; plain http needs allow_private: true beside it",
        "4: alert lacks the key 'url' (a string)",
        "5: 'token_variable' in alert must name an environment variable in capital letters, such as "
          + "TELEGRAM_TOKEN; a secret never stands in the file",
        "6: 'kind' in alert must be one of webhook, telegram, got 'telegramm'; did you mean 'telegram'?",
        "7: unknown key 'chat' in alert; allowed: kind, allow_private, url",
        "8: 'public_url' in configuration must be \(PublicURL.wanted), got 'http://router.example.com'",
      ])
  }

  @Test(
    "A public address is https, or plain to this machine, without query",
    arguments: [
      ("https://r.example.com", "https://r.example.com"),
      ("https://r.example.com//", "https://r.example.com"),
      ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("http://r.example.com", nil),
      ("r.example.com", nil),
      ("https://r.example.com?x=1", nil), ("https://u:p@r.example.com", nil), ("", nil),
    ] as [(String, String?)])
  func publicURL(text: String, expected: String?) {
    #expect(PublicURL.checked(text) == expected)
  }

  @Test("Flags win over the file, and a wrong one is met with what is wanted")
  func flags() throws {
    let path = try Self.file("artefacts: a\npublic_url: https://a.example\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let serve = try Serve.parse([
      "--config", path, "--artefacts", "b", "--vendors", "v", "--public-url", "https://b.example/",
      "--allow-private-callbacks",
    ])
    let settings = try serve.settings()
    #expect(
      settings.artefactFolder == "b" && settings.vendors == "v" && settings.publicURL == "https://b.example")
    #expect(settings.allowsPrivateCallbacks)
    #expect(throws: (any Error).self) { try Serve.parse(["--public-url", "b.example"]) }
  }

  @Test(
    "A bucket is named by its address, its endpoint and its key's variable; a wrong one is an error of usage")
  func bucket() throws {
    let settings = try Self.settings(
      """
      artefacts: s3://films/made
      artefacts_endpoint: http://127.0.0.1:9000
      artefacts_region: eu-west-1
      artefacts_credential: TEAM_ACCESS_KEY_ID
      artefacts_redirect: false
      artefact_links: signed
      cache: {strategy: lfu, memory_bytes: 1000, disk_bytes: 2000}
      """)
    let bucket = try #require(try settings.s3)
    #expect(bucket.name == "films" && bucket.prefix == "made/" && bucket.region == "eu-west-1")
    #expect(settings.bucket.credential == "TEAM_ACCESS_KEY_ID" && !settings.bucket.redirects)
    #expect(settings.requiresLinks)
    #expect(settings.cache.strategy == .lfu && settings.cache.memory == 1_000 && settings.cache.disk == 2_000)
    let flags = try Serve.parse([
      "--artefacts", "s3://films", "--artefacts-endpoint", "https://s3.example.com", "--artefacts-region",
      "x-1",
      "--artefact-links", "open",
    ]).settings()
    #expect(try flags.s3?.region == "x-1" && !flags.requiresLinks)
    for wrong in ["s3://", "s3://Films", "s3:films"] {
      #expect(throws: (any Error).self, "\(wrong)") { try Serve.parse(["--artefacts", wrong]) }
    }
    #expect(try ServeSettings().s3 == nil)
  }

  @Test("Links are needed where the router can be reached from elsewhere, unless said otherwise")
  func links() {
    var settings = ServeSettings()
    #expect(!settings.requiresLinks)
    settings.publicURL = "https://r.example.com"
    #expect(settings.requiresLinks)
    settings.artefactLinks = .open
    #expect(!settings.requiresLinks)
    settings.publicURL = nil
    settings.artefactLinks = .signed
    #expect(settings.requiresLinks)
  }

  @Test("An address beyond the loopback needs a key that opens something")
  func hosts() throws {
    var settings = ServeSettings()
    #expect(throws: Never.self) { try Serve.checkHost(settings, []) }
    settings.host = "0.0.0.0"
    var key = NewKey(id: Identifier(high: 1, low: 1), scopes: .admin, created: Instant(microseconds: 0)).key
    let error = #expect(throws: CommandFailure.self) { try Serve.checkHost(settings, []) }
    #expect(error?.line?.contains("pointsman keys create --scope admin") == true)
    #expect(throws: Never.self) { try Serve.checkHost(settings, [key]) }
    key.revoked = Instant(microseconds: 1)
    #expect(throws: CommandFailure.self) { try Serve.checkHost(settings, [key]) }
  }

  @Test("The limit of open files is raised as far as the system lets it, and never lowered")
  func descriptors() {
    var before = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    getrlimit(resource, &before)
    let limit = FileDescriptors.raise()
    #expect(limit >= UInt64(before.rlim_cur) && limit >= min(UInt64(before.rlim_max), FileDescriptors.most))
    var after = rlimit()
    getrlimit(resource, &after)
    #expect(UInt64(after.rlim_cur) == limit)
  }
}
