import Glibc
import Synchronization
import Transport

/// A server on 127.0.0.1 that does to each connection what a test wants: a thread a connection.
final class LoopbackServer: Sendable {
  let port: Int
  private let listener: Int32
  private let state = Mutex(State())

  private struct State {
    var accepted = 0
    var open = 0
    var mostOpen = 0
    var received: [Received] = []
  }

  /// - Parameter serve: runs for each connection, which is closed afterwards.
  init(_ serve: @escaping @Sendable (Peer) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) == 0 && listen(listener, 4_096) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    guard listener >= 0, code else {
      throw LoopbackFailure(text: "no port: \(String(cString: strerror(errno)))")
    }
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    inThread { [self] in
      while true {
        let socket = accept(listener, nil, nil)
        guard socket >= 0 else { return }
        state.withLock { state in
          state.accepted += 1
          state.open += 1
          state.mostOpen = max(state.open, state.mostOpen)
        }
        inThread { [self] in
          serve(
            Peer(socket: socket, note: { [self] request in state.withLock { $0.received.append(request) } }))
          close(socket)
          state.withLock { $0.open -= 1 }
        }
      }
    }
  }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  var accepted: Int { state.withLock { $0.accepted } }
  var open: Int { state.withLock { $0.open } }
  var mostOpen: Int { state.withLock { $0.mostOpen } }
  var received: [Received] { state.withLock { $0.received } }

  func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  /// A call to this server that is allowed to come here.
  func call(_ method: String = "GET", _ path: String = "/") -> OutboundCall {
    var call = OutboundCall(method, url(path), policy: .loopback(port))
    call.limits = .patient
    return call
  }
}

extension TimeLimits {
  /// For tests that are about something else: on a busy machine a test may wait for a minute before it goes on.
  static let patient = TimeLimits(
    connect: .seconds(120), firstByte: .seconds(600), idle: .seconds(600), total: .seconds(900))
}

extension OutboundPolicy {
  static func loopback(_ ports: Int...) -> OutboundPolicy {
    OutboundPolicy(
      hosts: nil, schemes: [.http, .https], ports: ports, allowedRanges: [AddressRange("127.0.0.0/8")!])
  }
}

struct LoopbackFailure: Error {
  let text: String
}

/// A request as it came over the wire.
struct Received: Sendable {
  let line: String
  let headers: [String]
  let body: [UInt8]

  func header(_ name: String) -> String? {
    headers.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map {
      String($0.dropFirst(name.count + 1)).trimmingPrefix(while: { $0 == " " }).description
    }
  }
}

/// The server's end of a connection.
struct Peer: Sendable {
  let socket: Int32
  let note: @Sendable (Received) -> Void

  /// Reads a header without its body; nil when the client has closed.
  func head() -> Received? {
    var bytes: [UInt8] = []
    while bytes.suffix(4) != [13, 10, 13, 10] {
      var byte: UInt8 = 0
      guard recv(socket, &byte, 1, 0) == 1 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
    return Received(line: lines.first ?? "", headers: Array(lines.dropFirst()), body: [])
  }

  /// Reads a request; nil when the client has closed.
  func request() -> Received? {
    guard let head = head() else { return nil }
    let body = bytes(head.header("Content-Length").flatMap { Int($0) } ?? 0)
    let request = Received(line: head.line, headers: head.headers, body: body)
    note(request)
    return request
  }

  func bytes(_ count: Int) -> [UInt8] {
    var body = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let part = body.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + done, count - done, 0) }
      guard part > 0 else { break }
      done += part
    }
    return Array(body.prefix(done))
  }

  /// - Returns: false when the client has gone.
  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
      let part = bytes.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      guard part > 0 else { return false }
      done += part
    }
    return true
  }

  func answer(_ body: String = "", status: String = "200 OK", headers: [String] = []) {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
    send(lines.map { $0 + "\r\n" }.joined() + "\r\n" + body)
  }

  /// Ends the connection with a reset instead of an orderly close.
  func reset() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  }

  /// Waits until the client has closed its end.
  func waitForClose() {
    var byte: UInt8 = 0
    while recv(socket, &byte, 1, 0) > 0 {}
  }

  func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1_000) }
}

/// Runs a block in a thread of its own, with a small stack.
func inThread(_ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { context in
      if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
      return nil
    }, Unmanaged.passRetained(Box(body)).toOpaque())
  pthread_detach(thread)
}

/// Waits until something is so, for a minute and more.
func eventually(_ isSo: () throws -> Bool) async throws -> Bool {
  for _ in 0..<6_000 {
    if try isSo() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return false
}

/// The error of a call that must fail.
func failure<Value>(_ body: () async throws(TransportError) -> Value) async -> TransportError? {
  do throws(TransportError) {
    _ = try await body()
    return nil
  } catch {
    return error
  }
}

/// Blocks this thread, as a slow system call does.
func sleepBlocking(milliseconds: Int) { usleep(UInt32(milliseconds) * 1_000) }
