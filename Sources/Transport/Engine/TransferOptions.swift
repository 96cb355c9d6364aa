import CCurl
import Glibc

/// Tells libcurl what a hop is.
struct TransferOptions {
  private let transfer: Transfer
  private let settings: TransportSettings

  /// Bodies up to this size go out together with the header; larger ones are asked for piece by piece, so
  /// that their progress is seen.
  private static let mostAtOnce = 64 << 10

  init(_ transfer: Transfer, _ settings: TransportSettings) {
    self.transfer = transfer
    self.settings = settings
  }

  private var call: OutboundCall { transfer.call }
  private var hop: Hop { transfer.hop }

  /// - Returns: what must live as long as the handle works.
  func apply(to handle: EasyHandle) throws(TransportError) -> [LineList] {
    let own = Unmanaged.passUnretained(transfer).toOpaque()
    handle.set(CURLOPT_URL, hop.address.text)
    handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
    handle.set(CURLOPT_NOSIGNAL, 1)
    handle.set(CURLOPT_TCP_KEEPALIVE, 1)
    // The driver keeps the time; libcurl's own limit for connecting would count the name look-up differently.
    handle.set(CURLOPT_CONNECTTIMEOUT_MS, 86_400_000)
    handle.set(
      CURLOPT_HTTP_VERSION,
      transfer.mayShareConnection ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
    handle.set(CURLOPT_PRIVATE, pointer: own)
    TransferCallbacks.install(on: handle, own)
    try applyTLS(to: handle)
    var lists = [try applyBody(to: handle)]
    if let addresses = try applyProxy(to: handle) { lists.append(addresses) }
    if call.acceptsCompression { handle.set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate") }
    return lists
  }

  private func applyTLS(to handle: EasyHandle) throws(TransportError) {
    handle.set(CURLOPT_SSL_VERIFYPEER, 1)
    handle.set(CURLOPT_SSL_VERIFYHOST, 2)
    handle.set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    guard let file = call.certificateAuthorityFile else { return }
    guard access(file, R_OK) == 0 else {
      throw .refused(.invalidSettings, "the certificate authority file \(file) cannot be read")
    }
    handle.set(CURLOPT_CAINFO, file)
    _ = ccurl_set_text(handle.easy, CURLOPT_CAPATH, nil)
  }

  /// Method, body and header lines.
  private func applyBody(to handle: EasyHandle) throws(TransportError) -> LineList {
    transfer.uploadSize = 0
    switch hop.body {
    case .none:
      transfer.upload = nil
      if hop.method == "HEAD" {
        handle.set(CURLOPT_NOBODY, 1)
      } else if ["POST", "PUT", "PATCH"].contains(hop.method) {
        // With a `Content-Length: 0`, as servers expect of them.
        applyBytes([], to: handle)
      }
    case .bytes(let bytes): applyBytes(bytes, to: handle)
    case .file(let path):
      let file = try UploadFile(path)
      transfer.upload = file
      applyPieces(file.size, to: handle)
    }
    // Set last: it replaces the word that the options above choose and nothing else.
    if !["GET", "HEAD"].contains(hop.method) { handle.set(CURLOPT_CUSTOMREQUEST, hop.method) }

    let list = LineList()
    for field in hop.headers.fields {
      // Without a semicolon in the place of the colon a line without value would *remove* a header.
      list.add(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    if hop.headers["User-Agent"] == nil, !settings.userAgent.isEmpty {
      list.add("User-Agent: \(settings.userAgent)")
    }
    // libcurl would call every body a form.
    if hop.headers["Content-Type"] == nil { list.add("Content-Type:") }
    _ = ccurl_set_list(handle.easy, CURLOPT_HTTPHEADER, list.first)
    return list
  }

  private func applyBytes(_ bytes: [UInt8], to handle: EasyHandle) {
    guard bytes.count <= TransferOptions.mostAtOnce else { return applyPieces(bytes.count, to: handle) }
    handle.set(CURLOPT_POST, 1)
    _ = ccurl_set_offset(handle.easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
    // One byte more than counts: an empty array may have no address, and no address means: ask the read
    // function.
    var copy = bytes + [0]
    _ = ccurl_set_pointer(handle.easy, CURLOPT_COPYPOSTFIELDS, &copy)
  }

  private func applyPieces(_ size: Int, to handle: EasyHandle) {
    transfer.uploadSize = size
    handle.set(CURLOPT_POST, 1)
    _ = ccurl_set_offset(handle.easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(size))
    TransferCallbacks.installUpload(on: handle, Unmanaged.passUnretained(transfer).toOpaque())
  }

  /// Where to connect to.
  ///
  /// - Returns: the addresses of the name that was looked up.
  private func applyProxy(to handle: EasyHandle) throws(TransportError) -> LineList? {
    var target = hop.address
    if let proxy = call.proxy {
      target = try proxy.address()
      guard handle.tries(CURLOPT_PROXY, proxy.url) else {
        throw .refused(.invalidSettings, "this libcurl cannot use the proxy \(proxy.url)")
      }
      handle.set(CURLOPT_NOPROXY, "")
      // The answer to CONNECT is not the answer.
      handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
      if let user = proxy.user { handle.set(CURLOPT_PROXYUSERNAME, user) }
      if let password = proxy.password { handle.set(CURLOPT_PROXYPASSWORD, password) }
    } else {
      // An empty one, since none would mean the one that an environment variable names.
      handle.set(CURLOPT_PROXY, "")
    }
    guard !transfer.addresses.isEmpty else { return nil }
    let list = LineList()
    let addresses = transfer.addresses.map { $0.isIPv6 ? "[\($0)]" : "\($0)" }.joined(separator: ",")
    list.add("+\(target.host):\(target.port):\(addresses)")
    _ = ccurl_set_list(handle.easy, CURLOPT_RESOLVE, list.first)
    return list
  }
}

extension ProxySettings {
  /// Where the proxy is.
  func address() throws(TransportError) -> WebAddress {
    let parts = url.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, ["http", "https", "socks5h"].contains(parts[0]),
      let address = try? WebAddress("http:\(parts[1])")
    else {
      throw .refused(
        .invalidSettings, "the proxy must be http://host:port, https://host:port or socks5h://host:port")
    }
    return address
  }
}
