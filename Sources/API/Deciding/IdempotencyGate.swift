import Crypto
import HTTPTypes
import Routing
import Serving
import Synchronization

/// Lets a request under one key run once: who comes while it runs waits for it, who comes later gets the same answer.
final class IdempotencyGate: Sendable {
  private struct Running {
    var digest: [UInt8]
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let running = Mutex<[String: Running]>([:])
  let service: RoutingService

  init(_ service: RoutingService) { self.service = service }

  /// - Parameters:
  ///   - scope: put before the key where it is kept, so that requests of different kinds do not meet.
  ///   - body: what must be the same for the same key.
  ///   - work: makes the answer and has it committed with the digest that it is given, under the scope and the key.
  /// - Returns: the answer's bytes, and whether they are a replay.
  /// - Throws: 409 when the key was used with another body.
  func answer(
    scope: String = "", key name: String, body: [UInt8], _ work: (_ digest: [UInt8]) async throws -> [UInt8]
  ) async throws -> (bytes: [UInt8], isReplay: Bool) {
    let key = scope + name
    let digest = Array(SHA256.hash(data: body))
    while true {
      let isMine = try running.withLock { running throws(Problem) -> Bool in
        guard let other = running[key] else {
          running[key] = Running(digest: digest)
          return true
        }
        guard other.digest == digest else { throw IdempotencyGate.conflict(name) }
        return false
      }
      if isMine { break }
      await withCheckedContinuation { continuation in
        let isOver = running.withLock { running in
          guard running[key] != nil else { return true }
          running[key]!.waiters.append(continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    }
    defer {
      let waiters = running.withLock { $0.removeValue(forKey: key)?.waiters ?? [] }
      waiters.forEach { $0.resume() }
    }
    if let stored = try service.ledger.answer(key: key) {
      guard stored.digest == digest else { throw IdempotencyGate.conflict(name) }
      return (stored.body, true)
    }
    return (try await work(digest), false)
  }

  private static func conflict(_ key: String) -> Problem {
    Problem(
      .conflict, "idempotency-conflict", "The key was used for another request",
      "idempotency_key '\(key)' came before with another body; use a new key")
  }
}
