import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// Whose account Bedrock is used with, and what is never told of it.
@Suite("Bedrock's account")
struct BedrockAccountTests {
  func adapter(_ environment: [String: String], _ access: Access? = nil) throws -> BedrockAdapter? {
    BedrockAdapter(
      for: Provider(id: "bedrock", name: "Bedrock", access: access),
      AdapterContext(
        transport: try HTTPTransport(), store: ShelfStore(), clock: FixedClock(),
        variable: { environment[$0] }, receivesWebhooks: false))
  }

  @Test("Each variable that is missing is named, under the names that the entry's credential begins")
  func environment() throws {
    var environment: [String: String] = [:]
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
      let obstacle = try adapter(environment)?.obstacle(for: nil)
      #expect(obstacle == .missingCredential(provider: "bedrock", variable: name))
      environment[name] = "x"
    }
    #expect(try adapter(environment)?.obstacle(for: nil) == nil)
    let team = try adapter(environment, Access(credential: "TEAM_AWS_ACCESS_KEY_ID"))
    #expect(
      team?.obstacle(for: nil)
        == .missingCredential(provider: "bedrock", variable: "TEAM_AWS_ACCESS_KEY_ID"))
  }

  @Test("An entry that cannot be followed leaves the provider without an adapter, and says why")
  func entries() throws {
    #expect(try adapter([:], Access(credential: "BEDROCK_KEY")) == nil)
    #expect(
      BedrockAdapter.fault(of: Access(credential: "BEDROCK_KEY"))
        == "its credential must name a variable that ends with ACCESS_KEY_ID")
    #expect(
      BedrockAdapter.fault(of: Access(bases: [.init(name: "api", url: "https://proxy.example")]))
        == "it has no address 'api'; name base_urls of runtime, control, storage")
    #expect(BedrockAdapter.fault(of: nil) == nil)
  }

  @Test("A caller's own account is signed with, makes no films, and is refused when it is not one")
  func forwarded() async throws {
    let vendor = try LoopbackVendor { _ in
      .json(#"{"output": {"message": {"content": [{"text": "Hi"}]}}, "stopReason": "end_turn"}"#)
    }
    let access = Access(bases: [.init(name: "runtime", url: vendor.url)], payment: .forwarded)
    let adapter = try #require(try adapter(["AWS_REGION": "us-east-1"], access))
    #expect(adapter.obstacle(for: nil) == .noForwardedCredential(provider: "bedrock"))
    #expect(adapter.contract(for: .textToVideo, model: "luma.ray-v2:0") == nil)
    var order = try Samples.order(.textGeneration, "amazon.nova-lite-v1:0", ["prompt": "Hello"])
    order.credential = CallerCredential("AKIACALLER:caller-secret:caller-token")
    guard case .finished(let report, _) = try await adapter.submit(order) else {
      Issue.record("not finished")
      return
    }
    #expect(report.status == .succeeded(JobResult(text: "Hi")))
    let call = try #require(vendor.calls.first)
    #expect(
      call.headers["authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIACALLER/") == true)
    #expect(call.headers["authorization"]?.contains("/us-east-1/bedrock/aws4_request") == true)
    #expect(call.headers["x-amz-security-token"] == "caller-token")
    #expect(call.target == "/model/amazon.nova-lite-v1%3A0/converse")
    order.credential = CallerCredential("sk-just-a-key")
    let refused = await Loopback.failed { () async throws(VendorFailure) in
      _ = try await adapter.submit(order)
    }
    #expect(refused?.failureClass == .authCredit && refused?.message.contains("sk-just-a-key") == false)
    #expect(vendor.calls.count == 1)
  }

  @Test("What AWS repeats of a call in its refusal is not repeated by us; who may not list models is well")
  func redaction() async throws {
    let vendor = try LoopbackVendor { call in
      call.target.hasPrefix("/foundation-models")
        ? .json(
          #"{"message": "User: u is not authorized to perform: bedrock:ListFoundationModels"}"#, status: 403)
        : .json(
          #"{"message": "The Canonical String should have been 'POST x-amz-security-token:session-token-1'"}"#,
          status: 403)
    }
    let adapter = try #require(
      try adapter(
        [
          "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret-1", "AWS_REGION": "us-east-1",
          "AWS_SESSION_TOKEN": "session-token-1",
        ],
        Access(bases: ["runtime", "control"].map { Access.Base(name: $0, url: vendor.url) })))
    let refused = await Loopback.failed { () async throws(VendorFailure) in
      _ = try await adapter.submit(
        try! Samples.order(.textGeneration, "amazon.nova-lite-v1:0", ["prompt": "x"]))
    }
    #expect(refused?.message.hasSuffix("x-amz-security-token:[credential]'") == true)
    #expect(await adapter.health() == nil)
  }
}
