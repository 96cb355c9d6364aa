import Foundation
import Glibc
import Synchronization

/// A vendor in a few lines: answers each call on the loopback with what a closure says, one after the other, for as
/// long as the tests run.
final class LoopbackVendor: Sendable {
  struct Call: Sendable {
    var method: String
    var target: String
    var headers: [String: String]
    var body: [UInt8]
  }

  struct Reply: Sendable {
    var status = 200
    var headers = ["Content-Type": "application/json"]
    var body: [UInt8] = []
    /// Hangs up without a word.
    var isLost = false

    static func json(_ text: String, status: Int = 200) -> Reply {
      Reply(status: status, body: Array(text.utf8))
    }
  }

  let port: UInt16
  private let listener: Int32
  private let seen = Mutex<[Call]>([])

  var calls: [Call] { seen.withLock { $0 } }
  var url: String { "http://127.0.0.1:\(port)" }

  init(_ answer: @escaping @Sendable (Call) -> Reply) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) == 0 && listen(listener, 64) == 0
          && getsockname(listener, address, &size) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    let thread = Thread {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        if let call = LoopbackVendor.read(connection) {
          self.seen.withLock { $0.append(call) }
          LoopbackVendor.write(answer(call), to: connection)
        }
        Glibc.close(connection)
      }
    }
    thread.start()
  }

  private static func read(_ connection: Int32) -> Call? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let blank = Data("\r\n\r\n".utf8)
    while true {
      if let end = Data(bytes).range(of: blank) {
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1)
          if parts.count == 2 {
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
          }
        }
        let wanted = Int(headers["content-length"] ?? "0") ?? 0
        if bytes.count - end.upperBound >= wanted {
          let words = lines[0].split(separator: " ").map(String.init)
          guard words.count == 3 else { return nil }
          return Call(
            method: words[0], target: words[1], headers: headers,
            body: Array(bytes[end.upperBound..<end.upperBound + wanted]))
        }
      }
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
  }

  private static func write(_ reply: Reply, to connection: Int32) {
    if reply.isLost { return }
    var head = "HTTP/1.1 \(reply.status) X\r\nConnection: close\r\nContent-Length: \(reply.body.count)\r\n"
    for (name, value) in reply.headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    let bytes = Array((head + "\r\n").utf8) + reply.body
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(connection, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}
