import Synchronization

/// A call on its way, as its caller and the driver share it.
final class Exchange: Sendable {
  let call: OutboundCall
  let first: Hop
  let sink: Sink
  private let cancelled = Atomic(false)

  /// Who gets what comes back.
  enum Sink {
    case whole(OneShot<Result<HTTPAnswer, TransportError>>)
    case streamed(head: OneShot<Result<StreamHead, TransportError>>, body: ChunkBuffer)
  }

  init(_ call: OutboundCall, _ first: Hop, _ sink: Sink) {
    self.call = call
    self.first = first
    self.sink = sink
  }

  /// Set before the driver is told, since the driver may see the news of the end before that of the start.
  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }
  func cancel() { cancelled.store(true, ordering: .releasing) }

  /// Ends a call that has no answer.
  func fail(_ error: TransportError) {
    switch sink {
    case .whole(let answer): answer.resume(.failure(error))
    case .streamed(let head, let body):
      head.resume(.failure(error))
      body.finish(.failure(error))
    }
  }
}

struct StreamHead: Sendable {
  let status: Int
  let headers: HeaderFields
}

/// A continuation that is resumed once; the value and the waiting may come in any order.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value, Never>)
    case ready(Value)
    case done
  }

  private let state = Mutex(State.empty)

  /// - Precondition: called once.
  func value() async -> Value {
    await withCheckedContinuation { continuation in
      let ready: Value? = state.withLock { state in
        if case .ready(let value) = state {
          state = .done
          return value
        }
        state = .waiting(continuation)
        return nil
      }
      if let ready { continuation.resume(returning: ready) }
    }
  }

  /// The first value counts.
  func resume(_ value: Value) {
    let continuation: CheckedContinuation<Value, Never>? = state.withLock { state in
      switch state {
      case .empty: state = .ready(value)
      case .waiting(let continuation):
        state = .done
        return continuation
      case .ready, .done: break
      }
      return nil
    }
    continuation?.resume(returning: value)
  }
}
