import Synchronization

/// Pieces of a body between the driver's thread, which fills, and one reader, which empties.
final class ChunkBuffer: Sendable {
  private struct State {
    var chunks: [[UInt8]] = []
    /// Of the first chunk not yet read.
    var first = 0
    var size = 0
    /// A piece was refused and waits at the driver.
    var isFull = false
    var reader: CheckedContinuation<Result<[UInt8]?, TransportError>, Never>?
    var end: Result<CallMetrics, TransportError>?
  }

  private let state = Mutex(State())
  private let capacity: Int
  /// Asks the driver for more; called without the lock.
  private let resume: @Sendable () -> Void

  init(capacity: Int, resume: @escaping @Sendable () -> Void) {
    self.capacity = capacity
    self.resume = resume
  }

  var metrics: CallMetrics? {
    state.withLock { state in
      if case .success(let metrics) = state.end { metrics } else { nil }
    }
  }

  /// Takes a piece in.
  ///
  /// - Returns: false when it is full: the same piece must be offered again after `resume` was called.
  func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !bytes.isEmpty else { return true }
    let (isTaken, reader) = state.withLock { state in
      guard state.size < capacity else {
        state.isFull = true
        return (false, nil as CheckedContinuation<Result<[UInt8]?, TransportError>, Never>?)
      }
      if let reader = state.reader {
        state.reader = nil
        return (true, reader)
      }
      state.chunks.append(Array(bytes))
      state.size += bytes.count
      return (true, nil)
    }
    reader?.resume(returning: .success(Array(bytes)))
    return isTaken
  }

  /// No more will come. What is in here can still be read, then the error is thrown.
  func finish(_ end: Result<CallMetrics, TransportError>) {
    let reader = state.withLock { state in
      state.end = state.end ?? end
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: end.map { _ in nil })
  }

  /// Waits for the next piece; nil at the end.
  func next() async -> Result<[UInt8]?, TransportError> {
    if let ready = take() { return ready }
    return await withCheckedContinuation { continuation in
      let ready: Result<[UInt8]?, TransportError>? = state.withLock { state in
        if let ready = ChunkBuffer.take(&state) { return ready }
        guard state.reader == nil else {
          return .failure(.refused(.closed, "a body has one reader, and another one is waiting for it"))
        }
        state.reader = continuation
        return nil
      }
      if let ready { continuation.resume(returning: ready) }
    }
  }

  private func take() -> Result<[UInt8]?, TransportError>? {
    let (ready, isRoom) = state.withLock { state in
      let ready = ChunkBuffer.take(&state)
      // Half empty, so that a full buffer does not stop and start with every piece.
      let isRoom = state.isFull && state.size <= capacity / 2
      if isRoom { state.isFull = false }
      return (ready, isRoom)
    }
    if isRoom { resume() }
    return ready
  }

  private static func take(_ state: inout State) -> Result<[UInt8]?, TransportError>? {
    if state.first < state.chunks.count {
      let chunk = state.chunks[state.first]
      state.chunks[state.first] = []
      state.first += 1
      state.size -= chunk.count
      if state.first == state.chunks.count {
        state.chunks.removeAll(keepingCapacity: true)
        state.first = 0
      }
      return .success(chunk)
    }
    return state.end.map { end in end.map { _ in nil } }
  }
}
