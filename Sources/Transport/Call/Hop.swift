/// One request of a call: the first, or the next after a redirect. Checked and ready to be sent.
struct Hop: Sendable {
  var method: String
  var address: WebAddress
  var headers: HeaderFields
  var body: CallBody

  /// The first hop of a call, or why the call cannot be made at all.
  init(_ call: OutboundCall) throws(TransportError) {
    guard HeaderFields.isToken(call.method), !["CONNECT", "TRACE"].contains(call.method) else {
      throw .refused(.invalidHeader, "'\(Hop.shown(call.method))' is not a method that can be called")
    }
    for field in call.headers.fields {
      guard HeaderFields.isToken(field.name) else {
        throw .refused(.invalidHeader, "'\(Hop.shown(field.name))' is not a header name")
      }
      guard HeaderFields.isValue(field.value) else {
        throw .refused(
          .invalidHeader, "the value of \(field.name) has a line break or another control character")
      }
      guard !Hop.framing.contains(field.name.lowercased()) else {
        throw .refused(.invalidHeader, "\(field.name) is set by the transport, not by the caller")
      }
    }
    if call.body != .none, ["GET", "HEAD"].contains(call.method) {
      throw .refused(.invalidBody, "a \(call.method) has no body")
    }
    method = call.method
    address = try WebAddress(call.url)
    headers = call.headers
    body = call.body
    if let refusal = call.policy.refusal(of: address) { throw refusal }
    if let signing = call.signing {
      let bytes: [UInt8]
      switch body {
      case .none: bytes = []
      case .bytes(let body): bytes = body
      case .file: throw .refused(.invalidBody, "a signed call needs its body as bytes, not as a file")
      }
      headers = signing.signed(method, address, headers, body: bytes, date: SignatureV4.dateNow())
    }
  }

  /// What an answer's redirect leads to; nil when the answer is the answer.
  func next(_ status: Int, _ location: String?, _ call: OutboundCall, done: Int) throws(TransportError)
    -> Hop?
  {
    guard case .followed(let most) = call.redirects, [301, 302, 303, 307, 308].contains(status), let location
    else {
      return nil
    }
    guard done < most else {
      throw refused(.tooManyRedirects, "more than \(most) redirects, the last to \(location)")
    }
    guard call.signing == nil else {
      throw refused(
        .forbiddenRedirect, "a signed request was redirected; its signature is for \(address.origin)")
    }
    var next = self
    do {
      next.address = try WebAddress(location, relativeTo: address)
    } catch {
      throw refused(
        .invalidURL, "the server redirects to something that is not allowed as a URL: \(error.detail)")
    }
    guard !(address.scheme == .https && next.address.scheme == .http) else {
      throw refused(.forbiddenRedirect, "the server redirects from https to http: \(next.address.origin)")
    }
    if let refusal = call.policy.refusal(of: next.address) {
      throw refused(refusal.reason, "redirected: \(refusal.detail)")
    }
    // RFC 9110, section 15.4: a 303 turns everything but HEAD into GET; by custom a 301 or 302 does it to
    // POST.
    if status == 303 && method != "HEAD" || (status == 301 || status == 302) && method == "POST" {
      next.method = "GET"
      next.body = .none
      next.headers = next.headers.filter { !$0.lowercased().hasPrefix("content-") }
    }
    if next.address.origin != address.origin {
      guard next.body == .none else {
        throw refused(.forbiddenRedirect, "the body would go to another origin: \(next.address.origin)")
      }
      next.headers = next.headers.filter { Hop.harmless.contains($0.lowercased()) }
    }
    return next
  }

  private func refused(_ reason: TransportError.Reason, _ detail: String) -> TransportError {
    TransportError(reason, .receiving, mayHaveBeenSent: true, detail)
  }

  /// Headers that frame the message or the connection.
  private static let framing = [
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection",
    "proxy-authorization", "te", "trailer", "upgrade", "expect",
  ]

  /// Headers that tell a stranger nothing. Vendors invent names for their credentials (`x-key`,
  /// `x-goog-api-key`), so what goes along to another origin is listed, not what stays.
  private static let harmless = [
    "accept", "accept-encoding", "accept-language", "cache-control", "if-modified-since", "if-none-match",
    "range",
    "user-agent",
  ]

  /// A few characters of something from outside that is not well-formed, without what could disturb a log.
  private static func shown(_ text: String) -> String {
    String(text.unicodeScalars.prefix(40).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
  }
}
