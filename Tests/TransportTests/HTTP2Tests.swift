import Foundation
import TestSupport
import Testing
import Transport

/// Against nginx over TLS, where it is installed.
@Suite("HTTP/2", .enabled(if: NginxServer.path != nil && OpenSSL.path != nil, "needs nginx and openssl"))
struct HTTP2Tests {
  private func transport() throws -> HTTPTransport {
    try HTTPTransport(TransportSettings(streamBuffer: 64 << 10, lookup: TLSTests.lookup))
  }

  @Test("Many calls at once share one connection")
  func multiplexing() async throws {
    let server = try await NginxServer()
    defer { server.stop() }
    let http = try transport()
    let call = server.call("/small")
    let tasks = (0..<100).map { _ in Task { try await http.answer(call) } }
    var connections = 0
    for task in tasks {
      let answer = try await task.value
      #expect(answer.metrics.httpVersion == "2")
      #expect(answer.text == "small")
      if !answer.metrics.isConnectionReused { connections += 1 }
    }
    #expect(connections == 1)
  }

  @Test("A stream whose reader rests does not hold up the calls beside it, and arrives unharmed")
  func pausedStream() async throws {
    let server = try await NginxServer()
    defer { server.stop() }
    let http = try transport()
    var call = server.call("/large")
    call.limits.idle = .seconds(5)
    let stream = try await http.stream(call)
    var reader = stream.body.makeAsyncIterator()
    var read = try #require(try await reader.next()).count
    for _ in 0..<50 {
      let answer = try await http.answer(server.call("/small"))
      #expect(answer.text == "small")
      #expect(answer.metrics.httpVersion == "2")
    }
    var wrong = 0
    while let piece = try await reader.next() {
      wrong += piece.filter { $0 != 0x78 }.count
      read += piece.count
    }
    #expect(read == NginxServer.largeSize)
    #expect(wrong == 0)
    // On a connection of its own: see `Transfer.mayShareConnection`.
    #expect(stream.body.metrics?.httpVersion == "1.1")
  }

  @Test("Large bodies side by side arrive whole, also where some are cancelled on the way")
  func sideBySide() async throws {
    let server = try await NginxServer()
    defer { server.stop() }
    let http = try transport()
    let call = server.call("/large")
    let tasks = (0..<12).map { _ in Task { try await http.answer(call).body.count } }
    for task in tasks[8...] { task.cancel() }
    for task in tasks[..<8] { #expect(try await task.value == NginxServer.largeSize) }
    for task in tasks[8...] { _ = await task.result }
    #expect(try await http.answer(server.call("/small")).text == "small")
  }
}

/// nginx with HTTP/2 over TLS on a free port.
final class NginxServer: Sendable {
  static let path = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  static let largeSize = 8 << 20

  private let port: Int
  private let folder: URL
  private let pid: Int32

  init() async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "transport-nginx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try OpenSSL.makeCertificate(in: folder)
    try Data(repeating: 0x78, count: Self.largeSize).write(to: folder.appending(path: "large"))
    port = try FreePort.next()
    let text = """
      daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log crit;
      events { worker_connections 512; }
      http {
        access_log off; client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d;
        scgi_temp_path e;
        server {
          listen 127.0.0.1:\(port) ssl http2;
          ssl_certificate cert.pem; ssl_certificate_key key.pem; root \(folder.path);
          location = /small { return 200 small; }
        }
      }
      """
    try text.write(to: folder.appending(path: "nginx.conf"), atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path ?? "nginx")
    process.arguments = ["-p", folder.path, "-c", "nginx.conf", "-e", "error.log"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    pid = process.processIdentifier
    try await OpenSSL.waitUntilReady(port: port)
  }

  func call(_ path: String) -> OutboundCall {
    var call = OutboundCall("GET", "https://localhost:\(port)\(path)", policy: .loopback(port))
    call.limits = .patient
    call.certificateAuthorityFile = folder.appending(path: "ca.pem").path
    return call
  }

  func stop() {
    kill(pid, SIGKILL)
    try? FileManager.default.removeItem(at: folder)
  }
}
