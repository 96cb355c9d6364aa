@testable import API
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import Synchronization
import TestSupport
import Testing
import Wire

@Suite struct EventStreamTests {
  @Test("an entry is its number, its kind, and one line of JSON with the time and the detail")
  func rendering() {
    let entry = JobLogEntry(
      number: 3, at: Sample.at(), kind: .attemptFailed, detail: Array(#"{"candidate":"fal/veo"}"#.utf8))
    #expect(
      String(buffer: EventStream.event(entry)) == """
        id: 3
        event: attempt_failed
        data: {"at":"2026-11-20T10:00:00.000Z","candidate":"fal/veo"}


        """)
    let bare = JobLogEntry(number: 1, at: Sample.at(), kind: .queued, detail: Array("{}".utf8))
    #expect(
      String(buffer: EventStream.event(bare)).contains("data: {\"at\":\"2026-11-20T10:00:00.000Z\"}\n\n"))
  }

  @Test("a stream ends with its elements, and says something while there are none")
  func heartbeat() async throws {
    let source = Source()
    try await source.serve(heartbeat: .milliseconds(20)) { _, port in
      let socket = try PlainSocket(port: port)
      try socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      source.line.yield(1)
      try await socket.wait(for: "1\n\n")
      // One at the front, and at least one in the silence.
      try await socket.wait(for: ":\n\n", times: 2)
      source.line.yield(2)
      source.line.finish()
      try await socket.wait(for: "2\n\n")
      try await socket.wait(for: "0\r\n\r\n")
    }
  }

  @Test("a client that goes away ends what it listened to")
  func disconnect() async throws {
    let source = Source()
    try await source.serve(heartbeat: .milliseconds(20)) { _, port in
      try Self.connectAndLeave(port)
      #expect(try await eventually { source.hasEnded })
    }
  }

  @Test("a stream that fails does not end as if it were whole")
  func failure() async throws {
    let source = Source()
    try await source.serve(heartbeat: .seconds(60)) { client, _ in
      source.line.finish(throwing: POSIXError(.EIO))
      await #expect(throws: (any Error).self) {
        try await client.call(.get, "/", headers: [:], body: nil)
      }
    }
  }

  @Test("a server that shuts down ends its streams")
  func shutdown() async throws {
    let source = Source()
    // The test's server shuts down when this body returns, and would wait for a stream that does not end.
    let socket = try await source.serve(heartbeat: .seconds(600)) { _, port in
      let socket = try PlainSocket(port: port)
      try socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await eventually { source.isOpen })
      return Kept(socket)
    }
    #expect(try await eventually { source.hasEnded })
    withExtendedLifetime(socket) {}
  }

  private static func connectAndLeave(_ port: Int) throws {
    let socket = try PlainSocket(port: port)
    try socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  }
}

/// Keeps a socket open beyond the task that opened it.
private final class Kept: @unchecked Sendable {
  let socket: PlainSocket

  init(_ socket: PlainSocket) { self.socket = socket }
}

/// A stream of numbers behind a server.
private final class Source: Sendable {
  private let stream: AsyncThrowingStream<Int, any Error>
  let line: AsyncThrowingStream<Int, any Error>.Continuation
  private let state = Mutex((isOpen: false, hasEnded: false))

  init() {
    (stream, line) = AsyncThrowingStream<Int, any Error>.makeStream()
    line.onTermination = { [weak self] _ in self?.state.withLock { $0.hasEnded = true } }
  }

  var isOpen: Bool { state.withLock { $0.isOpen } }
  var hasEnded: Bool { state.withLock { $0.hasEnded } }

  func serve<Result: Sendable>(
    heartbeat: Duration, _ body: @escaping @Sendable (any Caller, Int) async throws -> Result
  ) async throws -> Result {
    let router = Router(context: BasicRequestContext.self)
    router.get("/") { _, _ in
      self.state.withLock { $0.isOpen = true }
      return Response(
        status: .ok,
        body: EventStream.body(self.stream, heartbeat: heartbeat) { ByteBuffer(string: "\($0)\n\n") })
    }
    return try await LiveServer.run({ onListening in
      Application(
        router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { await onListening($0.localAddress!.port!) }, logger: TestRouter.quiet)
    }) { client in try await body(client, client.port!) }
  }
}

/// Waits for a condition, a minute and more.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
  for _ in 0..<3_000 {
    if try await condition() { return true }
    try? await Task.sleep(for: .milliseconds(20))
  }
  return try await condition()
}
