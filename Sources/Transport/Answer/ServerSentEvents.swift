/// One event of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Equatable {
  /// `message` where the stream names none.
  public var name: String
  /// The event's data lines, joined by line feeds.
  public var data: String
  /// The last id that the stream gave, here or before.
  public var lastID: String

  public init(name: String = "message", data: String, lastID: String = "") {
    self.name = name
    self.data = data
    self.lastID = lastID
  }
}

/// Reads a `text/event-stream` in pieces of any size (WHATWG HTML, section 9.2.6 "Interpreting an event
/// stream").
///
/// Lines end in CR, LF or CR LF, also when a piece ends between the two; a byte order mark at the start is
/// dropped; an event that no blank line ends is no event. Marks such as `[DONE]` are data like any other.
public struct ServerSentEventParser: Sendable {
  /// How long the stream asks to wait before connecting again.
  public private(set) var retry: Duration?
  /// The last id that the stream gave.
  public private(set) var lastID = ""

  private var line: [UInt8] = []
  private var name = ""
  private var data: [UInt8] = []
  private var hasData = false
  private var isAfterReturn = false
  private var isAtStart = true

  public init() {}

  /// Bytes that wait for the end of their line or event.
  public var pendingSize: Int { line.count + data.count }

  /// Takes the next piece in.
  ///
  /// - Returns: the events that it completes.
  public mutating func read(_ bytes: some Sequence<UInt8>) -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    for byte in bytes {
      if isAfterReturn {
        isAfterReturn = false
        if byte == 0x0A { continue }
      }
      if byte == 0x0A || byte == 0x0D {
        isAfterReturn = byte == 0x0D
        if let event = endLine() { events.append(event) }
      } else {
        line.append(byte)
      }
    }
    return events
  }

  private mutating func endLine() -> ServerSentEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    if isAtStart {
      isAtStart = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    if line.isEmpty { return endEvent() }
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    let field = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
    var value = colon.map { line[($0 + 1)...] } ?? []
    if value.first == 0x20 { value.removeFirst() }
    switch field {
    case "data":
      if hasData { data.append(0x0A) }
      data += value
      hasData = true
    case "event": name = String(decoding: value, as: UTF8.self)
    case "id" where !value.contains(0): lastID = String(decoding: value, as: UTF8.self)
    case "retry" where !value.isEmpty && value.allSatisfy { (0x30...0x39).contains($0) }:
      if let milliseconds = Int(String(decoding: value, as: UTF8.self)) {
        retry = .milliseconds(milliseconds)
      }
    // A comment (no field name), or a field that nobody knows.
    default: break
    }
    return nil
  }

  private mutating func endEvent() -> ServerSentEvent? {
    defer {
      name = ""
      data.removeAll(keepingCapacity: true)
      hasData = false
    }
    guard hasData else { return nil }
    return ServerSentEvent(
      name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self), lastID: lastID)
  }
}

/// The events of a streamed body, for one reader.
public struct ServerSentEvents: AsyncSequence, Sendable {
  public typealias Element = ServerSentEvent
  public typealias Failure = TransportError

  let body: ByteStream
  let maximumEventSize: Int

  public func makeAsyncIterator() -> Iterator {
    Iterator(body: body.makeAsyncIterator(), maximumEventSize: maximumEventSize)
  }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var body: ByteStream.Iterator
    fileprivate let maximumEventSize: Int
    private var parser = ServerSentEventParser()
    private var ready: [ServerSentEvent] = []

    fileprivate init(body: ByteStream.Iterator, maximumEventSize: Int) {
      self.body = body
      self.maximumEventSize = maximumEventSize
    }

    public mutating func next() async throws(TransportError) -> ServerSentEvent? {
      try await next(isolation: nil)
    }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(TransportError) -> ServerSentEvent? {
      while ready.isEmpty {
        guard let bytes = try await body.next(isolation: actor) else { return nil }
        ready = parser.read(bytes).reversed()
        guard parser.pendingSize <= maximumEventSize else {
          throw TransportError(
            .responseTooLarge, .receiving, mayHaveBeenSent: true,
            "one event is larger than the limit of \(maximumEventSize) bytes")
        }
      }
      return ready.removeLast()
    }
  }
}

extension ByteStream {
  /// The body read as a `text/event-stream`.
  ///
  /// - Parameter maximumEventSize: bytes that may wait for the end of one event.
  public func events(maximumEventSize: Int = 4 << 20) -> ServerSentEvents {
    ServerSentEvents(body: self, maximumEventSize: maximumEventSize)
  }
}
