/// One HTTP call that is to be made: an immutable value.
public struct OutboundCall: Sendable {
  /// An HTTP method, in its exact spelling: `GET`, `POST`.
  public var method: String
  /// An absolute http or https URL without user name and password.
  public var url: String
  /// Header lines to send. Those that frame the message (`Host`, `Content-Length`, `Transfer-Encoding`,
  /// `Connection`, `Expect`, …) are the transport's own and are refused here.
  public var headers: HeaderFields
  public var body: CallBody
  /// Where this call may go, redirects included.
  public var policy: OutboundPolicy
  public var limits: TimeLimits
  /// The most body bytes to accept, counted after decompression. A streamed body is cut at the same number.
  public var maximumBodySize: Int
  public var redirects: RedirectPolicy
  /// Whether the server may be asked to compress its answer, which is then decompressed here.
  public var acceptsCompression: Bool
  /// Whether sending it twice does no harm. When it does harm, a connection that breaks after the request was
  /// handed to it ends the call, and nothing is sent again. Nil leaves it to the method: `GET`, `HEAD`,
  /// `OPTIONS`, `PUT` and `DELETE` are idempotent (RFC 9110, section 9.2.2).
  public var isIdempotent: Bool?
  /// Signs the request with AWS Signature Version 4.
  public var signing: SignatureV4?
  public var proxy: ProxySettings?
  /// A PEM file with the authorities to trust *instead of* the system's: a private authority.
  public var certificateAuthorityFile: String?

  public init(
    _ method: String = "GET", _ url: String, headers: HeaderFields = [:], body: CallBody = .none,
    policy: OutboundPolicy, limits: TimeLimits = TimeLimits(), maximumBodySize: Int = 32 << 20,
    redirects: RedirectPolicy = .returned, acceptsCompression: Bool = false, isIdempotent: Bool? = nil,
    signing: SignatureV4? = nil, proxy: ProxySettings? = nil, certificateAuthorityFile: String? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.policy = policy
    self.limits = limits
    self.maximumBodySize = maximumBodySize
    self.redirects = redirects
    self.acceptsCompression = acceptsCompression
    self.isIdempotent = isIdempotent
    self.signing = signing
    self.proxy = proxy
    self.certificateAuthorityFile = certificateAuthorityFile
  }
}

/// What a call sends.
public enum CallBody: Sendable, Equatable {
  case none
  case bytes([UInt8])
  /// The whole of a file, read while it is sent.
  case file(path: String)

  public static func text(_ text: String) -> CallBody { .bytes(Array(text.utf8)) }
}

/// How long the phases of a call may take. Nil is no limit.
public struct TimeLimits: Sendable, Equatable {
  /// Name look-up, TCP and TLS together; waiting for a free place at the host does not count.
  public var connect: Duration
  /// From the last request byte handed to the network to the first byte of the answer.
  public var firstByte: Duration?
  /// Between two pieces of the answer. The time in which a streamed body waits for its reader does not count.
  public var idle: Duration?
  /// The whole call: waiting for a place, redirects and body included.
  public var total: Duration?

  public init(
    connect: Duration = .seconds(10), firstByte: Duration? = .seconds(60), idle: Duration? = .seconds(60),
    total: Duration? = .seconds(300)
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.idle = idle
    self.total = total
  }
}

/// What becomes of a 301, 302, 303, 307 or 308 with a `Location`.
public enum RedirectPolicy: Sendable, Equatable {
  /// It is the answer.
  case returned
  /// It is followed, at most so many times. Each hop is checked against the call's policy; https never leads
  /// to http; at another origin only the harmless headers go along, and a body never does.
  case followed(atMost: Int)
}

/// A proxy that the operator named. Its own address is not held against the policy; the target's host is.
///
/// With a proxy the proxy resolves the target's name, so the target's *address* cannot be checked here,
/// except where the URL spells it out.
public struct ProxySettings: Sendable, Equatable {
  /// `http://host:port`, `https://host:port` or `socks5h://host:port`.
  public var url: String
  public var user: String?
  public var password: String?

  public init(url: String, user: String? = nil, password: String? = nil) {
    self.url = url
    self.user = user
    self.password = password
  }
}
