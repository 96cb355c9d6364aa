import CCurl

/// An http or https URL as libcurl reads it: the parser that checks is the parser that connects.
///
/// The text is normalised: the scheme and the host in lower case, an internationalised host in its ASCII
/// form, IPv4 in any of its old spellings (`0x7f.1`, `2130706433`) as four decimal numbers, dot segments
/// removed.
struct WebAddress: Sendable, Equatable {
  let text: String
  let scheme: OutboundPolicy.Scheme
  /// In lower case; an IPv6 address in square brackets.
  let host: String
  let port: Int
  /// With its percent-encoding, at least `/`.
  let path: String
  /// Without the question mark.
  let query: String?

  /// The address, when the host is one.
  var literal: IPAddress? {
    host.utf8.last.map { $0 == 0x5D || (0x30...0x39).contains($0) } == true ? IPAddress(host) : nil
  }

  /// What two URLs must share to be of one origin.
  var origin: String { "\(scheme.rawValue)://\(host):\(port)" }

  /// The `Host` line's value: without the port where it is the scheme's usual one.
  var authority: String { port == (scheme == .https ? 443 : 80) ? host : "\(host):\(port)" }

  /// Reads an absolute URL, or, with a base, one that is relative to it.
  init(_ text: String, relativeTo base: WebAddress? = nil) throws(TransportError) {
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw .refused(.invalidURL, "the URL has a control character")
    }
    guard let url = curl_url() else { throw .refused(.invalidURL, "out of memory") }
    defer { curl_url_cleanup(url) }
    if let base { try WebAddress.set(url, base.text) }
    try WebAddress.set(url, text)

    // A name and a password in a URL are more often a trap (`https://good.example@evil.example/`) than a
    // login.
    for (part, name) in [
      (CURLUPART_USER, "user name"), (CURLUPART_PASSWORD, "password"), (CURLUPART_ZONEID, "zone"),
    ]
    where WebAddress.get(url, part) != nil {
      throw .refused(.invalidURL, "the URL has a \(name), which is not allowed; send credentials as a header")
    }
    guard let name = WebAddress.get(url, CURLUPART_SCHEME), let scheme = OutboundPolicy.Scheme(rawValue: name)
    else {
      throw .refused(.invalidURL, "the URL must begin with https:// or http://")
    }
    guard let host = WebAddress.get(url, CURLUPART_HOST, UInt32(CURLU_PUNYCODE))?.lowercased(), !host.isEmpty
    else {
      throw .refused(.invalidURL, "the URL has no host, or one that cannot be written in ASCII")
    }
    guard host.hasPrefix("[") || host.utf8.allSatisfy(WebAddress.isHostByte), !host.hasSuffix(".") else {
      throw .refused(
        .invalidURL, "the host '\(host)' has a character that host names do not have, or ends in a dot")
    }
    guard let port = WebAddress.get(url, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) }),
      (1...65_535).contains(port)
    else { throw .refused(.invalidURL, "the URL's port is not a number from 1 to 65535") }
    // The fragment stays with the client. Setting the host puts its lower-case, ASCII form into the text as
    // well.
    curl_url_set(url, CURLUPART_FRAGMENT, nil, 0)
    curl_url_set(url, CURLUPART_HOST, host, 0)
    guard let normal = WebAddress.get(url, CURLUPART_URL, UInt32(CURLU_PUNYCODE)) else {
      throw .refused(.invalidURL, "the URL cannot be written in ASCII")
    }
    self.text = normal
    self.scheme = scheme
    self.host = host
    self.port = port
    self.path = WebAddress.get(url, CURLUPART_PATH) ?? "/"
    self.query = WebAddress.get(url, CURLUPART_QUERY)
  }

  private static func set(_ url: OpaquePointer, _ text: String) throws(TransportError) {
    // Without CURLU_GUESS_SCHEME an address without a scheme is an error, and without
    // CURLU_NON_SUPPORT_SCHEME one with a scheme that this libcurl does not speak.
    let code = curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_URLENCODE))
    guard code == CURLUE_OK else {
      throw .refused(.invalidURL, curl_url_strerror(code).map { String(cString: $0) } ?? "not a URL")
    }
  }

  private static func get(_ url: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2E
      || byte == 0x5F
  }
}
