import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A small HTTP server on this machine that answers every GET with bytes found by its path: what a vendor's side of a
/// benchmark needs, with a thread for every connection.
final class LoopbackListener: @unchecked Sendable {
  struct Answer: Sendable {
    var status: String
    var contentType: String
    var body: [UInt8]

    static let missing = Answer(status: "503 Service Unavailable", contentType: "text/plain", body: [])
  }

  let port: Int
  private let descriptor: Int32
  private let answer: @Sendable (_ path: String) -> Answer

  /// - Parameter answer: to the path of a request.
  init(_ answer: @escaping @Sendable (_ path: String) -> Answer) throws {
    self.answer = answer
    port = try LoopbackConnection.freePort()
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0, listen(descriptor, 1_024) == 0 else {
      close(descriptor)
      throw BenchFailure("nothing can listen on port \(port)")
    }
    start { [self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else {
          // Closed here alone, when ``stop()`` has shut it down: closed from elsewhere, its number might be another's at
          // the next call.
          if errno == EINVAL { close(descriptor) }
          return
        }
        start { [self] in serve(connection) }
      }
    }
  }

  /// Lets nobody in any more.
  func stop() {
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private func start(_ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.stackSize = 1 << 18
    thread.start()
  }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var on: Int32 = 1
    setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let end = Array("\r\n\r\n".utf8)
    var waiting: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      waiting += buffer[..<count]
      while let head = waiting.firstRange(of: end) {
        let line = String(decoding: waiting[..<head.lowerBound].prefix { $0 != 13 }, as: UTF8.self)
        waiting.removeFirst(head.upperBound)
        let path = line.split(separator: " ").dropFirst().first.map(String.init) ?? "/"
        let bytes = LoopbackListener.bytes(of: answer(path))
        guard send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return }
      }
    }
  }

  private static func bytes(of answer: Answer) -> [UInt8] {
    let head =
      "HTTP/1.1 \(answer.status)\r\ncontent-type: \(answer.contentType)\r\ncontent-length: \(answer.body.count)\r\n\r\n"
    return Array(head.utf8) + answer.body
  }
}
