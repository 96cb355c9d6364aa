import Glibc
import Testing
import Transport

@Suite("What goes wrong on the way, and whether the server may have acted")
struct FailureTests {
  let http: HTTPTransport

  init() throws { http = try HTTPTransport() }

  private func error(_ call: OutboundCall) async -> TransportError? {
    await failure { () async throws(TransportError) in try await http.answer(call) }
  }

  @Test("A port where nobody listens could not be connected to")
  func refused() async throws {
    let server = try LoopbackServer { _ in }
    server.stop()
    #expect(try await eventually { connectFails(port: server.port) })
    let error = await error(server.call("POST"))
    #expect(error?.reason == .couldNotConnect)
    #expect(error?.phase == .connecting)
    #expect(error?.mayHaveBeenSent == false)
  }

  @Test("A name without address could not be resolved")
  func unresolved() async throws {
    let http = try HTTPTransport(
      TransportSettings(
        lookup: NameLookup { (name) throws(LookupFailure) in
          throw LookupFailure("no such name: \(name)")
        }))
    let call = OutboundCall("GET", "https://vendor.example/", policy: .publicHTTPS)
    let error = await failure { () async throws(TransportError) in try await http.answer(call) }
    #expect(error?.reason == .couldNotResolve)
    #expect(error?.phase == .lookingUp)
    #expect(error?.mayHaveBeenSent == false)
    #expect(error?.detail == "vendor.example: no such name: vendor.example")
  }

  @Test("The operating system's look-up refuses a name that cannot exist (RFC 6761)")
  func systemLookup() async throws {
    let call = OutboundCall("GET", "https://nothing.invalid/", policy: .publicHTTPS)
    #expect(await error(call)?.reason == .couldNotResolve)
  }

  @Test(
    "A connection that breaks after the request may have been too late for the server to know",
    arguments: ["/empty", "/reset", "/header", "/body", "/resetbody", "/chunk"])
  func broken(path: String) async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      switch path {
      case "/reset": peer.reset()
      case "/header": peer.send("HTTP/1.1 200 OK\r\nContent-Le")
      case "/body": peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour")
      case "/resetbody":
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour")
        peer.pause(milliseconds: 50)
        peer.reset()
      case "/chunk": peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
      default: break
      }
    }
    defer { server.stop() }
    let error = await error(server.call("POST", path))
    #expect(error?.reason == .connectionLost)
    #expect(error?.mayHaveBeenSent == true)
    #expect(server.received.count == 1)
  }

  @Test(
    "What is not HTTP is a malformed response",
    arguments: [
      "SSH-2.0-OpenSSH_9.2\r\n", "<html>hello</html>", "HTTP/1.1 abc\r\n\r\n", "HTTP/9.7 200 OK\r\n\r\n",
    ])
  func malformed(text: String) async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send(text)
    }
    defer { server.stop() }
    let error = await error(server.call("POST"))
    #expect(error?.reason == .malformedResponse)
    #expect(error?.mayHaveBeenSent == true)
  }

  @Test("A body that is not compressed as it claims is a malformed response")
  func malformedCompression() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.answer("this is no gzip", headers: ["Content-Encoding: gzip"])
    }
    defer { server.stop() }
    var call = server.call()
    call.acceptsCompression = true
    #expect(await error(call)?.reason == .malformedResponse)
  }

  /// The server answers once on each connection and swallows the second request that comes on it, as a server
  /// does that is restarted at the wrong moment: the client cannot know whether that second request was acted
  /// on.
  private func forgetfulServer() throws -> LoopbackServer {
    try LoopbackServer { peer in
      guard peer.request() != nil else { return }
      peer.answer("first on this connection")
      _ = peer.request()
    }
  }

  @Test("A paid request is not repeated when a kept connection breaks under it")
  func notPaidTwice() async throws {
    let server = try forgetfulServer()
    defer { server.stop() }
    _ = try await http.answer(server.call("POST", "/1"))
    let error = await error(server.call("POST", "/2"))
    #expect(error?.reason == .connectionLost)
    #expect(error?.mayHaveBeenSent == true)
    #expect(server.received.map(\.line) == ["POST /1 HTTP/1.1", "POST /2 HTTP/1.1"])
  }

  @Test("A request that does no harm twice is repeated on a new connection", arguments: ["GET", "POST"])
  func repeated(method: String) async throws {
    let server = try forgetfulServer()
    defer { server.stop() }
    _ = try await http.answer(server.call(method, "/1"))
    var call = server.call(method, "/2")
    // Such as a POST with an idempotency key.
    call.isIdempotent = true
    #expect(try await http.answer(call).text == "first on this connection")
    #expect(server.received.map(\.line).filter { $0.contains("/2") }.count == 2)
  }

  @Test(
    "A kept connection that the server has closed in the meantime is noticed before a paid request is sent")
  func staleConnection() async throws {
    let server = try LoopbackServer { peer in
      if peer.request() != nil { peer.answer("x") }
    }
    defer { server.stop() }
    for number in 1...5 {
      #expect(try await http.answer(server.call("POST", "/\(number)")).text == "x")
      #expect(try await eventually { server.open == 0 })
    }
    #expect(server.received.count == 5)
    #expect(server.accepted == 5)
  }

  private func connectFails(port: Int) -> Bool {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0
      }
    }
  }
}
