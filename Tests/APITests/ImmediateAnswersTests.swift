import NIOCore
import NIOEmbedded
import NIOHTTP1
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import API

/// Decisions answered where their bytes arrive: what is answered there, what is passed on, and in which order.
@Suite struct ImmediateAnswersTests {
  /// A connection whose bodies with `now` are answered at once, as `{}`.
  private struct Connection {
    let channel = EmbeddedChannel()

    init(limit: Int = 100, admits: @escaping (String?) -> Bool = { _ in true }) throws {
      try channel.pipeline.syncOperations.addHandler(
        ImmediateAnswers(
          date: HeaderDate(), limit: limit, admits: { admits($0) ? DecidingPass(tenant: $0) : nil }
        ) { body, pass in
          String(decoding: body, as: UTF8.self).contains("now") ? Array((pass.tenant ?? "{}").utf8) : nil
        })
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    func send(
      _ body: String..., to uri: String = "/v1/decisions", method: HTTPMethod = .POST,
      version: HTTPVersion = .http1_1, headers: HTTPHeaders = [:], isWhole: Bool = true
    ) throws {
      try channel.writeInbound(
        HTTPServerRequestPart.head(
          HTTPRequestHead(version: version, method: method, uri: uri, headers: headers)))
      for part in body { try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(string: part))) }
      if isWhole { try channel.writeInbound(HTTPServerRequestPart.end(nil)) }
    }

