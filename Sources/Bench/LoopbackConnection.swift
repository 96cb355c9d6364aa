import Foundation
import Wire

#if canImport(Glibc)
  import Glibc
#endif

/// What goes wrong between the bench and what it measures.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// One keep-alive HTTP/1.1 connection to a server on this machine, blocking: enough for answers that state their
/// length, and cheap enough to measure with.
final class LoopbackConnection {
  private let descriptor: Int32
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var filled = 0
  private var bodyRange = 0..<0

  /// - Parameter patience: how long an answer may take, in seconds; 0 is for ever.
  init(port: Int, patience: Int = 0) throws {
    let descriptor = LoopbackConnection.socket()
    guard descriptor >= 0 else { throw BenchFailure("no socket: \(String(cString: strerror(errno)))") }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = LoopbackConnection.address(port: port)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      throw BenchFailure("nothing listens on port \(port)")
    }
    // Only now: an object with all its properties set is deinitialised where its initializer throws.
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// The bytes of a request.
  static func request(
    _ method: String, _ path: String, _ body: String = "", headers: [(String, String)] = []
  ) -> [UInt8] {
    Array(
      """
      \(method) \(path) HTTP/1.1\r
      host: 127.0.0.1\r
      \(headers.map { "\($0): \($1)\r\n" }.joined())\
      content-type: application/json\r
      content-length: \(body.utf8.count)\r
      \r
      \(body)
      """.utf8)
  }

  /// Sends a request and reads the answer.
  ///
  /// - Returns: its status.
  func exchange(_ request: [UInt8]) throws -> Int {
    try write(request)
    filled = 0
    var head: Int?
    while head == nil {
      try read()
      head = endOfHead()
    }
    let start = head!
    let length = try contentLength(before: start)
    while filled < start + length { try read() }
    bodyRange = start..<start + length
    return Int(String(decoding: buffer[9..<12], as: UTF8.self)) ?? 0
  }

  /// The last answer's body as JSON.
  func json() throws -> JSONValue { try JSONValue.parse(Array(buffer[bodyRange])) }

  /// Sends a request whose answer must be a success, and reads the answer as JSON.
  func json(_ method: String, _ path: String, _ body: String = "") throws -> JSONValue {
    let status = try exchange(LoopbackConnection.request(method, path, body))
    guard (200..<300).contains(status) else {
      let answer = String(decoding: buffer[bodyRange].prefix(300), as: UTF8.self)
      throw BenchFailure("\(method) \(path) answered \(status): \(answer)")
    }
    return try json()
  }

  private func write(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + sent, bytes.count - sent, noSignal)
      }
      guard count > 0 else { throw BenchFailure("the server closed the connection") }
      sent += count
    }
  }

  private func read() throws {
    if filled == buffer.count { buffer += [UInt8](repeating: 0, count: buffer.count) }
    let start = filled
    let count = buffer.withUnsafeMutableBytes {
      recv(descriptor, $0.baseAddress! + start, $0.count - start, 0)
    }
    guard count > 0 else { throw BenchFailure("the server closed the connection") }
    filled += count
  }

  private func endOfHead() -> Int? {
    var index = 3
    while index < filled {
      if buffer[index] == 10, buffer[index - 1] == 13, buffer[index - 2] == 10 { return index + 1 }
      index += 1
    }
    return nil
  }

  private func contentLength(before end: Int) throws -> Int {
    for line in buffer[..<end].split(separator: 10) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon - line.startIndex == 14 else {
        continue
      }
      guard String(decoding: line[..<colon], as: UTF8.self).lowercased() == "content-length" else { continue }
      let digits = line[(colon + 1)...].filter { (0x30...0x39).contains($0) }
      return Int(String(decoding: digits, as: UTF8.self)) ?? 0
    }
    throw BenchFailure("an answer without a length")
  }

  /// A port on which nothing listens at the moment.
  static func freePort() throws -> Int {
    let descriptor = socket()
    defer { close(descriptor) }
    var address = address(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
      }
    }
    guard result == 0 else { throw BenchFailure("no free port on 127.0.0.1") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func address(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  #if canImport(Glibc)
    private static func socket() -> Int32 { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
    private var noSignal: Int32 { Int32(MSG_NOSIGNAL) }
  #else
    private static func socket() -> Int32 { Darwin.socket(AF_INET, SOCK_STREAM, 0) }
    private var noSignal: Int32 { 0 }
  #endif
}
