import Glibc
import Synchronization
import Testing
import Transport

@Suite("A streamed body")
struct StreamTests {
  let http: HTTPTransport

  init() throws { http = try HTTPTransport(TransportSettings(streamBuffer: 64 << 10)) }

  /// Sends for ever, and counts.
  private static func endless(_ sent: Counter) throws -> LoopbackServer {
    try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\n\r\n")
      let piece = [UInt8](repeating: 0x78, count: 16_384)
      while peer.send(piece) { sent.add(piece.count) }
    }
  }

  @Test("The head comes before the body, and the pieces make the body")
  func pieces() async throws {
    let gate = Counter()
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 201 Created\r\nX-Kind: stream\r\nContent-Length: 10\r\n\r\n")
      while gate.value == 0 { peer.pause(milliseconds: 5) }
      peer.send("hello")
      peer.pause(milliseconds: 20)
      peer.send("world")
    }
    defer { server.stop() }
    let stream = try await http.stream(server.call())
    #expect(stream.status == 201)
    #expect(stream.headers["x-kind"] == "stream")
    #expect(stream.body.metrics == nil)
    gate.add(1)
    var bytes: [UInt8] = []
    for try await piece in stream.body {
      #expect(!piece.isEmpty)
      bytes += piece
    }
    #expect(bytes == Array("helloworld".utf8))
    #expect(stream.body.metrics?.bytesReceived == 10)
  }

  @Test("A server that sends faster than the reader reads is held back, and goes on when the reader does")
  func backPressure() async throws {
    let sent = Counter()
    let server = try Self.endless(sent)
    defer { server.stop() }
    var call = server.call()
    call.maximumBodySize = .max
    // While the reader rests, nothing is idle but by our own choice.
    call.limits.idle = .seconds(3)
    let stream = try await http.stream(call)
    var reader = stream.body.makeAsyncIterator()
    let first = try #require(try await reader.next())

    // The kernel's socket buffers take some megabytes; then the server's count must stand still.
    var before = -1
    #expect(
      try await eventually {
        defer { before = sent.value }
        sleepBlocking(milliseconds: 100)
        return sent.value == before
      })
    try await Task.sleep(for: .milliseconds(3_200))
    #expect(sent.value == before)

    var read = first.count
    while read < before + (8 << 20), let piece = try await reader.next() { read += piece.count }
    #expect(read >= before + (8 << 20))
    #expect(sent.value > before)
  }

  @Test("Nobody reading any more ends the call")
  func dropped() async throws {
    let server = try Self.endless(Counter())
    defer { server.stop() }
    do {
      let stream = try await http.stream(server.call())
      #expect(stream.status == 200)
      #expect(server.open == 1)
    }
    #expect(try await eventually { server.open == 0 })
  }

  @Test("Cancelling the reader's task ends the call")
  func cancelled() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
      peer.waitForClose()
    }
    defer { server.stop() }
    let call = server.call()
    let pieces = Counter()
    let task = Task { () -> TransportError? in
      await failure { () async throws(TransportError) in
        for try await _ in try await http.stream(call).body { pieces.add(1) }
      }
    }
    #expect(try await eventually { pieces.value > 0 })
    task.cancel()
    #expect(await task.value?.reason == .cancelled)
    #expect(try await eventually { server.open == 0 })
  }

  @Test("A body that breaks off gives what came, then the error")
  func broken() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
    }
    defer { server.stop() }
    var bytes: [UInt8] = []
    let stream = try await http.stream(server.call())
    let error = await failure { () async throws(TransportError) in
      for try await piece in stream.body { bytes += piece }
    }
    #expect(bytes == Array("hello".utf8))
    #expect(error?.reason == .connectionLost)
    #expect(error?.mayHaveBeenSent == true)
  }

  @Test("A body that is read slowly and is larger than all buffers arrives unharmed")
  func slowReader() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      var next: UInt8 = 0
      for size in 1...2_000 {
        let piece = (0..<size).map { _ -> UInt8 in
          next = next &* 5 &+ 3
          return next
        }
        peer.send(String(size, radix: 16) + "\r\n")
        peer.send(piece)
        peer.send("\r\n")
      }
      peer.send("0\r\n\r\n")
    }
    defer { server.stop() }
    var read = 0
    var expected: UInt8 = 0
    var wrong = 0
    for try await piece in try await http.stream(server.call()).body {
      for byte in piece {
        expected = expected &* 5 &+ 3
        if byte != expected { wrong += 1 }
      }
      read += piece.count
      if read % 7 == 0 { try await Task.sleep(for: .milliseconds(2)) }
    }
    // 1 + 2 + … + 2000
    #expect(read == 2_001_000)
    #expect(wrong == 0)
  }

  @Test("A compressed body that is read slowly arrives unharmed")
  func slowReaderOfCompression() async throws {
    let plain = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
      peer.send(Self.gzip(plain))
    }
    defer { server.stop() }
    var call = server.call()
    call.acceptsCompression = true
    var bytes: [UInt8] = []
    for try await piece in try await http.stream(call).body {
      bytes += piece
      if bytes.count % 3 == 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
    #expect(bytes == plain)
  }

  /// The gzip format (RFC 1952) with stored blocks only (RFC 1951, section 3.2.4).
  private static func gzip(_ plain: [UInt8]) -> [UInt8] {
    func little(_ number: UInt32, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
    }
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    for start in stride(from: 0, to: plain.count, by: 65_535) {
      let block = plain[start..<min(start + 65_535, plain.count)]
      bytes.append(block.endIndex == plain.count ? 1 : 0)
      bytes += little(UInt32(block.count), 2) + little(~UInt32(block.count), 2) + block
    }
    var check: UInt32 = 0xFFFF_FFFF
    for byte in plain {
      check ^= UInt32(byte)
      for _ in 0..<8 { check = check & 1 == 1 ? check >> 1 ^ 0xEDB8_8320 : check >> 1 }
    }
    return bytes + little(~check, 4) + little(UInt32(plain.count), 4)
  }

  @Test("A body that exceeds its limit while its reader rests ends with the error")
  func limit() async throws {
    let server = try Self.endless(Counter())
    defer { server.stop() }
    var call = server.call()
    call.maximumBodySize = 1_000_000
    let stream = try await http.stream(call)
    try await Task.sleep(for: .milliseconds(50))
    var read = 0
    let error = await failure { () async throws(TransportError) in
      for try await piece in stream.body { read += piece.count }
    }
    #expect(error?.reason == .responseTooLarge)
    #expect(read <= 1_000_000)
    #expect(read > 900_000)
    #expect(try await eventually { server.open == 0 })
  }

  @Test("A download writes a success into the file, and an error page beside it")
  func download() async throws {
    let server = try LoopbackServer { peer in
      while let request = peer.request() {
        if request.line.contains("/artefact") {
          peer.answer(String(repeating: "0123456789", count: 100_000))
        } else {
          peer.answer("gone", status: "410 Gone")
        }
      }
    }
    defer { server.stop() }
    let path = temporaryFile("download")
    let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    defer {
      close(file)
      unlink(path)
    }
    let gone = try await http.download(server.call("GET", "/old"), to: file)
    #expect(gone.answer.status == 410)
    #expect(gone.answer.text == "gone")
    #expect(gone.written == 0)
    #expect(lseek(file, 0, SEEK_END) == 0)
    let fresh = try await http.download(server.call("GET", "/artefact"), to: file)
    #expect(fresh.answer.status == 200)
    #expect(fresh.answer.body.isEmpty)
    #expect(fresh.written == 1_000_000)
    #expect(lseek(file, 0, SEEK_END) == 1_000_000)
    var last: UInt8 = 0
    #expect(pread(file, &last, 1, 999_999) == 1)
    #expect(last == UInt8(ascii: "9"))
  }
}

/// A number that threads may add to.
final class Counter: Sendable {
  private let count = Atomic(0)

  func add(_ number: Int) { count.add(number, ordering: .relaxed) }
  func raise(to number: Int) { count.max(number, ordering: .relaxed) }
  var value: Int { count.load(ordering: .relaxed) }
}