    /// What the routes got, in short.
    func passed() throws -> [String] {
      var parts: [String] = []
      while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
        switch part {
        case .head(let head): parts.append("\(head.method) \(head.uri)")
        case .body(let body): parts.append(String(buffer: body))
        case .end: parts.append("end")
        }
      }
      return parts
    }

    /// The bodies and statuses that left.
    func answered() throws -> [String] {
      var parts: [String] = []
      while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
        switch part {
        case .head(let head): parts.append("\(head.status.code)")
        case .body(.byteBuffer(let body)): parts.append(String(buffer: body))
        case .body: parts.append("a file")
        case .end: parts.append("end")
        }
      }
      return parts
    }

    /// The routes' answer to the earliest request that they have.
    func routesAnswer() throws {
      try channel.writeOutbound(
        HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .accepted)))
      try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }
  }

  @Test("a request whose key does not let it in at once goes to the routes, which say why")
  func keys() throws {
    let connection = try Connection { $0 == "Bearer good" }
    try connection.send("now", headers: ["Authorization": "Bearer good"])
    #expect(try connection.answered() == ["200", "Bearer good", "end"])
    try connection.send("now", headers: ["Authorization": "Bearer bad"])
    #expect(try connection.passed() == ["POST /v1/decisions", "now", "end"])
    #expect(try connection.answered() == [])
  }

  @Test("a decision that needs no waiting is answered on the loop, however its body is cut")
  func answers() throws {
    let connection = try Connection()
    try connection.send("decide now")
    try connection.send("decide ", "n", "ow")
    #expect(try connection.answered() == ["200", "{}", "end", "200", "{}", "end"])
    #expect(try connection.passed().isEmpty)
  }

  @Test("an answer has its type, its length, the date and the server's name")
  func headers() throws {
    let connection = try Connection()
    try connection.send("now")
    guard case .head(let head)? = try connection.channel.readOutbound(as: HTTPServerResponsePart.self) else {
      Issue.record("no head")
      return
    }
    #expect(head.headers["Content-Type"] == ["application/json"] && head.headers["Content-Length"] == ["2"])
    #expect(head.headers["Server"] == ["pointsman"] && head.headers["Date"].first?.hasSuffix("GMT") == true)
  }

  @Test(
    "what is no plain decision goes to the routes",
    arguments: [
      ("/v1/decisions", HTTPMethod.GET, HTTPVersion.http1_1, [:]),
      ("/v1/decisions?a=1", .POST, .http1_1, [:]), ("/v1/decisions:batch", .POST, .http1_1, [:]),
      ("/v1/decisions", .POST, .http1_0, [:]), ("/v1/decisions", .POST, .http1_1, ["Connection": "close"]),
      ("/v1/decisions", .POST, .http1_1, ["Expect": "100-continue"]),
    ] as [(String, HTTPMethod, HTTPVersion, HTTPHeaders)])
  func passes(_ uri: String, _ method: HTTPMethod, _ version: HTTPVersion, _ headers: HTTPHeaders) throws {
    let connection = try Connection()
    try connection.send("now", to: uri, method: method, version: version, headers: headers)
    #expect(try connection.passed() == ["\(method) \(uri)", "now", "end"])
    #expect(try connection.answered().isEmpty)
  }

  @Test("a decision that must wait goes to the routes whole, and no later one overtakes it")
  func keepsTheOrder() throws {
    let connection = try Connection()
    try connection.send("later")
    try connection.send("now")
    #expect(
      try connection.passed() == ["POST /v1/decisions", "later", "end", "POST /v1/decisions", "now", "end"])
    #expect(try connection.answered().isEmpty)
    try connection.routesAnswer()
    try connection.send("now")
    #expect(
      try connection.passed() == ["POST /v1/decisions", "now", "end"], "one of two is still unanswered")
    try connection.routesAnswer()
    try connection.routesAnswer()
    _ = try connection.answered()
    try connection.send("now")
    #expect(try connection.answered() == ["200", "{}", "end"])
  }

  @Test("a body beyond the limit is passed on as it comes")
  func passesLargeBodies() throws {
    let connection = try Connection(limit: 5)
    try connection.send("now", "now", "now")
    #expect(try connection.passed() == ["POST /v1/decisions", "nownow", "now", "end"])
  }

  @Test("a request without a body, or that the client never finishes, is not answered")
  func needsABody() throws {
    let connection = try Connection()
    try connection.send()
    #expect(try connection.passed() == ["POST /v1/decisions", "end"])
    let cut = try Connection()
    try cut.send("now", isWhole: false)
    #expect(try cut.answered().isEmpty && cut.passed().isEmpty)
  }

  @Test("before the server goes quiet, a request that has begun is handed on")
  func releasesBeforeQuiescing() throws {
    let connection = try Connection()
    try connection.send("no", isWhole: false)
    connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    #expect(try connection.passed() == ["POST /v1/decisions", "no"])
  }

  @Test("an idle connection is closed, also in the middle of a request, but not while an answer is owed")
  func closesIdleConnections() throws {
    func isOpen(_ prepare: (Connection) throws -> Void) throws -> Bool {
      let connection = try Connection()
      try prepare(connection)
      connection.channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.all)
      connection.channel.embeddedEventLoop.run()
      return connection.channel.isActive
    }
    #expect(try !isOpen { _ in })
    #expect(try !isOpen { try $0.send("now") })
    #expect(try !isOpen { try $0.send("now", isWhole: false) })
    #expect(try !isOpen { try $0.send("a", to: "/v1/feedback", isWhole: false) })
    #expect(try isOpen { try $0.send("later") })
  }

  @Test("over a socket: decisions, a mistake and a slow request in one write are answered in order")
  func pipelines() async throws {
    try await TestRouter.run(isLive: true) { router in
      let fast = #"{"capability":"text_to_video","intent":"a drone shot over fjords"}"#
      let keyed = #"{"capability":"text_to_video","intent":"a drone shot","idempotency_key":"k"}"#
      let bodies = [fast, "{", keyed, fast, fast]
      let socket = try PlainSocket(port: try #require(router.client.port))
      try socket.send(
        bodies.map {
          "POST /v1/decisions HTTP/1.1\r\nHost: a\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)"
        }
        .joined())
      let replies = try await socket.replies(bodies.count)
      #expect(replies.map(\.status) == [200, 400, 200, 200, 200])
      let ids = replies.compactMap { $0.json.text("/decision_id") }
      #expect(ids.count == 4 && ids == ids.sorted(), "ids are minted in order of time")
      #expect(Set(replies.map { $0.headers["server"] }) == ["pointsman"])
      #expect(try await router.counts().decisions == 4)
    }
  }

  @Test("the day the standard gives as its example")
  func date() {
    // RFC 9110, 5.6.7; date -u -d 'Sun, 06 Nov 1994 08:49:37 GMT' +%s
    #expect(HeaderDate.print(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HeaderDate.print(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
  }
}
