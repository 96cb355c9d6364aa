import Foundation
import TestSupport
import Testing
import Transport

/// A certificate authority and a server certificate for `localhost`, made by the `openssl` command.
@Suite("TLS", .enabled(if: OpenSSL.path != nil, "needs the openssl command"))
struct TLSTests {
  private func error(_ call: OutboundCall) async throws -> TransportError? {
    let http = try HTTPTransport()
    return await failure { () async throws(TransportError) in try await http.answer(call) }
  }

  @Test(
    "A certificate of an authority that the system does not know is refused, and accepted with that authority"
  )
  func authority() async throws {
    let server = try OpenSSL()
    defer { server.stop() }
    try await server.waitUntilReady()
    var call = OutboundCall(
      "GET", "https://localhost:\(server.port)/", policy: .loopback(server.port), limits: .patient)
    var error = try await error(call)
    #expect(error?.reason == .tls)
    #expect(error?.phase == .connecting)
    #expect(error?.mayHaveBeenSent == false)

    call.certificateAuthorityFile = server.authority
    let http = try HTTPTransport(TransportSettings(lookup: Self.lookup))
    let answer = try await http.answer(call)
    #expect(answer.status == 200)
    #expect(answer.text.contains("TLS"))
    #expect(answer.metrics.tls > .zero)

    // The right authority, the wrong name.
    call.url = "https://127.0.0.1:\(server.port)/"
    error = try await self.error(call)
    #expect(error?.reason == .tls)
    #expect(error?.mayHaveBeenSent == false)
  }

  @Test("An authority file that is missing or empty is named, and nothing is called without it")
  func missingAuthority() async throws {
    let server = try OpenSSL()
    defer { server.stop() }
    try await server.waitUntilReady()
    var call = OutboundCall(
      "GET", "https://localhost:\(server.port)/", policy: .loopback(server.port), limits: .patient)
    call.certificateAuthorityFile = "/nonexistent/ca.pem"
    let missing = try await error(call)
    #expect(missing?.reason == .invalidSettings)
    #expect(missing?.detail.contains("/nonexistent/ca.pem") == true)
    call.certificateAuthorityFile = "/dev/null"
    #expect(try await error(call)?.reason == .invalidSettings)
  }

  static let lookup = NameLookup { (_) throws(LookupFailure) in [IPAddress("127.0.0.1")!] }
}

/// `openssl s_server` with a certificate of its own authority.
final class OpenSSL {
  static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  let port: Int
  let authority: String
  private let folder: URL
  private let process: Process

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "transport-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    authority = folder.appending(path: "ca.pem").path
    try OpenSSL.makeCertificate(in: folder)
    port = try FreePort.next()
    process = OpenSSL.process(
      "s_server -accept 127.0.0.1:\(port) -cert cert.pem -key key.pem -www", in: folder)
    try process.run()
  }

  /// Makes `ca.pem`, and `cert.pem` with `key.pem` for localhost.
  static func makeCertificate(in folder: URL) throws {
    try "subjectAltName=DNS:localhost".write(
      to: folder.appending(path: "names"), atomically: false, encoding: .utf8)
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    for line in [
      "req -x509 \(key) -keyout ca.key -out ca.pem -days 2 -subj /CN=Authority",
      "req \(key) -keyout key.pem -out request.pem -subj /CN=localhost",
      "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2"
        + " -extfile names",
    ] {
      let step = OpenSSL.process(line, in: folder)
      try step.run()
      step.waitUntilExit()
      guard step.terminationStatus == 0 else { throw LoopbackFailure(text: "openssl \(line) failed") }
    }
  }

  private static func process(_ line: String, in folder: URL) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "openssl")
    process.arguments = line.split(separator: " ").map(String.init)
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  func waitUntilReady() async throws { try await OpenSSL.waitUntilReady(port: port) }

  /// Until somebody listens.
  static func waitUntilReady(port: Int) async throws {
    let http = try HTTPTransport()
    let call = OutboundCall("GET", "https://127.0.0.1:\(port)/", policy: .loopback(port))
    for _ in 0..<6_000 {
      let error = await failure { () async throws(TransportError) in try await http.answer(call) }
      if error?.reason != .couldNotConnect { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw LoopbackFailure(text: "nobody listens on port \(port)")
  }

  func stop() {
    // Not SIGTERM: a child that is started from a thread of the pool inherits that it is blocked.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }
}
