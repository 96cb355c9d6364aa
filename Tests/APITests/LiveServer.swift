import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ServiceLifecycle
import Synchronization

/// Who makes a test's calls: over a socket, or on the routes without one.
protocol Caller: Sendable {
  /// Nil without a socket.
  var port: Int? { get }

  func call(_ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: [UInt8]?) async throws
    -> Reply
}

/// An application behind a real socket for as long as a test runs.
///
/// HummingbirdTesting's `.live` gives an answer up after 20 s, which passes here and there on a busy machine, and sends
/// everything over one connection, where an answer waits for those before it.
enum LiveServer {
  /// - Parameters:
  ///   - application: listens on a free port of the loopback, and tells which.
  ///   - body: the test; the server shuts down when it returns.
  static func run<Server: ApplicationProtocol, Value: Sendable>(
    _ application: (_ onListening: @escaping @Sendable (Int) async -> Void) -> Server,
    _ body: @Sendable (any Caller) async throws -> Value
  ) async throws -> Value {
    let (ports, source) = AsyncStream<Int>.makeStream()
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [application { source.yield($0) }], logger: TestRouter.quiet))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { source.finish() }
        try await group.run()
      }
      guard let port = await ports.first(where: { _ in true }) else {
        try await tasks.waitForAll()
        throw CancellationError()
      }
      let caller = LiveCaller(to: port)
      let result: Result<Value, any Error>
      do {
        result = .success(try await body(caller))
      } catch {
        result = .failure(error)
      }
      await caller.close()
      await group.triggerGracefulShutdown()
      let value = try result.get()
      try await tasks.waitForAll()
      return value
    }
  }
}

/// Keeps its connections; calls at the same time have one each.
private final class LiveCaller: Caller {
  private struct Connections {
    var idle: [TestClient] = []
    var all: [TestClient] = []
  }

  /// More than any answer is held back (`Prefer: wait=60`) and a busy machine stands still.
  private static let patience = Duration.seconds(180)

  let port: Int?
  private let connect: @Sendable () -> TestClient
  private let connections = Mutex(Connections())

  init(to port: Int) {
    self.port = port
    connect = {
      let client = TestClient(
        host: "127.0.0.1", port: port, configuration: .init(timeout: LiveCaller.patience))
      client.connect()
      return client
    }
  }

  func call(_ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: [UInt8]?) async throws
    -> Reply
  {
    let connection = connections.withLock { connections in
      if let idle = connections.idle.popLast() { return idle }
      let new = connect()
      connections.all.append(new)
      return new
    }
    // One that fails is not used again.
    let response = try await connection.execute(
      TestClient.Request(
        path, method: method, authority: "localhost", headers: headers,
        body: body.map { ByteBuffer(bytes: $0) }))
    if response.head.headerFields[.connection] != "close" {
      connections.withLock { $0.idle.append(connection) }
    }
    return Reply(
      status: Int(response.head.status.code), headers: response.head.headerFields,
      bytes: response.body.map { Array($0.readableBytesView) } ?? [])
  }

  func close() async {
    for connection in connections.withLock({ $0.all }) { try? await connection.shutdown() }
  }
}

/// Calls the routes as HummingbirdTesting's `.router` does.
struct RouteCaller: Caller {
  let client: any TestClientProtocol

  var port: Int? { nil }

  func call(_ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: [UInt8]?) async throws
    -> Reply
  {
    let response = try await client.executeRequest(
      uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
    return Reply(
      status: Int(response.status.code), headers: response.headers,
      bytes: Array(response.body.readableBytesView))
  }
}
