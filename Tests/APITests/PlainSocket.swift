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
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let descriptor = descriptor
    let result = try SocketAddress(ipAddress: "127.0.0.1", port: port).withSockAddr { address, size in
      connect(descriptor, address, socklen_t(size))
    }
    guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw POSIXError(.EPIPE) }
  }

  /// Reads until a text has come so many times; on a thread of its own, because the server needs those of the pool.
  func wait(for text: String, times: Int = 1) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      Thread { [self] in
        continuation.resume(
          with: Result {
            while String(decoding: bytes, as: UTF8.self).components(separatedBy: text).count <= times {
              try fill()
            }
          })
      }.start()
    }
  }

  func replies(_ count: Int) throws -> [PlainReply] { try (0..<count).map { _ in try reply() } }

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
