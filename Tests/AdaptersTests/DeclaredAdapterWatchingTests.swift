import Foundation
import Glibc
import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// Webhooks, inquiries and downloads through the shell, and the shelf that holds the adapters.
@Suite("Declared adapters after submission")
struct DeclaredAdapterWatchingTests {
  let store = ShelfStore()

  @Test(
    "webhooks: good ones are believed, others refused; keys are fetched from the vendor without a credential")
  func webhooks() async throws {
    let vendor = try LoopbackVendor { call in
      call.target == "/.well-known/jwks.json"
        ? LoopbackVendor.Reply(body: WebhookTests.keySet.serialized()) : LoopbackVendor.Reply(status: 404)
    }
    let fal = try Loopback.adapter("fal", at: vendor.url, store: store)
    let notice = try await fal.verify(WebhookTests.falCall, at: Samples.now)
    #expect(notice.vendorID == "r1" && notice.isSigned && notice.deliveryID == "r1")
    #expect(vendor.calls.map { $0.headers["authorization"] } == [nil])
    let work = VendorWork(capability: .imageGeneration, model: "fal-ai/flux/dev", job: VendorJob(id: "r1"))
    let report = await fal.report(in: notice, about: work)
    #expect(
      report?.status
        == .succeeded(
          JobResult(artefacts: [
            Artefact(url: "https://v3.fal.media/a.png", expires: Samples.now + .hours(24))
          ])))
    #expect(report?.vendor == VendorJob(id: "r1"))
    var other = work
    other.job.id = "r2"
    #expect(await fal.report(in: notice, about: other) == nil)
    var forged = WebhookTests.falCall
    forged.body.append(0x0A)
    await #expect(throws: WebhookRefusal.wrongSignature) { try await fal.verify(forged, at: Samples.now) }
    let openai = try Loopback.adapter("openai", at: vendor.url, store: store)
    await #expect(throws: WebhookRefusal.notExpected) { try await openai.verify(forged, at: Samples.now) }
    // Signed, but about no job.
    let replicate = try Loopback.adapter("replicate", at: vendor.url, store: store)
    await #expect(throws: WebhookRefusal.malformed("it names no job")) {
      try await replicate.verify(WebhookTests.message, at: WebhookTests.sent)
    }
  }

  @Test("an inquiry finds the job in the vendor's list, and never concludes from absence")
  func reconciled() async throws {
    let vendor = try LoopbackVendor { _ in
      .json(#"{"results": [{"id": "p7", "webhook": "https://me.example/w?attempt=t-0"}]}"#)
    }
    let adapter = try Loopback.adapter("replicate", at: vendor.url, store: store)
    var order = try Samples.order(.imageGeneration, "o/m", ["prompt": "x"])
    #expect(await adapter.reconcile(order, by: .listing, since: Samples.now) == .found(VendorJob(id: "p7")))
    order.token = "t-1"
    guard case .unclear = await adapter.reconcile(order, by: .listing, since: Samples.now) else {
      Issue.record("concluded from absence")
      return
    }
    #expect(vendor.calls.allSatisfy { $0.method == "GET" })
  }

  @Test("a result that is gone or empty is bad output, and one that cannot be had now is not")
  func downloads() async throws {
    let vendor = try LoopbackVendor { call in
      switch call.target {
      case "/empty": LoopbackVendor.Reply(headers: [:], body: [])
      case "/gone": LoopbackVendor.Reply(status: 404)
      default: LoopbackVendor.Reply(status: 503)
      }
    }
    let adapter = try Loopback.adapter("fal", at: vendor.url, store: store)
    let descriptor = open("/dev/null", O_WRONLY)
    defer { Glibc.close(descriptor) }
    func failure(_ url: String) async -> FailureClass? {
      await Loopback.failed { () async throws(VendorFailure) in
        _ = try await adapter.download(Artefact(url: url), to: descriptor)
      }?.failureClass
    }
    #expect(await failure(vendor.url + "/empty") == .badOutput)
    #expect(await failure(vendor.url + "/gone") == .badOutput)
    #expect(await failure(vendor.url + "/busy") == .transient)
    #expect(await failure("https://169.254.169.254/latest/meta-data") == .local)
  }

  @Test("a step that makes its own calls gets the account's address and headers, and nothing is submitted")
  func authorisation() throws {
    let adapter = try Loopback.adapter("fal", at: "http://127.0.0.1:9", store: store)
    let (url, headers) = try adapter.authorisation()
    #expect(url == "http://127.0.0.1:9")
    #expect(headers == [WebhookCall.Field("Authorization", "Key sk-secret-1")])
    let without = try Loopback.adapter("fal", at: "http://127.0.0.1:9", key: nil, store: store)
    #expect(throws: VendorFailure.self) { try without.authorisation() }
  }

  @Test("a catalogue's providers get their adapters, and what is missing is said")
  func shelf() throws {
    let catalogue = try Catalogue(
      providers: [
        Provider(id: "fal", name: "fal"), Provider(id: "sandbox", name: "Sandbox", kind: .local),
        Provider(id: "groq", name: "Groq", access: Access(adapter: "openai", credential: "GROQ_API_KEY")),
        Provider(id: "nobody", name: "Nobody"),
      ], candidates: [])
    let shelf = AdapterShelf(
      catalogue, declarations: try AdapterShelf.declarations(inFolder: Samples.vendors),
      AdapterContext(
        transport: try HTTPTransport(), store: store, clock: FixedClock(),
        variable: { $0 == "FAL_KEY" ? "k" : nil }, receivesWebhooks: false))
    #expect(shelf.adapters.map(\.provider) == ["fal", "groq", "sandbox"])
    #expect(
      shelf.obstacles == [
        "provider 'nobody' has no adapter: no declaration is called 'nobody'",
        "provider 'groq' is skipped: the environment variable GROQ_API_KEY is not set",
      ])
    let contract = try #require(shelf["fal"]?.contract(for: .imageGeneration, model: "fal-ai/flux/dev"))
    #expect(contract.poll?.floor == .milliseconds(500) && contract.cancels && contract.webhookWindow == nil)
    #expect(shelf["groq"]?.contract(for: .textGeneration, model: "llama")?.poll == nil)
    #expect(shelf["groq"]?.contract(for: .textToVideo, model: "llama") == nil)
  }
}
