import Testing
import Transport

@Suite("Limits and cancellation")
struct LimitTests {
  let http: HTTPTransport

  init() throws { http = try HTTPTransport() }

  private func error(_ call: OutboundCall) async -> TransportError? {
    await failure { () async throws(TransportError) in try await http.answer(call) }
  }

  @Test(
    "A server that says nothing to the TLS handshake exceeds the limit for connecting, unsent"
  )
  func connectLimit() async throws {
    let server = try LoopbackServer { $0.waitForClose() }
    defer { server.stop() }
    var call = server.call()
    call.url = "https://127.0.0.1:\(server.port)/"
    call.limits = TimeLimits(connect: .milliseconds(150))
    let error = await error(call)
    #expect(error?.reason == .timedOut(.connect))
    #expect(error?.phase == .connecting)
    #expect(error?.mayHaveBeenSent == false)
    #expect(try await eventually { server.open == 0 })
  }

  @Test("A name that takes too long to look up exceeds the limit for connecting, unsent")
  func lookupLimit() async throws {
    let gate = Counter()
    defer { gate.add(1) }
    let slow = try HTTPTransport(
      TransportSettings(
        lookup: NameLookup { (_) throws(LookupFailure) in
          while gate.value == 0 { sleepBlocking(milliseconds: 5) }
          throw LookupFailure("too late")
        }))
    var call = OutboundCall("GET", "https://slow.example/", policy: .publicHTTPS)
    call.limits = TimeLimits(connect: .milliseconds(100))
    let error = await failure { () async throws(TransportError) in try await slow.answer(call) }
    #expect(error?.reason == .timedOut(.connect))
    #expect(error?.phase == .lookingUp)
    #expect(error?.mayHaveBeenSent == false)
  }

  @Test("A server that reads and does not answer exceeds the limit for the first byte, and may have acted")
  func firstByteLimit() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.waitForClose()
    }
    defer { server.stop() }
    var call = server.call("POST")
    call.body = .text("pay")
    call.limits = TimeLimits(firstByte: .milliseconds(150))
    let error = await error(call)
    #expect(error?.reason == .timedOut(.firstByte))
    #expect(error?.phase == .waiting)
    #expect(error?.mayHaveBeenSent == true)
    #expect(try await eventually { server.received.count == 1 && server.open == 0 })
  }

  @Test("A body that stops exceeds the limit for idling; one that trickles does not")
  func idleLimit() async throws {
    let server = try LoopbackServer { peer in
      while let request = peer.request() {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        let isSlow = request.line.contains("/slow")
        for _ in 0..<(isSlow ? 6 : 3) {
          peer.send("x")
          if isSlow { peer.pause(milliseconds: 500) }
        }
      }
    }
    defer { server.stop() }
    var call = server.call("GET", "/slow")
    call.limits.idle = .seconds(2)
    #expect(try await http.answer(call).text == "xxxxxx")
    let error = await error(with(call, url: server.url("/stuck")))
    #expect(error?.reason == .timedOut(.idle))
    #expect(error?.phase == .receiving)
    #expect(error?.mayHaveBeenSent == true)
  }

  @Test("A body that trickles for ever exceeds the limit for the whole call")
  func totalLimit() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\n\r\n")
      while peer.send("x") { peer.pause(milliseconds: 20) }
    }
    defer { server.stop() }
    var call = server.call()
    call.limits = TimeLimits(idle: .seconds(5), total: .milliseconds(200))
    #expect(await error(call)?.reason == .timedOut(.total))
    #expect(try await eventually { server.open == 0 })
  }

  @Test("Waiting for a place counts for the whole call and not for connecting")
  func waitingForAPlace() async throws {
    let http = try HTTPTransport(TransportSettings(callsPerHost: 1))
    let gate = Counter()
    let server = try LoopbackServer { peer in
      while peer.request() != nil {
        while gate.value == 0 { peer.pause(milliseconds: 2) }
        peer.answer()
      }
    }
    defer { server.stop() }
    var call = server.call()
    let opening = call
    async let first = http.answer(opening)
    #expect(try await eventually { server.received.count == 1 })
    call.limits = TimeLimits(connect: .milliseconds(200))
    let patient = call
    async let second = http.answer(patient)
    call.limits.total = .milliseconds(400)
    let impatient = call
    let error = await failure { () async throws(TransportError) in try await http.answer(impatient) }
    #expect(error?.reason == .timedOut(.total))
    #expect(error?.phase == .queued)
    #expect(error?.mayHaveBeenSent == false)
    gate.add(1)
    #expect(try await first.status == 200)
    // Waited for longer than it may take to connect.
    #expect(try await second.status == 200)
  }

  @Test("A body is cut at its limit, whether its length was announced or not", arguments: [true, false])
  func sizeLimit(isAnnounced: Bool) async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\n" + (isAnnounced ? "Content-Length: 200000\r\n" : "") + "\r\n")
      _ = peer.send([UInt8](repeating: 0x78, count: 200_000))
    }
    defer { server.stop() }
    var call = server.call()
    call.maximumBodySize = 199_999
    let error = await error(call)
    #expect(error?.reason == .responseTooLarge)
    #expect(error?.mayHaveBeenSent == true)
    call.maximumBodySize = 200_000
    #expect(try await http.answer(call).body.count == 200_000)
  }

  @Test("A header without end is cut as well")
  func headerLimit() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\n")
      let line = "X-Line: " + String(repeating: "x", count: 1_000) + "\r\n"
      for _ in 0..<300 where !peer.send(line) { return }
      peer.waitForClose()
    }
    defer { server.stop() }
    #expect(await error(server.call())?.reason == .responseTooLarge)
  }

  @Test(
    "Cancelling closes the connection that the server sees, in every phase", arguments: ["/waiting", "/body"])
  func cancellation(path: String) async throws {
    let server = try LoopbackServer { peer in
      if peer.request()?.line.contains("/body") == true {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
      }
      peer.waitForClose()
    }
    defer { server.stop() }
    let call = server.call("GET", path)
    let task = Task { await failure { () async throws(TransportError) in try await http.answer(call) } }
    #expect(try await eventually { server.received.count == 1 })
    #expect(server.open == 1)
    task.cancel()
    let error = await task.value
    #expect(error?.reason == .cancelled)
    #expect(error?.mayHaveBeenSent == true)
    #expect(try await eventually { server.open == 0 })
  }

  @Test("A task that is cancelled before it calls sends nothing")
  func cancelledBefore() async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer() } }
    defer { server.stop() }
    let call = server.call()
    let task = Task { () -> TransportError? in
      while !Task.isCancelled { await Task.yield() }
      return await failure { () async throws(TransportError) in try await http.answer(call) }
    }
    task.cancel()
    let error = await task.value
    #expect(error?.reason == .cancelled)
    #expect(error?.mayHaveBeenSent == false)
    #expect(server.accepted == 0)
  }

  @Test("Closing ends what is under way and refuses what comes later")
  func closing() async throws {
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.waitForClose()
    }
    defer { server.stop() }
    let call = server.call()
    async let first = failure { () async throws(TransportError) in try await http.answer(call) }
    #expect(try await eventually { server.received.count == 1 })
    http.close()
    #expect(await first?.reason == .closed)
    #expect(try await eventually { server.open == 0 })
    #expect(await error(call)?.reason == .closed)
  }
}

/// The same call to another URL.
func with(_ call: OutboundCall, url: String) -> OutboundCall {
  var call = call
  call.url = url
  return call
}
