import Foundation
import Testing

@testable import Transport

@Suite("Many calls")
struct ManyCallsTests {
  @Test("A thousand calls at once share so many connections as are allowed, and one thread")
  func thousand() async throws {
    let server = try LoopbackServer { peer in
      while let request = peer.request() {
        peer.pause(milliseconds: 5)
        peer.answer(request.line)
      }
    }
    defer { server.stop() }
    let http = try HTTPTransport(TransportSettings(callsPerHost: 20))
    let most = Counter()
    let tasks = (0..<1_000).map { number in
      let call = server.call("GET", "/\(number)")
      return Task {
        let answer = try await http.answer(call)
        most.raise(to: try Self.threads())
        return answer.text
      }
    }
    for (number, task) in tasks.enumerated() { #expect(try await task.value == "GET /\(number) HTTP/1.1") }
    #expect(server.mostOpen <= 20)
    #expect(server.accepted <= 20)
    #expect(server.received.count == 1_000)
    // One for this transport, and those of the tests that run at the same time; one for each call would be a thousand.
    #expect((1..<300).contains(most.value))
  }

  /// The threads of this process that transports have.
  private static func threads() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
      // Nil for a thread that has ended meanwhile.
      (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) == "transport\n"
    }
  }

  @Test("Calls that are cancelled while they wait for a place leave the others alone")
  func cancelledInTheQueue() async throws {
    let gate = Counter()
    let server = try LoopbackServer { peer in
      while peer.request() != nil {
        while gate.value == 0 { peer.pause(milliseconds: 2) }
        peer.answer()
      }
    }
    defer { server.stop() }
    let http = try HTTPTransport(TransportSettings(callsPerHost: 2))
    let call = server.call()
    let tasks = (0..<200).map { _ in
      Task { await failure { () async throws(TransportError) in try await http.answer(call) } }
    }
    #expect(try await eventually { server.received.count == 2 })
    for task in tasks[50..<150] { task.cancel() }
    gate.add(1)
    var reasons: [TransportError.Reason?] = []
    for task in tasks { reasons.append(await task.value?.reason) }
    #expect(reasons.filter { $0 == nil }.count >= 100)
    #expect(reasons.filter { $0 == .cancelled }.count == 200 - reasons.filter { $0 == nil }.count)
    #expect(server.accepted <= 4)
  }

  @Test("A host that hangs takes no place from another")
  func hangingHost() async throws {
    let hanging = try LoopbackServer { peer in
      _ = peer.request()
      peer.waitForClose()
    }
    let quick = try LoopbackServer { peer in while peer.request() != nil { peer.answer() } }
    defer {
      hanging.stop()
      quick.stop()
    }
    let http = try HTTPTransport(TransportSettings(callsPerHost: 3))
    let stuck = hanging.call()
    let tasks = (0..<20).map { _ in
      Task { await failure { () async throws(TransportError) in try await http.answer(stuck) } }
    }
    #expect(try await eventually { hanging.received.count == 3 })
    for _ in 0..<50 { #expect(try await http.answer(quick.call()).status == 200) }
    #expect(hanging.received.count == 3)
    for task in tasks { task.cancel() }
    for task in tasks { #expect(await task.value?.reason == .cancelled) }
  }

  @Test("A transport that nobody uses any more ends its thread and closes its connections")
  func released() async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer() } }
    defer { server.stop() }
    do {
      let http = try HTTPTransport()
      _ = try await http.answer(server.call())
      #expect(server.open == 1)
    }
    #expect(try await eventually { server.open == 0 })
  }
}

