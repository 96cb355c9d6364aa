import HTTPTypes
import Hummingbird
import Routing
import Serving
import Wire

/// For every route that spends: the same request under the same `Idempotency-Key` is carried out once.
extension IdempotencyGate {
  /// What an answer is kept under.
  struct Keep: Sendable {
    var key: String
    var digest: [UInt8]
    var mint: @Sendable () -> Identifier
    var now: Instant

    /// - Parameter id: of the decision behind it, where there is one.
    func answer(_ body: [UInt8], id: Identifier? = nil) -> Answer {
      Answer(key: key, digest: digest, decision: id ?? mint(), body: body, at: now)
    }
  }

  /// Carries a request out, or gives the answer that its key has already. Keys are their caller's own.
  ///
  /// - Parameters:
  ///   - route: its method and path; keys of different routes do not meet.
  ///   - field: a key that stands in the body.
  ///   - work: makes the answer. With a `Keep` it has that answer committed in the transaction that spends.
  /// - Returns: the answer, and the headers that go with it.
  /// - Throws: 409 when the key came with another body, 400 for a key that is none.
  func once(
    _ request: Request, _ route: String, body: [UInt8], field: String? = nil,
    _ work: (Keep?) async throws -> [UInt8]
  ) async throws -> (bytes: [UInt8], headers: HTTPFields) {
    guard let name = try IdempotencyKey.read(request, or: field, at: "/idempotency_key") else {
      return (try await work(nil), [:])
    }
    let scope = Caller.current.scope + route + " "
    let (bytes, isReplay) = try await answer(scope: scope, key: name, body: body) { digest in
      try await work(
        Keep(key: scope + name, digest: digest, mint: service.mintIdentifier, now: service.clock.now))
    }
    return (bytes, isReplay ? [.idempotentReplay: "true"] : [:])
  }
}
