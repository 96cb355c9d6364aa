/// The body of an answer, piece by piece, for one reader.
///
/// At most ``TransportSettings/streamBuffer`` bytes and one network read wait here; beyond that the transfer
/// pauses, and the server's sending with it: a stream goes over HTTP/1.1, on a connection of its own.
public struct ByteStream: AsyncSequence, Sendable {
  public typealias Element = [UInt8]
  public typealias Failure = TransportError

  private let use: StreamUse

  init(_ use: StreamUse) { self.use = use }

  public func makeAsyncIterator() -> Iterator { Iterator(use: use) }

  /// What the call cost; nil until the body has ended.
  public var metrics: CallMetrics? { use.buffer.metrics }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let use: StreamUse

    public mutating func next() async throws(TransportError) -> [UInt8]? {
      try await next(isolation: nil)
    }

    /// The next piece, never empty; nil at the end. Cancelling the task cancels the call.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(TransportError) -> [UInt8]? {
      let use = use
      return try await withTaskCancellationHandler(
        operation: { await use.buffer.next() }, onCancel: { use.cancel() }
      ).get()
    }
  }
}

/// Keeps a streamed call alive for as long as somebody can read it.
final class StreamUse: Sendable {
  let buffer: ChunkBuffer
  let cancel: @Sendable () -> Void

  init(_ buffer: ChunkBuffer, cancel: @escaping @Sendable () -> Void) {
    self.buffer = buffer
    self.cancel = cancel
  }

  deinit { cancel() }
}
