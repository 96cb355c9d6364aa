import Routing
import Serving
import ServiceLifecycle

/// Work whose end a client may wait for (`Prefer: wait`, RFC 7240).
protocol AwaitedWork: Sendable {
  associatedtype View: Sendable

  /// How it stands; nil for work that nobody knows.
  func view(_ id: Identifier) async throws -> View?

  /// How it stands when it is over, the time is, or the task is cancelled.
  func view(_ id: Identifier, within limit: Span) async throws -> View?
}

extension AwaitedWork {
  /// How it stands when it is over, the time is, or the router shuts down. Nothing is waited for in no time.
  func view(_ id: Identifier, waiting seconds: Int) async throws -> View? {
    guard seconds > 0 else { return try await view(id) }
    do {
      return try await cancelWhenGracefulShutdown {
        try await view(id, within: .seconds(Int64(seconds)))
      }
    } catch is CancellationError {
      return try await view(id)
    }
  }
}

extension JobService: AwaitedWork {
  func view(_ id: Identifier, within limit: Span) async throws -> JobView? {
    try await wait(for: id, atMost: limit)
  }
}

extension GenerationService: AwaitedWork {
  func view(_ id: Identifier, within limit: Span) async throws -> GenerationView? {
    await wait(for: id, atMost: .microseconds(limit.microseconds))
    return try await view(id)
  }
}
