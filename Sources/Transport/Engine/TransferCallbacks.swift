import CCurl
import Glibc

/// What libcurl calls while a transfer is under way: on the driver's thread, and never to call libcurl back.
enum TransferCallbacks {
  static func install(on handle: EasyHandle, _ transfer: UnsafeMutableRawPointer) {
    let easy = handle.easy
    _ = ccurl_set_transfer_function(easy, CURLOPT_HEADERFUNCTION, onHeader)
    handle.set(CURLOPT_HEADERDATA, pointer: transfer)
    _ = ccurl_set_transfer_function(easy, CURLOPT_WRITEFUNCTION, onBody)
    handle.set(CURLOPT_WRITEDATA, pointer: transfer)
    _ = ccurl_set_open_socket_function(easy, onOpenSocket)
    handle.set(CURLOPT_OPENSOCKETDATA, pointer: transfer)
    _ = ccurl_set_before_request_function(easy, beforeRequest)
    handle.set(CURLOPT_PREREQDATA, pointer: transfer)
  }

  static func installUpload(on handle: EasyHandle, _ transfer: UnsafeMutableRawPointer) {
    _ = ccurl_set_transfer_function(handle.easy, CURLOPT_READFUNCTION, onRead)
    handle.set(CURLOPT_READDATA, pointer: transfer)
    _ = ccurl_set_seek_function(handle.easy, onSeek)
    handle.set(CURLOPT_SEEKDATA, pointer: transfer)
  }

