import CCurl

/// A call as the driver sees it: how far its present hop has come, and what libcurl needs for it.
///
/// Belongs to the driver's thread.
final class Transfer {
  let exchange: Exchange
  unowned let loop: Loop
  var hop: Hop
  var phase = CallPhase.queued
  /// A connection was ready for a request of this call: from then on nobody can say that the server has not
  /// got it.
  var mayHaveBeenSent = false
  /// What a callback found wrong; it counts more than what libcurl makes of it.
  var failure: TransportError?
  /// An address that the policy refused.
  var refused: IPAddress?
  var redirect: Hop?
  /// Of the host or of its proxy, when they were looked up.
  var addresses: [IPAddress] = []
  /// Within the queue's limits.
  var isAdmitted = false
  /// Within libcurl.
  var isAdded = false
  private(set) var isEnded = false

  // Of the present hop.
  var header = HeaderBlock()
  /// How often a connection was ready for this hop's request.
  var attempts = 0
  var uploaded = 0
  var uploadSize = 0
  var upload: UploadFile?
  var bodySize = 0
  var isPaused = false
  private var handle: EasyHandle?
  private var lines: [LineList] = []

  // When.
  private let limits: NanosecondLimits
  let startedAt = Instant.now()
  private var lookUpAt: Instant?
  private var connectAt: Instant
  /// The last time that something went out or came in.
  var activeAt: Instant
  private var firstByteAt: Instant?
  private var metrics = CallMetrics()
  var redirects: Int { metrics.redirects }

  /// The body of an answer that is not streamed.
  var body: [UInt8] = []

  init(_ exchange: Exchange, _ loop: Loop) {
    self.exchange = exchange
    self.loop = loop
    hop = exchange.first
    limits = NanosecondLimits(exchange.call.limits)
    connectAt = startedAt
    activeAt = startedAt
  }

  var call: OutboundCall { exchange.call }

  /// Whether the call may go over HTTP/2, beside others on one connection.
  ///
  /// A streamed one may not. When its reader rests, libcurl 7.88 stops reading the whole connection as soon as a
  /// piece of the resting stream has arrived, and every other call on it waits until that reader goes on.
  var mayShareConnection: Bool {
    guard case .whole = exchange.sink else { return false }
    return loop.settings.allowsHTTP2 && hop.address.scheme == .https
  }

  // MARK: Progress

  func enter(_ next: CallPhase) {
    let now = Instant.now()
    if next == .lookingUp { lookUpAt = now }
    if phase == .lookingUp, let lookUpAt { metrics.nameLookup += now - lookUpAt }
    if next == .receiving { firstByteAt = firstByteAt ?? now }
    activeAt = now
    phase = next
  }

  /// The name that must be looked up before the hop can go; nil when the address is spelled out.
  func nameToLookUp() throws(TransportError) -> String? {
    guard let proxy = call.proxy else { return hop.address.literal == nil ? hop.address.host : nil }
    let address = try proxy.address()
    return IPAddress(address.host) == nil ? address.host : nil
  }

  /// Puts a handle to work on the hop.
  func begin(_ handle: EasyHandle) throws(TransportError) {
    self.handle = handle
    // The time for connecting includes the look-up, but not the waiting for a place.
    enter(.connecting)
    connectAt = activeAt.advanced(by: lookUpAt == nil ? 0 : -metrics.nameLookup.nanoseconds)
    lines = try TransferOptions(self, loop.settings).apply(to: handle)
  }

  /// Gives the handle back, with all that it referred to.
  func takeHandle() -> EasyHandle? {
    defer {
      handle = nil
      upload = nil
    }
    return handle
  }

  /// After ``takeHandle()`` of a hop that led to another one.
  func follow(_ next: Hop) {
    hop = next
    redirect = nil
    header.reset()
    attempts = 0
    uploaded = 0
    bodySize = 0
    lookUpAt = nil
    addresses = []
    metrics.redirects += 1
    phase = .queued
  }

  /// The reader of a streamed body has room again.
  ///
  /// - Returns: an error when the piece that waited was refused this time, of which libcurl tells nobody
  ///   else.
  func resume() -> CURLcode {
    guard isPaused, isAdded, let handle else { return CURLE_OK }
    isPaused = false
    activeAt = .now()
    return curl_easy_pause(handle.easy, CURLPAUSE_CONT)
  }

  // MARK: Deadlines

