import Glibc
import Testing
import Transport

@Suite("A call")
struct CallTests {
  let http: HTTPTransport

  init() throws { http = try HTTPTransport() }

  @Test("An answer has its status, its header lines in order with duplicates kept, and its body")
  func answer() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.answer(
        "hello", status: "418 I'm a teapot", headers: ["Set-Cookie: a=1", "x-one:  1 ", "SET-COOKIE: b=2"])
    }
    defer { server.stop() }
    let answer = try await http.answer(server.call())
    #expect(answer.status == 418)
    #expect(answer.text == "hello")
    #expect(answer.headers.values("set-cookie") == ["a=1", "b=2"])
    #expect(answer.headers["X-ONE"] == "1")
    #expect(answer.headers.fields.map(\.name) == ["Content-Length", "Set-Cookie", "x-one", "SET-COOKIE"])
    #expect(answer.metrics.httpVersion == "1.1")
    #expect(answer.metrics.remoteAddress == IPAddress("127.0.0.1"))
    #expect(answer.metrics.bytesReceived == 5)
  }

  @Test("A request goes out as it was given: line, header lines and body, and nothing that was not asked for")
  func request() async throws {
    let server = try LoopbackServer { peer in
      while peer.request() != nil { peer.answer() }
    }
    defer { server.stop() }
    var call = server.call("POST", "/a%2Fb?q=1&r=%20")
    call.headers = ["X-Key": "secret", "X-Empty": "", "Content-Type": "application/json"]
    call.body = .text(#"{"a":1}"#)
    _ = try await http.answer(call)
    _ = try await http.answer(server.call("POST"))
    _ = try await http.answer(server.call("DELETE"))
    let received = server.received
    #expect(
      received.map(\.line) == ["POST /a%2Fb?q=1&r=%20 HTTP/1.1", "POST / HTTP/1.1", "DELETE / HTTP/1.1"])
    #expect(received[0].header("x-key") == "secret")
    #expect(received[0].header("x-empty") == "")
    #expect(received[0].header("content-type") == "application/json")
    #expect(received[0].header("user-agent") == "pointsman")
    #expect(received[0].body == Array(#"{"a":1}"#.utf8))
    #expect(received[1].header("content-length") == "0")
    #expect(received[1].header("content-type") == nil)
    #expect(received[2].header("content-length") == nil)
    #expect(received.allSatisfy { $0.header("accept-encoding") == nil && $0.header("expect") == nil })
  }

  @Test("Bodies of all sizes arrive whole", arguments: [0, 1, 65_536, 65_537, 3_000_000])
  func bodies(size: Int) async throws {
    let server = try LoopbackServer { peer in
      guard let head = peer.head() else { return }
      // What a client with a large body asks before it sends it.
      if head.header("Expect") == "100-continue" { peer.send("HTTP/1.1 100 Continue\r\n\r\n") }
      let body = peer.bytes(Int(head.header("Content-Length") ?? "") ?? 0)
      peer.answer("\(body.count) \(body.reduce(0) { ($0 &* 31) &+ Int($1) })")
    }
    defer { server.stop() }
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let expected = "\(size) \(body.reduce(0) { ($0 &* 31) &+ Int($1) })"
    var call = server.call("PUT")
    call.body = .bytes(body)
    #expect(try await http.answer(call).text == expected)

    let path = temporaryFile("\(size)")
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(write(file, body, size) == size)
    close(file)
    defer { unlink(path) }
    call.body = .file(path: path)
    #expect(try await http.answer(call).text == expected)
  }

  @Test("A file that is not there is named before anything is sent")
  func missingFile() async throws {
    let server = try LoopbackServer { _ in }
    defer { server.stop() }
    var call = server.call("POST")
    call.body = .file(path: "/nonexistent/artefact.png")
    let error = await failure { () async throws(TransportError) in try await http.answer(call) }
    #expect(error?.reason == .invalidBody)
    #expect(error?.mayHaveBeenSent == false)
    #expect(error?.detail.contains("/nonexistent/artefact.png") == true)
    #expect(server.accepted == 0)
  }

  @Test("Interim answers are passed over: 100 and 103 come before the answer, not in its place")
  func interim() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
      peer.answer("done", headers: ["X-Final: yes"])
    }
    defer { server.stop() }
    let answer = try await http.answer(server.call())
    #expect(answer.status == 200)
    #expect(answer.headers["Link"] == nil)
    #expect(answer.headers["X-Final"] == "yes")
    #expect(answer.text == "done")
  }

  @Test("HEAD, 204 and 304 end with their header, whatever length they announce")
  func withoutBody() async throws {
    let server = try LoopbackServer { peer in
      while let request = peer.request() {
        if request.line.hasPrefix("HEAD") {
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        } else if request.line.contains("/204") {
          peer.send("HTTP/1.1 204 No Content\r\n\r\n")
        } else {
          peer.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99999999999\r\n\r\n")
        }
      }
    }
    defer { server.stop() }
    #expect(try await http.answer(server.call("HEAD")).status == 200)
    #expect(try await http.answer(server.call("GET", "/204")).status == 204)
    #expect(try await http.answer(server.call("GET", "/304")).headers["ETag"] == "\"x\"")
    #expect(server.accepted == 1)
  }

  @Test("A chunked body is put together, and its trailers are not taken for headers")
  func chunked() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
      peer.send("7;x=y\r\n, world\r\n0\r\nX-Trailer: 1\r\n\r\n")
    }
    defer { server.stop() }
    let answer = try await http.answer(server.call())
    #expect(answer.text == "hello, world")
    #expect(answer.headers["X-Trailer"] == nil)
  }

  /// A thousand letters: Python's `gzip.compress(b"a" * 1000, mtime=0)`.
  static let thousandLetters: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4B, 0x4C, 0x1C, 0x05, 0xA3, 0x60,
    0x14, 0x0C, 0x77, 0x00, 0x00, 0x03, 0xDA, 0x38, 0x9A, 0xE8, 0x03, 0x00, 0x00,
  ]

  @Test("Compression is asked for only on request, undone on request, and counted by what it becomes")
  func compression() async throws {
    let server = try LoopbackServer { peer in
      while peer.request() != nil {
        peer.send(
          "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(Self.thousandLetters.count)\r\n\r\n"
        )
        peer.send(Self.thousandLetters)
      }
    }
    defer { server.stop() }
    #expect(try await http.answer(server.call()).body == Self.thousandLetters)
    var call = server.call()
    call.acceptsCompression = true
    #expect(try await http.answer(call).text == String(repeating: "a", count: 1_000))
    #expect(server.received.map { $0.header("Accept-Encoding") } == [nil, "gzip, deflate"])
    // More than what comes over the network, less than what that becomes.
    call.maximumBodySize = 500
    let error = await failure { () async throws(TransportError) in try await http.answer(call) }
    #expect(error?.reason == .responseTooLarge)
  }

  @Test("One connection serves one call after the other")
  func keepAlive() async throws {
    let server = try LoopbackServer { peer in
      while peer.request() != nil { peer.answer("x") }
    }
    defer { server.stop() }
    var reused: [Bool] = []
    for _ in 0..<5 { reused.append(try await http.answer(server.call()).metrics.isConnectionReused) }
    #expect(reused == [false, true, true, true, true])
    #expect(server.accepted == 1)
  }

  @Test(
    "What could smuggle a second request or header is refused before anything is sent",
    arguments: [
      ("GET\r\nX: y", "X", "1"), ("GET /x", "X", "1"), ("", "X", "1"), ("CONNECT", "X", "1"),
      ("GET", "X", "1\r\nAuthorization: y"), ("GET", "X", "1\n"), ("GET", "X", "a\u{0}b"),
      ("GET", "X\r\nY", "1"),
      ("GET", "X Y", "1"), ("GET", "", "1"), ("GET", "X:", "1"), ("GET", "Host", "other.example"),
      ("POST", "content-length", "3"), ("POST", "Transfer-Encoding", "chunked"),
    ])
  func injection(method: String, name: String, value: String) async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer() } }
    defer { server.stop() }
    var call = server.call(method)
    call.headers.add(name, value)
    let error = await failure { () async throws(TransportError) in try await http.answer(call) }
    #expect(error?.reason == .invalidHeader)
    #expect(error?.mayHaveBeenSent == false)
    #expect(server.accepted == 0)
  }
}
