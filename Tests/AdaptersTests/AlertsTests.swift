import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

@Suite("Alerts to others")
struct AlertsTests {
  static let alert = Alert(
    level: .error, kind: .circuitOpenedHard, provider: "fal", candidate: "fal/x", message: "fal says no",
    at: Samples.now, details: [.init("code", "INSUFFICIENT_CREDITS")])

  static func failure(_ work: () async throws(AlertFailure) -> Void) async -> AlertFailure? {
    do throws(AlertFailure) {
      try await work()
      return nil
    } catch {
      return error
    }
  }

  @Test("A webhook gets the alert as one JSON object by POST")
  func webhook() async throws {
    let receiver = try LoopbackVendor { _ in .init(status: 204, headers: [:]) }
    let address = try AlertAddress("\(receiver.url)/hooks/s3cret?team=a", allowsPrivate: true)
    let sink = WebhookAlerts(address, transport: try HTTPTransport())
    #expect(await Self.failure { () throws(AlertFailure) in try await sink.send(Self.alert) } == nil)
    let call = try #require(receiver.calls.first)
    #expect(call.method == "POST" && call.target == "/hooks/s3cret?team=a")
    #expect(call.headers["content-type"] == "application/json")
    #expect(
      try JSONValue.parse(call.body) == [
        "level": "error", "kind": "circuit_opened_hard", "provider": "fal", "candidate": "fal/x",
        "message": "fal says no", "at": "2026-11-20T10:00:00.000Z", "code": "INSUFFICIENT_CREDITS",
      ])
    #expect(sink.name == "webhook \(receiver.url)")
  }

  @Test(
    "What a receiver answers tells whether another try may help",
    arguments: [
      (500, nil, true, nil), (429, "12", true, .seconds(12)),
      (503, "Fri, 20 Nov 2026 10:00:00 GMT", true, nil),
      (404, "12", false, nil), (301, nil, false, nil), (200, nil, nil, nil),
    ] as [(Int, String?, Bool?, Span?)])
  func answers(status: Int, retryAfter: String?, isPassing: Bool?, wait: Span?) async throws {
    let receiver = try LoopbackVendor { _ in
      .init(status: status, headers: retryAfter.map { ["Retry-After": $0] } ?? [:])
    }
    let sink = WebhookAlerts(
      try AlertAddress(receiver.url + "/s3cret", allowsPrivate: true), transport: try HTTPTransport())
    let failure = await Self.failure { () throws(AlertFailure) in try await sink.send(Self.alert) }
    #expect(failure?.isPassing == isPassing && failure?.retryAfter == wait)
    #expect(failure?.message.contains("s3cret") != true)
    #expect(receiver.calls.count == 1)
  }

  @Test("A receiver that hangs up or is not there may come back, and no message holds the address's secret")
  func unreachable() async throws {
    let receiver = try LoopbackVendor { _ in .init(isLost: true) }
    for url in [receiver.url + "/s3cret", "http://127.0.0.1:1/s3cret"] {
      let sink = WebhookAlerts(try AlertAddress(url, allowsPrivate: true), transport: try HTTPTransport())
      let failure = await Self.failure { () throws(AlertFailure) in try await sink.send(Self.alert) }
      #expect(failure?.isPassing == true && failure?.message.contains("s3cret") == false)
    }
  }

  @Test("Telegram gets a message to the chat, with the token in the path and nowhere else")
  func telegram() async throws {
    let receiver = try LoopbackVendor { _ in .json(#"{"ok": true, "result": {"message_id": 7}}"#) }
    let sink = TelegramAlerts(
      try AlertAddress(receiver.url, allowsPrivate: true), token: "123:AbC-d_e", chat: "-100200",
      transport: try HTTPTransport())
    #expect(await Self.failure { () throws(AlertFailure) in try await sink.send(Self.alert) } == nil)
    let call = try #require(receiver.calls.first)
    #expect(call.method == "POST" && call.target == "/bot123:AbC-d_e/sendMessage")
    let body = try JSONValue.parse(call.body)
    #expect(body["chat_id"] == "-100200")
    #expect(body["text"] == "ERROR: fal says no\n2026-11-20T10:00:00.000Z")
    #expect(sink.name == "telegram chat -100200")
  }

  @Test("Telegram's own words are kept, its wait honoured, and its token in nobody's log")
  func telegramFailures() async throws {
    let answers = [
      (
        429,
        #"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":9}}"#
      ),
      (401, #"{"ok":false,"error_code":401,"description":"Unauthorized: bot t0ken"}"#),
      (200, "<html>"),
    ]
    var failures: [AlertFailure?] = []
    for (status, text) in answers {
      let receiver = try LoopbackVendor { _ in .json(text, status: status) }
      let sink = TelegramAlerts(
        try AlertAddress(receiver.url, allowsPrivate: true), token: "t0ken", chat: "@ops",
        transport: try HTTPTransport())
      failures.append(await Self.failure { () throws(AlertFailure) in try await sink.send(Self.alert) })
    }
    #expect(
      failures == [
        AlertFailure("telegram chat @ops: Too Many Requests", isPassing: true, retryAfter: .seconds(9)),
        AlertFailure("telegram chat @ops: Unauthorized: bot …", isPassing: false),
        AlertFailure("telegram chat @ops: the answer is not Telegram's", isPassing: true),
      ])
  }

  @Test("A long alert is cut to what Telegram takes")
  func longText() {
    var alert = Self.alert
    alert.message = String(repeating: "ä", count: 9_000)
    #expect(TelegramAlerts.text(alert).count == 4_096 && TelegramAlerts.text(alert).hasSuffix("ä…"))
  }

  @Test(
    "Addresses that lead inside are refused, in any spelling, unless the entry allows them",
    arguments: [
      "https://127.0.0.1/x", "https://localhost/x", "https://10.1.2.3/x", "https://192.168.0.9:8443/",
      "https://169.254.169.254/latest", "https://[::1]/x", "https://2130706433/x", "https://0x7f.1/",
    ])
  func privateAddresses(url: String) throws {
    let error = #expect(throws: AlertAddressError.self) { try AlertAddress(url) }
    #expect(error?.description.contains("private address") == true, "\(error?.description ?? "")")
    #expect(throws: Never.self) { try AlertAddress(url, allowsPrivate: true) }
  }

  @Test(
    "Plain http and what is no address are refused",
    arguments: [
      "http://alerts.example.com/x", "ftp://alerts.example.com", "alerts.example.com", "", "https://",
      "https://user:word@alerts.example.com/",
    ])
  func wrongAddresses(url: String) {
    let error = #expect(throws: AlertAddressError.self) { try AlertAddress(url) }
    #expect(error?.description.isEmpty == false)
    #expect(throws: Never.self) { try AlertAddress("https://alerts.example.com:8443/x?y=z") }
  }

  @Test("A name that turns out to lead inside is refused when it is called, and not tried again")
  func resolved() async throws {
    let settings = TransportSettings(lookup: NameLookup { _ in [IPAddress("10.0.0.7")!] })
    let sink = WebhookAlerts(
      try AlertAddress("https://alerts.example.com/x"), transport: try HTTPTransport(settings))
    let failure = await Self.failure { () throws(AlertFailure) in try await sink.send(Self.alert) }
    #expect(failure?.isPassing == false)
    #expect(failure?.message.hasSuffix("leads to a private address, which needs allow_private: true") == true)
  }
}
