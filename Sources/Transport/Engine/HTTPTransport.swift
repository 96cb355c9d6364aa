/// Makes HTTP calls: one thread for all of them, connections kept and shared, HTTP/2 where a server speaks it
/// over TLS.
///
/// TLS is always verified. A transport keeps its thread until it is closed or nothing refers to it any more.
public final class HTTPTransport: Sendable {
  private let driver: Driver
  private let settings: TransportSettings

  public init(_ settings: TransportSettings = TransportSettings()) throws(TransportError) {
    self.settings = settings
    driver = try Driver(settings)
  }

  deinit { driver.post(.close) }

  /// Makes a call and waits for the whole answer. Cancelling the task cancels the call.
  public func answer(_ call: OutboundCall) async throws(TransportError) -> HTTPAnswer {
    let result = OneShot<Result<HTTPAnswer, TransportError>>()
    let exchange = Exchange(call, try Hop(call), .whole(result))
    return try await wait(exchange) { await result.value() }.get()
  }

  /// Makes a call and waits for the head of the answer; the body follows. Cancelling the task, or dropping
  /// the body, cancels the call.
  public func stream(_ call: OutboundCall) async throws(TransportError) -> StreamedAnswer {
    let head = OneShot<Result<StreamHead, TransportError>>()
    let link = StreamLink(driver)
    let buffer = ChunkBuffer(capacity: settings.streamBuffer) { link.send { .resume($0) } }
    let exchange = Exchange(call, try Hop(call), .streamed(head: head, body: buffer))
    link.exchange = exchange
    let use = StreamUse(buffer) {
      exchange.cancel()
      link.send { .cancel($0) }
    }
    let start = try await wait(exchange) { await head.value() }.get()
    return StreamedAnswer(status: start.status, headers: start.headers, body: ByteStream(use))
  }

  /// Ends all calls with ``TransportError/Reason/closed`` and the thread with them. Later calls fail the same
  /// way.
  public func close() { driver.post(.close) }

  private func wait<Value: Sendable>(
    _ exchange: Exchange, _ value: @Sendable () async -> Result<Value, TransportError>
  ) async -> Result<Value, TransportError> {
    await withTaskCancellationHandler {
      if !driver.post(.start(exchange)) { exchange.fail(.refused(.closed, "the transport has been closed")) }
      return await value()
    } onCancel: {
      exchange.cancel()
      driver.post(.cancel(exchange))
    }
  }
}

/// What holds for all calls of a transport.
public struct TransportSettings: Sendable {
  /// The most calls to one host (scheme, name and port) at a time, and so the most connections to it. Further
  /// calls wait.
  public var callsPerHost: Int
  /// The most calls at a time in all. Each may need a file descriptor.
  public var calls: Int
  /// Where the server offers it, for answers that are taken whole; a streamed one has a connection of its own.
  public var allowsHTTP2: Bool
  /// `User-Agent` of calls that name none.
  public var userAgent: String
  /// Bytes of a streamed body that may wait for their reader.
  public var streamBuffer: Int
  public var lookup: NameLookup
  /// How long an address is used before its name is looked up again.
  public var lookupLifetime: Duration

  public init(
    callsPerHost: Int = 256, calls: Int = 768, allowsHTTP2: Bool = true, userAgent: String = "pointsman",
    streamBuffer: Int = 256 << 10, lookup: NameLookup = .system, lookupLifetime: Duration = .seconds(60)
  ) {
    self.callsPerHost = max(1, callsPerHost)
    self.calls = max(1, calls)
    self.allowsHTTP2 = allowsHTTP2
    self.userAgent = userAgent
    self.streamBuffer = max(1, streamBuffer)
    self.lookup = lookup
    self.lookupLifetime = lookupLifetime
  }
}

/// The way from a body's buffer back to its call, without keeping the call alive.
private final class StreamLink: @unchecked Sendable {
  private let driver: Driver
  /// Set once, before the exchange is handed to the driver.
  weak var exchange: Exchange?

  init(_ driver: Driver) { self.driver = driver }

  func send(_ message: (Exchange) -> Driver.Message) {
    if let exchange { driver.post(message(exchange)) }
  }
}
