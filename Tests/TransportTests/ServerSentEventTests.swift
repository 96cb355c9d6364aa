import Testing
import Transport

/// Examples of WHATWG HTML, section 9.2.6, and each of its rules.
@Suite("Server-sent events")
struct ServerSentEventTests {
  private func events(_ text: String) -> [ServerSentEvent] {
    var parser = ServerSentEventParser()
    return parser.read(Array(text.utf8))
  }

  @Test("Data lines are joined by a line feed")
  func joined() {
    #expect(events("data: YHOO\ndata: +2\ndata: 10\n\n") == [ServerSentEvent(data: "YHOO\n+2\n10")])
  }

  @Test("The standard's second example: a comment, an id, an id that is reset, a leading space kept")
  func standard() {
    let text = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"
    #expect(
      events(text + "\n") == [
        ServerSentEvent(data: "first event", lastID: "1"), ServerSentEvent(data: "second event"),
        ServerSentEvent(data: " third event"),
      ])
    // Without its blank line the third is no event.
    #expect(events(text).count == 2)
  }

  @Test("The standard's third example: two events with empty data, and one that never ends")
  func emptyData() {
    #expect(
      events("data\n\ndata\ndata\n\ndata:") == [ServerSentEvent(data: ""), ServerSentEvent(data: "\n")])
  }

  @Test("The standard's fourth example: one space after the colon belongs to neither")
  func space() {
    #expect(
      events("data:test\n\ndata: test\n\n") == [ServerSentEvent(data: "test"), ServerSentEvent(data: "test")])
  }

  @Test("An event has a name until its end; without data it is none")
  func names() {
    #expect(
      events("event: ping\n\nevent: add\ndata: 1\n\ndata: 2\n\n") == [
        ServerSentEvent(name: "add", data: "1"), ServerSentEvent(data: "2"),
      ])
  }

  @Test("An id with a null character is ignored; one without data still counts for what follows")
  func ids() {
    #expect(events("id: 7\n\nid: a\u{0}b\ndata: x\n\n") == [ServerSentEvent(data: "x", lastID: "7")])
  }

  @Test("Only digits set the time to wait before connecting again")
  func retry() {
    var parser = ServerSentEventParser()
    _ = parser.read(Array("retry: 1500\nretry: 2s\nretry: -1\nretry:\n".utf8))
    #expect(parser.retry == .milliseconds(1_500))
  }

  @Test("A byte order mark, unknown fields and the mark of the end are what the standard says they are")
  func oddities() {
    #expect(
      events("\u{FEFF}data: a\nunknown: b\ndatas: c\n\ndata: [DONE]\n\n") == [
        ServerSentEvent(data: "a"), ServerSentEvent(data: "[DONE]"),
      ])
    // Only at the very start.
    #expect(events("\n\u{FEFF}data: a\n\n").isEmpty)
  }

  @Test("Lines end in LF, CR or CR LF, wherever the pieces are cut", arguments: ["\n", "\r", "\r\n"])
  func cuts(end: String) {
    let text = ["\u{FEFF}: hi", "event: é", "data: a", "data: 😀b", "", "id: 1", "data: c", "", "data: d"]
      .map { $0 + end }.joined()
    let expected = [
      ServerSentEvent(name: "é", data: "a\n😀b"), ServerSentEvent(data: "c", lastID: "1"),
    ]
    let bytes = Array(text.utf8)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var parser = ServerSentEventParser()
        var found = parser.read(bytes[..<first])
        found += parser.read(bytes[first..<second])
        found += parser.read(bytes[second...])
        #expect(found == expected, "cut at \(first) and \(second)")
      }
    }
  }

  @Test("Events of a chat arrive one by one while the connection stays open")
  func overHTTP() async throws {
    let http = try HTTPTransport()
    let seen = Counter()
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
      for word in ["Hel", "lo", "[DONE]"] {
        let before = seen.value
        peer.send("data: \(word)\n\n")
        // The next one only when this one was seen.
        while seen.value == before { peer.pause(milliseconds: 1) }
      }
      peer.send("data: never ended\n")
    }
    defer { server.stop() }
    var words: [String] = []
    for try await event in try await http.stream(server.call()).body.events() {
      words.append(event.data)
      seen.add(1)
    }
    #expect(words == ["Hel", "lo", "[DONE]"])
  }

  @Test("An event without end is cut at its limit")
  func limit() async throws {
    let http = try HTTPTransport()
    let server = try LoopbackServer { peer in
      _ = peer.request()
      peer.send("HTTP/1.1 200 OK\r\n\r\n")
      while peer.send("data: " + String(repeating: "x", count: 1_000) + "\n") {}
    }
    defer { server.stop() }
    let error = await failure { () async throws(TransportError) in
      for try await _ in try await http.stream(server.call()).body.events(maximumEventSize: 100_000) {}
    }
    #expect(error?.reason == .responseTooLarge)
    #expect(try await eventually { server.open == 0 })
  }
}
