import Testing
import Transport

@Suite("Redirects")
struct RedirectTests {
  let http: HTTPTransport

  init() throws { http = try HTTPTransport() }

  private static let credentials: HeaderFields = [
    "Authorization": "Bearer secret", "X-Key": "secret", "Cookie": "s=1", "Accept": "image/png",
  ]

  /// Answers `/302/<target>` with a 302 to the target, and so on, and anything else with what was asked.
  private func server() throws -> LoopbackServer {
    try LoopbackServer { peer in
      while let request = peer.request() {
        let words = request.line.split(separator: " ")
        let path = String(words[1].dropFirst())
        if let status = Int(path.prefix(3)) {
          peer.answer("elsewhere", status: "\(status) Elsewhere", headers: ["Location: \(path.dropFirst(4))"])
        } else {
          peer.answer("\(words[0]) /\(path) \(String(decoding: request.body, as: UTF8.self))")
        }
      }
    }
  }

  private func error(_ call: OutboundCall) async -> TransportError? {
    await failure { () async throws(TransportError) in try await http.answer(call) }
  }

  @Test("Without leave to follow, the redirect is the answer")
  func returned() async throws {
    let server = try server()
    defer { server.stop() }
    let answer = try await http.answer(server.call("GET", "/302//there"))
    #expect(answer.status == 302)
    #expect(answer.headers["location"] == "/there")
    #expect(answer.text == "elsewhere")
  }

  /// RFC 9110, section 15.4.
  @Test(
    "Method and body go along as the status says",
    arguments: [
      ("POST", 301, "GET /there "), ("POST", 302, "GET /there "), ("POST", 303, "GET /there "),
      ("POST", 307, "POST /there pay"), ("POST", 308, "POST /there pay"), ("PUT", 302, "PUT /there pay"),
      ("PUT", 303, "GET /there "),
    ])
  func methods(method: String, status: Int, expected: String) async throws {
    let server = try server()
    defer { server.stop() }
    var call = server.call(method, "/\(status)//there")
    call.body = .text("pay")
    call.headers = ["Content-Type": "text/plain"]
    call.redirects = .followed(atMost: 1)
    let answer = try await http.answer(call)
    #expect(answer.text == expected)
    #expect(answer.metrics.redirects == 1)
    #expect(server.received[1].header("Content-Type") == (expected.hasPrefix("GET") ? nil : "text/plain"))
  }

  @Test("Within one origin credentials go along; to another only what tells nothing")
  func credentials() async throws {
    let server = try server()
    let other = try self.server()
    defer {
      server.stop()
      other.stop()
    }
    var call = server.call("GET", "/302//there")
    call.headers = Self.credentials
    call.redirects = .followed(atMost: 3)
    _ = try await http.answer(call)
    #expect(server.received[1].header("Authorization") == "Bearer secret")
    #expect(server.received[1].header("X-Key") == "secret")

    call.url = server.url("/302/\(other.url("/there"))")
    call.policy = .loopback(server.port, other.port)
    #expect(try await http.answer(call).text == "GET /there ")
    let stranger = try #require(other.received.first)
    #expect(stranger.header("Accept") == "image/png")
    #expect(["Authorization", "X-Key", "Cookie"].allSatisfy { stranger.header($0) == nil })
  }

  @Test(
    "A relative location is read against the last URL (RFC 3986, section 5.4), and a fragment stays here",
    arguments: [
      ("g", "/b/c/g"), ("./g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d?y"), ("g?y#s", "/b/c/g?y"),
      ("../g", "/b/g"), ("../../../g", "/g"), ("g y", "/b/c/g%20y"), ("gé", "/b/c/g%c3%a9"),
    ])
  func relative(location: String, expected: String) async throws {
    let server = try LoopbackServer { peer in
      while let request = peer.request() {
        if request.line.contains("/b/c/d?q") {
          peer.answer(status: "302 Found", headers: ["Location: \(location)"])
        } else {
          peer.answer(request.line)
        }
      }
    }
    defer { server.stop() }
    var call = server.call("GET", "/b/c/d?q")
    call.redirects = .followed(atMost: 1)
    #expect(try await http.answer(call).text == "GET \(expected) HTTP/1.1")
  }

  @Test("Too many are an error that says so")
  func tooMany() async throws {
    let server = try LoopbackServer { peer in
      while peer.request() != nil { peer.answer(status: "302 Found", headers: ["Location: /again"]) }
    }
    defer { server.stop() }
    var call = server.call()
    call.redirects = .followed(atMost: 3)
    let error = await error(call)
    #expect(error?.reason == .tooManyRedirects)
    #expect(error?.mayHaveBeenSent == true)
    #expect(server.received.count == 4)
  }

  @Test("A redirect is held against the policy like the first URL")
  func policy() async throws {
    let server = try server()
    let other = try self.server()
    defer {
      server.stop()
      other.stop()
    }
    let cases: [(String, TransportError.Reason)] = [
      // Another port, another scheme, cloud metadata, a name that is not allowed, a trap, not HTTP at all.
      (other.url("/x"), .forbiddenHost), ("http://169.254.169.254/latest/", .forbiddenHost),
      ("http://169.254.169.254:\(server.port)/latest/", .forbiddenAddress),
      ("http://[::1]:\(server.port)/", .forbiddenAddress),
      ("http://user@127.0.0.1:\(server.port)/", .invalidURL), ("file:///etc/passwd", .invalidURL),
      ("gopher://127.0.0.1:\(server.port)/", .invalidURL), ("//0x7f.1:1/", .forbiddenHost),
    ]
    for (target, reason) in cases {
      var call = server.call("GET", "/302/\(target)")
      call.redirects = .followed(atMost: 3)
      let error = await error(call)
      #expect(error?.reason == reason, "\(target): \(String(describing: error))")
      #expect(error?.mayHaveBeenSent == true)
    }
    #expect(other.accepted == 0)
  }

  @Test("A body does not go to another origin, nor does a signature")
  func bodies() async throws {
    let server = try server()
    let other = try self.server()
    defer {
      server.stop()
      other.stop()
    }
    var call = server.call("POST", "/307/\(other.url("/there"))")
    call.policy = .loopback(server.port, other.port)
    call.body = .text("pay")
    call.redirects = .followed(atMost: 3)
    #expect(await error(call)?.reason == .forbiddenRedirect)
    call.url = server.url("/307//there")
    call.signing = SignatureV4(accessKey: "a", secretKey: "b", region: "c", service: "d")
    #expect(await error(call)?.reason == .forbiddenRedirect)
    #expect(other.accepted == 0)
  }

  @Test("The text of a redirect may be long; it is not read")
  func longText() async throws {
    let server = try LoopbackServer { peer in
      while let request = peer.request() {
        if request.line.contains("/end") {
          peer.answer("there")
        } else {
          peer.answer(
            String(repeating: "x", count: 300_000), status: "302 Found", headers: ["Location: /end"])
        }
      }
    }
    defer { server.stop() }
    var call = server.call()
    call.redirects = .followed(atMost: 1)
    call.maximumBodySize = 100
    #expect(try await http.answer(call).text == "there")
  }
}