@Suite("Who may go now")
struct AdmissionQueueTests {
  @Test("At most so many a host and in all, each host's in order, hosts in turn")
  func order() {
    var queue = AdmissionQueue<String>(perHost: 2, total: 3)
    let entered = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"].map {
      queue.enter($0, host: String($0.prefix(1)), isProven: true)
    }
    // a1 and a2 fill their host; b1 is the third in all.
    #expect(entered == [true, true, false, false, true, false, false])
    #expect(queue.admitted() == [])
    queue.leave(host: "b")
    // The line is a, b, c; host a is full.
    #expect(queue.admitted() == ["b2"])
    queue.leave(host: "a")
    #expect(queue.admitted() == ["a3"])
    queue.leave(host: "a")
    queue.leave(host: "a")
    #expect(queue.admitted() == ["c1", "a4"])
  }

  @Test("A host that is not proven gets one; the rest when its connection stands, or when it has failed")
  func proof() {
    var queue = AdmissionQueue<Int>(perHost: 3, total: 9)
    #expect(
      (1...5).map { queue.enter($0, host: "a", isProven: false) } == [true, false, false, false, false])
    #expect(queue.admitted() == [])
    queue.prove(host: "a")
    #expect(queue.admitted() == [2, 3])
    #expect((1...3).map { queue.enter($0, host: "b", isProven: false) } == [true, false, false])
    queue.leave(host: "b")
    #expect(queue.admitted() == [2, 3])
  }

  @Test("Whatever comes and goes, limits hold, nobody is lost and nobody overtakes at his host")
  func sweep() {
    var generator = Numbers(state: 7)
    var queue = AdmissionQueue<Int>(perHost: 3, total: 7)
    var underWay: [(item: Int, host: String)] = []
    var hosts: [Int: String] = [:]
    var started: [Int] = []
    func begin(_ items: [Int]) {
      for item in items {
        underWay.append((item, hosts[item] ?? ""))
        started.append(item)
      }
    }
    for item in 0..<2_000 {
      let host = "\(generator.next() % 5)"
      hosts[item] = host
      if queue.enter(item, host: host, isProven: true) { begin([item]) }
      while generator.next() % 3 != 0, !underWay.isEmpty {
        queue.leave(host: underWay.remove(at: Int(generator.next() % UInt64(underWay.count))).host)
        begin(queue.admitted())
      }
      #expect(underWay.count <= 7)
      #expect(
        hosts.values.allSatisfy { host in underWay.filter { $0.host == host }.count <= 3 } || item % 50 != 0)
    }
    while !underWay.isEmpty {
      queue.leave(host: underWay.removeLast().host)
      begin(queue.admitted())
    }
    #expect(started.sorted() == Array(0..<2_000))
    for host in 0..<5 {
      let own = started.filter { hosts[$0] == "\(host)" }
      #expect(own == own.sorted())
    }
  }

  /// A linear congruential generator (Knuth's constants), its upper half.
  struct Numbers {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
  }
}

@Suite("Faults")
struct FaultTests {
  enum Fault: Int, CaseIterable { case healthy, slow, hang, empty, reset, cut, malformed, large }

  /// Every kind of fault, streamed or whole, cancelled or not, all at once on few connections: each call ends
  /// as its fault has it, with its own answer, and nothing stays open.
  @Test("Whatever goes wrong for some calls, every call ends, and as it should")
  func sweep() async throws {
    let server = try LoopbackServer { peer in
      while let request = peer.request() {
        let words = request.line.split(separator: " ")[1].split(separator: "/").map(String.init)
        switch Fault(rawValue: Int(words[0]) ?? 0) ?? .healthy {
        case .slow:
          peer.pause(milliseconds: 20)
          peer.answer(words[1])
        case .hang: return peer.waitForClose()
        case .empty: return
        case .reset: return peer.reset()
        case .cut:
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + words[1])
          return
        case .malformed:
          peer.send("not HTTP\r\n\r\n")
          return
        case .large: peer.answer(String(repeating: "x", count: 300_000))
        case .healthy: peer.answer(words[1])
        }
      }
    }
    defer { server.stop() }
    let http = try HTTPTransport(TransportSettings(callsPerHost: 16, streamBuffer: 4_096))
    var generator = AdmissionQueueTests.Numbers(state: 42)
    var tasks: [(Fault, isCancelled: Bool, Task<(String?, TransportError?), Never>)] = []
    for number in 0..<600 {
      let fault = Fault.allCases[Int(generator.next() % 8)]
      var call = server.call("POST", "/\(fault.rawValue)/\(number)")
      if fault == .hang { call.limits.firstByte = .milliseconds(100) }
      call.maximumBodySize = 200_000
      let isStreamed = generator.next() % 2 == 0
      let fixed = call
      let task = Task { () -> (String?, TransportError?) in
        do throws(TransportError) {
          if !isStreamed { return (try await http.answer(fixed).text, nil) }
          var bytes: [UInt8] = []
          for try await piece in try await http.stream(fixed).body { bytes += piece }
          return (String(decoding: bytes, as: UTF8.self), nil)
        } catch {
          return (nil, error)
        }
      }
      let isCancelled = generator.next() % 8 == 0
      tasks.append((fault, isCancelled, task))
      if isCancelled {
        await Task.yield()
        task.cancel()
      }
    }
    for (number, (fault, isCancelled, task)) in tasks.enumerated() {
      let (text, error) = await task.value
      if isCancelled, error?.reason == .cancelled { continue }
      switch fault {
      // A kept connection may be one on which the server is about to hang up: that is told, not repeated.
      case .healthy, .slow:
        #expect(
          text == "\(number)" || error?.reason == .connectionLost, "\(number): \(String(describing: error))")
      case .hang: #expect(error?.reason == .timedOut(.firstByte) || error?.reason == .connectionLost)
      case .empty, .reset, .cut: #expect(error?.reason == .connectionLost)
      case .malformed: #expect(error?.reason == .malformedResponse || error?.reason == .connectionLost)
      case .large: #expect(error?.reason == .responseTooLarge || error?.reason == .connectionLost)
      }
    }
    let counts = Dictionary(grouping: server.received.map(\.line)) { $0 }.mapValues(\.count)
    #expect(counts.values.allSatisfy { $0 == 1 })
    #expect(server.mostOpen <= 32)
    http.close()
    #expect(try await eventually { server.open == 0 })
  }
}
