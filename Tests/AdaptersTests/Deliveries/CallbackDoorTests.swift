import Foundation
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Transport

@testable import Adapters

@Suite("The way out to customers' endpoints")
struct CallbackDoorTests {
  static func delivery(_ url: String) -> Delivery {
    Delivery(
      id: DeliverySealTests.id, job: Identifier(high: 3, low: 4), event: "job.succeeded", url: url,
      created: Samples.now)
  }

  static func send(
    _ url: String, allowsPrivate: Bool = true, patience: Duration = .seconds(120)
  ) async throws -> DeliveryAnswer {
    let door = CallbackDoor(try HTTPTransport(), allowsPrivate: allowsPrivate, patience: patience)
    return await door.send(
      delivery(url), DeliverySealTests.body, secrets: [DeliverySealTests.secret(0)], at: Samples.now)
  }

  @Test("An endpoint gets the payload byte for byte by POST, with its signatures")
  func posts() async throws {
    let receiver = try LoopbackVendor { _ in .init(status: 202, body: Array("thanks".utf8)) }
    let answer = try await Self.send("\(receiver.url)/hooks?team=a")
    #expect(answer == DeliveryAnswer(status: 202, excerpt: "thanks"))
    let call = try #require(receiver.calls.first)
    #expect(call.method == "POST" && call.target == "/hooks?team=a")
    #expect(call.body == DeliverySealTests.body)
    #expect(call.headers["content-type"] == "application/json")
    for field in DeliverySealTests.headers([DeliverySealTests.secret(0)]).fields {
      #expect(call.headers[field.name.lowercased()] == field.value)
    }
  }

  @Test("A redirect is not followed, and the answer says so")
  func redirect() async throws {
    let elsewhere = try LoopbackVendor { _ in .init(status: 200) }
    let receiver = try LoopbackVendor { _ in
      .init(status: 307, headers: ["Location": elsewhere.url + "/inside"])
    }
    let answer = try await Self.send(receiver.url)
    #expect(answer.status == 307)
    #expect(answer.failure == "answered 307: redirects are not followed; name the address itself")
    #expect(elsewhere.calls.isEmpty && receiver.calls.count == 1)
  }

  @Test("Of a long answer only the beginning is kept, and a status of 200 counts whatever follows")
  func long() async throws {
    let receiver = try LoopbackVendor { _ in
      .init(status: 200, headers: [:], body: Array(repeating: UInt8(ascii: "x"), count: 4 << 20))
    }
    let answer = try await Self.send(receiver.url)
    #expect(answer.failure == nil && answer.excerpt == String(repeating: "x", count: 1_024))
  }

  @Test("A receiver that never answers is given up in time")
  func silent() async throws {
    let receiver = try LoopbackVendor { _ in
      Thread.sleep(forTimeInterval: 3)
      return .init()
    }
    let answer = try await Self.send(receiver.url, patience: .seconds(1))
    #expect(answer == DeliveryAnswer(unanswered: "no answer in time"))
    #expect(await eventually { receiver.calls.count == 1 })
  }

  @Test("Receivers that hang up, or are not there, have not answered, and one that is busy says for how long")
  func failures() async throws {
    let lost = try LoopbackVendor { _ in .init(isLost: true) }
    #expect(try await Self.send(lost.url).failure == "the connection broke off before an answer")
    #expect(
      try await Self.send("http://127.0.0.1:1").failure == "no answer: nobody takes connections there")
    let busy = try LoopbackVendor { _ in .init(status: 429, headers: ["Retry-After": "77"]) }
    let answer = try await Self.send(busy.url)
    #expect(answer.failure == "answered 429" && answer.retryAfter == .seconds(77))
  }

  @Test("A private address is not called, whatever name leads there, unless this router may")
  func guarded() async throws {
    let receiver = try LoopbackVendor { _ in .init() }
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
      let answer = try await Self.send("https://\(host):\(receiver.port)/x", allowsPrivate: false)
      #expect(answer.status == nil)
      #expect(
        answer.failure?.hasPrefix("not sent: it leads to a private address") == true,
        "\(host): \(answer.failure ?? "")")
    }
    #expect(receiver.calls.isEmpty)
  }

  @Test(
    "An address is refused beforehand that can never be called",
    arguments: [
      ("ftp://acme.example/x", "must be an address"), ("acme.example/x", "must be an address"),
      ("https://", "must be an address"), ("javascript:alert(1)", "must be an address"),
      ("http://acme.example/x", "must be https"), ("https://localhost/x", "leads to a private address"),
      ("https://a.localhost/x", "leads to a private address"),
      ("https://10.1.2.3/x", "leads to a private address"),
      ("https://169.254.169.254/latest/meta-data", "leads to a private address"),
      ("https://[::1]/x", "leads to a private address"), ("https://user:word@acme.example/x", nil),
    ] as [(String, String?)])
  func refused(url: String, reason: String?) throws {
    let door = CallbackDoor(try HTTPTransport())
    let refusal = #expect(throws: DeliveryRefusal.self) { _ = try door.checked(url) }
    if let reason {
      #expect(refusal?.description.hasPrefix(reason) == true, "\(String(describing: refusal))")
    }
  }

  @Test("Public addresses by https are fine on any port, and private ones where they are allowed")
  func allowed() throws {
    let open = CallbackDoor(try HTTPTransport())
    #expect(try open.checked("https://acme.example/x?y=1") == "https://acme.example/x?y=1")
    #expect(try open.checked("https://ACME.example:8443/x") == "https://acme.example:8443/x")
    let inside = CallbackDoor(try HTTPTransport(), allowsPrivate: true)
    for url in ["http://127.0.0.1:9/x", "https://localhost/x", "http://10.0.0.1/x"] {
      #expect(try inside.checked(url) == url)
    }
  }
}