  private static func transfer(_ context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  /// A socket is to be opened to an address: the place to refuse it.
  private static let onOpenSocket: curl_opensocket_callback = { context, _, address in
    guard let context, let address else { return CURL_SOCKET_BAD }
    let transfer = transfer(context)
    let isAllowed = withUnsafePointer(to: &address.pointee.addr) { transfer.permits(IPAddress($0)) }
    guard isAllowed else { return CURL_SOCKET_BAD }
    return socket(
      address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
      address.pointee.protocol)
  }

  /// A connection, new or kept, is about to carry the request.
  private static let beforeRequest: curl_prereq_callback = { context, address, _, _, _ in
    guard let context, let address else { return CURL_PREREQFUNC_ABORT }
    return transfer(context).mayAsk(IPAddress(String(cString: address)))
      ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
  }

  private static let onHeader: ccurl_transfer_function = { bytes, _, count, context in
    guard let bytes, let context else { return 0 }
    return transfer(context).receive(header: UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
  }

  private static let onBody: ccurl_transfer_function = { bytes, _, count, context in
    guard let bytes, let context else { return 0 }
    return switch transfer(context).receive(body: UnsafeRawBufferPointer(start: bytes, count: count)) {
    case .taken: count
    case .paused: Int(CURL_WRITEFUNC_PAUSE)
    case .refused: 0
    }
  }

  private static let onRead: ccurl_transfer_function = { buffer, size, count, context in
    guard let buffer, let context else { return Int(CURL_READFUNC_ABORT) }
    return transfer(context).upload(into: buffer, size * count) ?? Int(CURL_READFUNC_ABORT)
  }

  private static let onSeek: curl_seek_callback = { context, offset, origin in
    guard let context, origin == SEEK_SET else { return CURL_SEEKFUNC_CANTSEEK }
    transfer(context).uploaded = Int(offset)
    return CURL_SEEKFUNC_OK
  }
}

extension Transfer {
  enum Receipt { case taken, paused, refused }

  /// Whether a connection may go to an address. With a proxy the address is the proxy's, which the operator
  /// chose.
  fileprivate func permits(_ address: IPAddress?) -> Bool {
    if call.proxy != nil { return true }
    guard let address else { return false }
    if call.policy.allows(address) { return true }
    refused = address
    return false
  }

  fileprivate func mayAsk(_ address: IPAddress?) -> Bool {
    // Checked again: a kept connection was opened for another call, perhaps under another policy.
    guard permits(address) else { return false }
    // libcurl repeats any request by itself when a kept connection breaks before the first byte of an answer,
    // a paid POST included. The server may have had it.
    if attempts > 0, !isIdempotent, header.status != 417 {
      failure = TransportError(
        .connectionLost, .waiting, mayHaveBeenSent: true,
        "\(hop.address.origin): a kept connection broke after the request; it was not repeated")
      return false
    }
    attempts += 1
    mayHaveBeenSent = true
    enter(uploadSize > 0 ? .sending : .waiting)
    loop.note(self)
    loop.prove(self)
    return true
  }

  private var isIdempotent: Bool {
    call.isIdempotent ?? ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].contains(hop.method)
  }

  /// - Returns: false to give up.
  fileprivate func receive(header line: UnsafeRawBufferPointer) -> Bool {
    if phase != .receiving {
      enter(.receiving)
      loop.note(self)
    }
    switch header.add(line) {
    case .more: return true
    case .interim:
      // The wait for the final answer begins anew.
      enter(.waiting)
      return true
    case .tooLarge:
      return giveUp(.responseTooLarge, "the header is larger than \(HeaderBlock.mostBytes) bytes")
    case .complete: return receiveHead()
    }
  }

  private func receiveHead() -> Bool {
    do throws(TransportError) {
      redirect = try hop.next(header.status, header.fields["Location"], call, done: redirects)
    } catch {
      failure = error
      return false
    }
    if redirect != nil { return true }
    let length = header.fields["Content-Length"].flatMap { Int($0) } ?? 0
    if length > call.maximumBodySize, hop.method != "HEAD", header.status != 304 {
      return giveUp(.responseTooLarge, "\(length) bytes are more than the limit of \(call.maximumBodySize)")
    }
    switch exchange.sink {
    case .whole: body.reserveCapacity(min(length, 1 << 20))
    case .streamed(let head, _):
      head.resume(.success(StreamHead(status: header.status, headers: header.fields)))
    }
    return true
  }

  fileprivate func receive(body bytes: UnsafeRawBufferPointer) -> Receipt {
    // The text that goes with a redirect is not read; a long one is not worth the connection.
    if redirect != nil {
      bodySize += bytes.count
      return bodySize > 64 << 10 ? .refused : .taken
    }
    activeAt = .now()
    guard bodySize + bytes.count <= call.maximumBodySize else {
      _ = giveUp(.responseTooLarge, "the body is larger than the limit of \(call.maximumBodySize) bytes")
      return .refused
    }
    switch exchange.sink {
    case .whole: body.append(contentsOf: bytes)
    case .streamed(_, let buffer):
      guard buffer.offer(bytes) else {
        isPaused = true
        return .paused
      }
    }
    bodySize += bytes.count
    return .taken
  }

  private func giveUp(_ reason: TransportError.Reason, _ detail: String) -> Bool {
    failure = TransportError(
      reason, phase, mayHaveBeenSent: mayHaveBeenSent, "\(hop.address.origin): \(detail)")
    return false
  }

  /// - Returns: how many bytes were written into the buffer, zero at the end; nil when the body cannot be
  ///   read.
  fileprivate func upload(into buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int? {
    let count: Int
    if let file = upload {
      count = uploaded < uploadSize ? file.read(into: buffer, room, at: uploaded) : 0
      // A file that became shorter would leave the server waiting for the rest.
      guard count > 0 || uploaded == uploadSize else {
        _ = giveUp(.invalidBody, "the file to be sent cannot be read to its end")
        return nil
      }
    } else if case .bytes(let bytes) = hop.body {
      count = min(room, bytes.count - uploaded)
      bytes.withUnsafeBytes { bytes in
        if count > 0, let start = bytes.baseAddress { memcpy(buffer, start + uploaded, count) }
      }
    } else {
      count = 0
    }
    uploaded += count
    // An answer may have begun before the body was out.
    if phase < .receiving { enter(uploaded < uploadSize ? .sending : .waiting) }
    return count
  }
}