  /// When the transfer is too late, and by which limit.
  func deadline() -> (instant: Instant, phase: TimedPhase) {
    let total = startedAt.advanced(by: limits.total)
    let other: (instant: Instant, phase: TimedPhase)
    switch phase {
    case .preparing, .queued: other = (.never, .total)
    case .lookingUp: other = ((lookUpAt ?? startedAt).advanced(by: limits.connect), .connect)
    case .connecting: other = (connectAt.advanced(by: limits.connect), .connect)
    case .sending, .waiting: other = (activeAt.advanced(by: limits.firstByte), .firstByte)
    case .receiving: other = (isPaused ? .never : activeAt.advanced(by: limits.idle), .idle)
    }
    return other.instant < total ? other : (total, .total)
  }

  func timeText(_ phase: TimedPhase) -> String {
    let limits = call.limits
    return switch phase {
    case .connect: "no connection to \(hop.address.origin) within \(limits.connect)"
    case .firstByte: "no answer from \(hop.address.origin) within \(limits.firstByte ?? .zero)"
    case .idle: "nothing more from \(hop.address.origin) for \(limits.idle ?? .zero)"
    case .total: "not finished within \(limits.total ?? .zero)"
    }
  }

  // MARK: The end

  /// An error at the present point.
  func error(_ reason: TransportError.Reason, _ detail: String) -> Result<Void, TransportError> {
    .failure(TransportError(reason, phase, mayHaveBeenSent: mayHaveBeenSent, detail))
  }

  /// What libcurl's result means.
  func outcome(_ code: CURLcode) -> Result<Void, TransportError> {
    if let handle { measure(handle) }
    if let failure { return .failure(failure) }
    // A redirect whose body was too long to be read to its end is a redirect all the same.
    if redirect != nil { return .success(()) }
    if code == CURLE_OK {
      // libcurl takes a connection that ends within the header for an answer without body.
      guard header.isComplete else {
        return error(.connectionLost, "\(hop.address.origin): the connection ended within the header")
      }
      return .success(())
    }
    if let refused, phase <= .connecting {
      return error(
        .forbiddenAddress,
        "\(hop.address.host) is at \(refused), where this call may not go; its policy can allow the range"
      )
    }
    let text = handle?.text(code) ?? ""
    return error(CurlFailure.reason(code, phase), "\(hop.address.origin): \(text)")
  }

  /// Tells the caller.
  func end(_ outcome: Result<Void, TransportError>) {
    isEnded = true
    metrics.total = Instant.now() - startedAt
    metrics.firstByte = firstByteAt.map { $0 - startedAt }
    switch (exchange.sink, outcome) {
    case (_, .failure(let error)): exchange.fail(error)
    case (.whole(let result), .success):
      result.resume(
        .success(HTTPAnswer(status: header.status, headers: header.fields, body: body, metrics: metrics)))
    case (.streamed(_, let buffer), .success): buffer.finish(.success(metrics))
    }
  }

  private func measure(_ handle: EasyHandle) {
    metrics.isConnectionReused = handle.number(CURLINFO_NUM_CONNECTS) == 0
    if !metrics.isConnectionReused {
      let connected = handle.offset(CURLINFO_CONNECT_TIME_T)
      metrics.connect = .microseconds(max(0, connected - handle.offset(CURLINFO_NAMELOOKUP_TIME_T)))
      metrics.tls = .microseconds(max(0, handle.offset(CURLINFO_APPCONNECT_TIME_T) - connected))
    }
    metrics.remoteAddress = handle.text(CURLINFO_PRIMARY_IP).flatMap { IPAddress($0) }
    metrics.httpVersion = Transfer.version(handle.number(CURLINFO_HTTP_VERSION))
    metrics.bytesSent += handle.number(CURLINFO_REQUEST_SIZE) + handle.offset(CURLINFO_SIZE_UPLOAD_T)
    metrics.bytesReceived = handle.offset(CURLINFO_SIZE_DOWNLOAD_T)
  }

  private static func version(_ number: Int) -> String {
    switch number {
    case CURL_HTTP_VERSION_1_0: "1.0"
    case CURL_HTTP_VERSION_1_1: "1.1"
    case CURL_HTTP_VERSION_2_0: "2"
    default: ""
    }
  }

  /// The transfer to which a handle of libcurl belongs.
  static func of(_ easy: UnsafeMutableRawPointer?) -> Transfer? {
    guard let easy else { return nil }
    var pointer: UnsafeMutableRawPointer?
    _ = ccurl_get_pointer(easy, CURLINFO_PRIVATE, &pointer)
    return pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }
}
