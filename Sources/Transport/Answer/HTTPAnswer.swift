/// What a server answered, whole.
public struct HTTPAnswer: Sendable {
  public let status: Int
  public let headers: HeaderFields
  public let body: [UInt8]
  public let metrics: CallMetrics

  /// The body as text; what is not UTF-8 in it is replaced.
  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// What a server answered, with the body still on its way.
///
/// When nothing refers to the body any more, the call is cancelled.
public struct StreamedAnswer: Sendable {
  public let status: Int
  public let headers: HeaderFields
  public let body: ByteStream
}

/// What a call cost in time, and by which way it went.
public struct CallMetrics: Sendable, Equatable {
  /// Zero when the name was known.
  public var nameLookup: Duration = .zero
  /// TCP; zero on a connection that was kept.
  public var connect: Duration = .zero
  /// The TLS handshake; zero on a connection that was kept.
  public var tls: Duration = .zero
  /// From the start of the call to the first byte of the answer; nil when there was none.
  public var firstByte: Duration?
  public var total: Duration = .zero
  /// Of the server, or of the proxy.
  public var remoteAddress: IPAddress?
  /// Whether the last request went over a connection that was open before.
  public var isConnectionReused = false
  /// 1.0, 1.1, 2: as text; empty before the first answer.
  public var httpVersion = ""
  /// Request lines, header and body of all hops.
  public var bytesSent = 0
  /// Body bytes of the last hop as they came over the network.
  public var bytesReceived = 0
  public var redirects = 0

  public init() {}
}
