import Declarations
import Foundation
import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// A vendor that nobody has heard of, by the one file that README shows.
@Suite("A new vendor is one file")
struct InventedVendorTests {
  /// The YAML between the fences of README's example.
  static func example() throws -> String {
    let readme = URL(filePath: Samples.vendors).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "README.md")
    let text = try String(contentsOf: readme, encoding: .utf8)
    let start = try #require(text.range(of: "```yaml\n"))
    let end = try #require(text.range(of: "```", range: start.upperBound..<text.endIndex))
    return String(text[start.upperBound..<end.lowerBound])
  }

  private func adapter(at url: String) throws -> DeclaredAdapter {
    let declaration = try VendorFile.parse(try Self.example(), file: "acme.yaml")
    let access = Access(bases: declaration.bases.map { Access.Base(name: $0.name, url: url) })
    return DeclaredAdapter(
      declaration, for: Provider(id: "acme", name: "Acme", access: access),
      AdapterContext(
        transport: try HTTPTransport(), store: ShelfStore(), clock: FixedClock(),
        variable: { $0 == "ACME_API_KEY" ? "k-1" : nil }, receivesWebhooks: false))
  }

  @Test("README's example submits, asks how it stands, and finds the picture")
  func example() async throws {
    let vendor = try LoopbackVendor { call in
      switch (call.method, call.target) {
      case ("POST", "/v1/painter"): .json(#"{"id": "a-7", "status": "waiting"}"#)
      case ("GET", "/v1/jobs/a-7"): .json(#"{"id": "a-7", "status": "done", "output": {"url": "/p.png"}}"#)
      default: LoopbackVendor.Reply(status: 404)
      }
    }
    let adapter = try adapter(at: vendor.url)
    #expect(adapter.obstacle(for: nil) == nil)
    let order = try Samples.order(.imageGeneration, "painter", ["prompt": "a fjord", "seed": 7])
    guard case .accepted(let job, _) = try await adapter.submit(order) else {
      Issue.record("not accepted")
      return
    }
    let submission = try #require(vendor.calls.first)
    #expect(submission.headers["authorization"] == "Bearer k-1")
    #expect(try JSONValue.parse(submission.body) == ["prompt": "a fjord", "seed": 7])
    let report = try await adapter.status(
      of: VendorWork(capability: .imageGeneration, model: "painter", job: job))
    guard case .succeeded(let result) = report.status else {
      Issue.record("\(report)")
      return
    }
    #expect(result.artefacts.map(\.url) == [vendor.url + "/p.png"])
  }

  @Test("an order without its prompt is refused before anything is sent")
  func refused() throws {
    let adapter = try adapter(at: "http://127.0.0.1:1")
    let candidate = Candidate(
      id: "acme/painter", provider: "acme", model: "painter", capabilities: [.imageGeneration])
    let order = try Samples.order(.imageGeneration, "painter", ["seed": 7])
    #expect(adapter.check(order, for: candidate)?.errors.map(\.pointer) == ["/prompt"])
  }
}
