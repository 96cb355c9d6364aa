import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Synchronization
import Wire

/// Receives webhooks on a free port; refuses the first few when told to.
final class WebhookReceiver: Sendable {
  struct Message: Sendable {
    let headers: [String: String]
    let body: [UInt8]
    let at: ContinuousClock.Instant

    var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
  }

  private let state = Mutex<(messages: [Message], refusals: Int)>(([], 0))

  init(refusing refusals: Int = 0) { state.withLock { $0.refusals = refusals } }

  var messages: [Message] { state.withLock(\.messages) }

  /// Waits for a number of messages, at most a minute.
  func wait(for count: Int) async throws -> [Message] {
    for _ in 0..<6_000 where messages.count < count { try await Task.sleep(for: .milliseconds(10)) }
    return messages
  }

  /// Opens it while `body` runs; `body` is given its URL.
  func whileOpen(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
    let (ports, source) = AsyncStream<Int>.makeStream()
    let router = Hummingbird.Router()
    router.post("hook") { request, _ in
      let bytes = Array(try await request.body.collect(upTo: 1 << 22).readableBytesView)
      let headers = Dictionary(request.headers.map { ($0.name.canonicalName, $0.value) }) { $1 }
      let isRefused = self.state.withLock { state in
        state.messages.append(Message(headers: headers, body: bytes, at: .now))
        return state.messages.count <= state.refusals
      }
      return HTTPResponse.Status(code: isRefused ? 500 : 204)
    }
    var logger = Logger(label: "receiver")
    logger.logLevel = .critical
    let application = Hummingbird.Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { source.yield($0.localAddress?.port ?? 0) }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      guard let port = await ports.first(where: { _ in true }) else { return }
      defer { group.cancelAll() }
      let root = "http://127.0.0.1:\(port)"
      let result: Result<Void, any Error>
      do { result = .success(try await body(root + "/hook")) } catch { result = .failure(error) }
      await letIn(root)
      try result.get()
    }
  }
}

/// Calls a server that is about to be cancelled. When it has answered, whoever came before has been let in: one that is
/// cancelled while it lets somebody in ends the process.
func letIn(_ root: String) async { _ = try? await RawClient.call(root, "GET", "/street/vendors") }
