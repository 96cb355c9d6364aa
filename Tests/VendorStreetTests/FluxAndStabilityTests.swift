import Crypto
import Foundation
import Testing
import Wire

@testable import VendorStreet

@Suite("The contracts of Black Forest Labs and Stability")
struct FluxAndStabilityTests {
  private static let flux = "/v1/flux-2-pro"

  // MARK: Black Forest Labs

  @Test("FLUX answers with the URL to poll and the cost, and then with a picture of the size asked for")
  func flux() async throws {
    try await OpenStreet.run { open in
      let sent = try await open.call(
        "bfl", "POST", Self.flux, ["prompt": "fjords", "width": 1_024, "height": 2_048])
      // Two megapixels and a begun third: 4 + 2 + 2 cents.
      #expect(sent.json["cost"] == 8 && sent.json["output_mp"] == 3)
      let url = try #require(sent.json.string("polling_url"))
      #expect(url.hasPrefix("\(open.root)/bfl/v1/get_result?id="))
      let last = try await open.poll("bfl", String(url.dropFirst("\(open.root)/bfl".count))) {
        $0.json["status"] == "Ready"
      }.last
      let picture = try await open.fetch(try #require(last?.json.string("result", "sample")))
      #expect(Array(picture.body[16..<24]) == [0, 0, 4, 0, 0, 0, 8, 0])
      let none = try await open.call("bfl", "GET", "/v1/get_result?id=none")
      #expect(none.status == 404 && none.json["status"] == "Task not found")
      let report = open.street.report()
      #expect(report.microUSD == 80_000 && report.charges == 1)
    }
  }

  @Test("FLUX with a webhook gives no URL to poll, and signs when it is given a secret")
  func fluxWebhook() async throws {
    let receiver = WebhookReceiver()
    try await receiver.whileOpen { url in
      try await OpenStreet.run { open in
        let sent = try await open.call(
          "bfl", "POST", Self.flux,
          ["prompt": "x", "webhook_url": .string(url), "webhook_secret": "mine"])
        #expect(sent.json["polling_url"] == nil && sent.json["status"] == "Pending")
        let message = try #require(try await receiver.wait(for: 1).first)
        let code = HMAC<SHA256>.authenticationCode(
          for: Data(message.body), using: SymmetricKey(data: Data("mine".utf8)))
        let text = code.map { String(format: "%02x", $0) }.joined()
        #expect(message.headers["x-bfl-signature"] == "sha256=\(text)")
        #expect(message.json["status"] == "Ready" && message.json["id"] == sent.json["id"])
      }
    }
  }

  @Test("FLUX takes 24 tasks at once and no more")
  func fluxConcurrency() async throws {
    try await OpenStreet.run(run: OpenStreet.ever) { open in
      var states: [Int?] = []
      for _ in 0..<25 { states.append(try await open.call("bfl", "POST", Self.flux, ["prompt": "x"]).status) }
      #expect(states == [Int?](repeating: 200, count: 24) + [429])
    }
  }

  @Test("FLUX refuses in the two forms of its framework, and moderates in its status")
  func fluxRefusals() async throws {
    try await OpenStreet.run { open in
      let missing = try await open.call("bfl", "POST", Self.flux, [:])
      #expect(missing.status == 422 && missing.json["detail"]?[0]?["loc"] == ["body", "prompt"])
      let wide = try await open.call("bfl", "POST", Self.flux, ["prompt": "x", "width": 9_999])
      #expect(wide.status == 422)
      let stranger = try await open.call("bfl", "POST", Self.flux, ["prompt": "x"], headers: ["x-key": ""])
      #expect(stranger.status == 403 && stranger.json["detail"]?.stringValue != nil)
      let sent = try await open.call("bfl", "POST", Self.flux, ["prompt": "x [[street: moderated]]"])
      let path = "/v1/get_result?id=\(sent.json.string("id") ?? "")"
      let last = try await open.poll("bfl", path) { $0.json["status"] != "Pending" }.last
      #expect(last?.json["status"] == "Content Moderated" && last?.json["result"] == .null)
      // An order for later finds its job by the query.
      let odd = try await open.call("bfl", "POST", Self.flux, ["prompt": "x [[street: unknown_status]]"])
      let strange = try await open.call("bfl", "GET", "/v1/get_result?id=\(odd.json.string("id") ?? "")")
      #expect(strange.json["status"] == "Drying")
    }
  }

  // MARK: Stability

  static func form(_ fields: [(String, String)]) -> String {
    fields.map { "--x\r\ncontent-disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n" }.joined()
      + "--x--\r\n"
  }

  private static func stability(
    _ open: OpenStreet, _ path: String, _ fields: [(String, String)], accept: String
  ) async throws -> RawAnswer {
    try await RawClient.call(
      open.root, "POST", "/stability/v2beta/stable-image/\(path)",
      headers: [
        "authorization": "Bearer sk-test", "accept": accept,
        "content-type": "multipart/form-data; boundary=x",
      ], body: form(fields))
  }

  @Test("Stability gives bytes or JSON, and what it filters comes with 200")
  func stability() async throws {
    try await OpenStreet.run { open in
      let bytes = try await Self.stability(open, "generate/core", [("prompt", "fjords")], accept: "image/*")
      #expect(bytes.headers["content-type"] == "image/png" && bytes.headers["finish-reason"] == "SUCCESS")
      let json = try await Self.stability(
        open, "generate/core", [("prompt", "fjords"), ("seed", "7")], accept: "application/json")
      #expect(json.json["finish_reason"] == "SUCCESS" && json.json["seed"] == 7)
      #expect(json.json.string("image").flatMap { Data(base64Encoded: $0) }.map { Array($0) } == bytes.body)
      let filtered = try await Self.stability(
        open, "generate/ultra", [("prompt", "x [[street: moderated]]")], accept: "application/json")
      #expect(filtered.status == 200 && filtered.json["finish_reason"] == "CONTENT_FILTERED")
      let wrong = try await Self.stability(open, "generate/sd3", [("seed", "7")], accept: "image/*")
      #expect(wrong.status == 400 && wrong.json["errors"] == ["prompt: is required"])
    }
  }

  @Test("Stability's slow endpoints give an id, which is asked for until it is no longer 202")
  func stabilityLater() async throws {
    try await OpenStreet.run { open in
      let sent = try await Self.stability(
        open, "upscale/creative", [("image", "bytes"), ("prompt", "x")], accept: "image/*")
      let path = "/v2beta/results/\(try #require(sent.json.string("id")))"
      let last = try await open.poll("stability", path) { $0.status != 202 }.last
      #expect(last?.status == 200 && last?.headers["content-type"] == "image/png")
    }
    try await OpenStreet.run(run: OpenStreet.ever) { open in
      let sent = try await Self.stability(open, "upscale/creative", [("image", "b")], accept: "image/*")
      let path = "/v2beta/results/\(sent.json.string("id") ?? "")"
      #expect(try await open.call("stability", "GET", path).status == 202)
    }
  }
}
