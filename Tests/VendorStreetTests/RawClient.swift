import Foundation
import Testing
import Wire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One HTTP/1.1 call over a plain socket, so that a test sees how a connection really ended.
struct RawAnswer: Sendable {
  enum Ending: Sendable, Equatable {
    /// All that was announced came.
    case complete
    /// The connection was closed in order (FIN) before that.
    case cutShort
    /// The connection was reset (RST).
    case reset
    /// Nothing more came in time.
    case silence
  }

  var status: Int?
  var headers: [String: String] = [:]
  var body: [UInt8] = []
  var ending: Ending

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as JSON; null when it is none.
  var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
}

enum RawClient {
  /// - Parameters:
  ///   - root: `http://127.0.0.1:<port>`.
  ///   - patience: how long to wait for the next bytes.
  static func call(
    _ root: String, _ method: String, _ path: String, headers: [String: String] = [:], body: String = "",
    patience: Duration = .seconds(60)
  ) async throws -> RawAnswer {
    var head = "\(method) \(path) HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n"
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    head += "content-length: \(body.utf8.count)\r\n\r\n"
    let port = try #require(root.split(separator: ":").last.flatMap { UInt16($0) })
    let message = Array((head + body).utf8)
    let milliseconds = Int(patience / .milliseconds(1))
    // A thread of its own: the street under test runs in the same process and needs the shared ones.
    let (bytes, ending) = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(returning: exchange(message, port: port, milliseconds: milliseconds))
      }
    }
    return parse(bytes, ending)
  }

  private static func exchange(_ message: [UInt8], port: UInt16, milliseconds: Int) -> ([UInt8], Int32) {
    #if canImport(Glibc)
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    #else
      let socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
    #endif
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var limit = timeval(
      tv_sec: .init(milliseconds / 1_000), tv_usec: .init(milliseconds % 1_000 * 1_000))
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { return ([], errno) }
    var sent = 0
    while sent < message.count {
      let count = message[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, 0) }
      guard count > 0 else { return ([], errno) }
      sent += count
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      if count == 0 { return (bytes, 0) }
      if count < 0 { return (bytes, errno) }
      bytes += buffer[..<count]
    }
  }

  private static func parse(_ bytes: [UInt8], _ code: Int32) -> RawAnswer {
    var ending: RawAnswer.Ending =
      switch code {
      case 0: .complete
      case EAGAIN: .silence
      default: .reset
      }
    guard let blank = place(of: [13, 10, 13, 10], in: bytes[...]) else {
      return RawAnswer(ending: ending == .complete ? .cutShort : ending)
    }
    var answer = RawAnswer(ending: ending)
    let lines = String(decoding: bytes[..<blank], as: UTF8.self).split(separator: "\r\n")
    answer.status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }
    for line in lines.dropFirst() {
      let sides = line.split(separator: ":", maxSplits: 1)
      answer.headers[sides[0].lowercased()] = sides.last.map { String($0.drop { $0 == " " }) } ?? ""
    }
    let rest = bytes[(blank + 4)...]
    if answer.headers["transfer-encoding"] == "chunked" {
      let (body, isWhole) = unchunked(rest)
      answer.body = body
      if ending == .complete, !isWhole { ending = .cutShort }
    } else {
      answer.body = Array(rest)
      let announced = answer.headers["content-length"].flatMap { Int($0) } ?? rest.count
      if ending == .complete, rest.count < announced { ending = .cutShort }
    }
    answer.ending = ending
    return answer
  }

  private static func unchunked(_ bytes: ArraySlice<UInt8>) -> (body: [UInt8], isWhole: Bool) {
    var body: [UInt8] = []
    var rest = bytes
    while let end = place(of: [13, 10], in: rest) {
      guard let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else { break }
      if size == 0 { return (body, true) }
      guard end + 2 + size + 2 <= rest.endIndex else {
        return (body + rest[(end + 2)...], false)
      }
      body += rest[(end + 2)..<(end + 2 + size)]
      rest = rest[(end + 2 + size + 2)...]
    }
    return (body, false)
  }

  private static func place(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= pattern.count else { return nil }
    return (bytes.startIndex...(bytes.endIndex - pattern.count)).first {
      bytes[$0..<($0 + pattern.count)].elementsEqual(pattern)
    }
  }
}
