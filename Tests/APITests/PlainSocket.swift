import Foundation
import NIOCore
import Wire

/// A socket that says exactly what it is told to say.
final class PlainSocket: @unchecked Sendable {
  struct PlainReply {
    var status: Int
    var headers: [String: String]
    var json: JSONValue
  }

  private let descriptor: Int32
  private var bytes: [UInt8] = []

  init(port: Int) throws {
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard address.withSockAddr({ connect(descriptor, $0, socklen_t($1)) }) == 0 else {
      close(descriptor)
      throw POSIXError(.ECONNREFUSED)
    }
    self.descriptor = descriptor
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw POSIXError(.EPIPE) }
  }

  /// Reads until a text has come so many times.
  func wait(for text: String, times: Int = 1) async throws {
    try await onThread { socket in
      while String(decoding: socket.bytes, as: UTF8.self).components(separatedBy: text).count <= times {
        try socket.fill()
      }
    }
  }

  func replies(_ count: Int) async throws -> [PlainReply] {
    try await onThread { socket in try (0..<count).map { _ in try socket.reply() } }
  }

  /// On a thread of its own, because the server needs those of the pool.
  private func onThread<Value: Sendable>(
    _ work: @escaping @Sendable (PlainSocket) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread { [self] in continuation.resume(with: Result { try work(self) }) }.start()
    }
  }

  private func reply() throws -> PlainReply {
    let end = try position(of: "\r\n\r\n")
    let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while bytes.count < end + 4 + length { try fill() }
    let body = Array(bytes[(end + 4)..<(end + 4 + length)])
    bytes.removeFirst(end + 4 + length)
    return PlainReply(
      status: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: headers, json: try JSONValue.parse(body))
  }

  private func position(of mark: String) throws -> Int {
    let mark = Array(mark.utf8)
    while true {
      if bytes.count >= mark.count {
        for start in 0...(bytes.count - mark.count) where Array(bytes[start..<start + mark.count]) == mark {
          return start
        }
      }
      try fill()
    }
  }

  private func fill() throws {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &chunk, chunk.count)
    guard count > 0 else { throw POSIXError(.ECONNRESET) }
    bytes += chunk[..<count]
  }
}
