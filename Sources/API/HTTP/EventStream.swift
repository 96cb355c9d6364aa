import Hummingbird
import NIOCore
import Routing
import Serving
import ServiceLifecycle
import Wire

/// Server-Sent Events (HTML Living Standard, 9.2).
enum EventStream {
  /// A line that a client passes over.
  static let comment = ByteBuffer(string: ":\n\n")

  /// One entry of a job's log: its number as id, its kind as the event's name, and what happened as one line of JSON.
  static func event(_ entry: JobLogEntry) -> ByteBuffer {
    var writer = JSONWriter(reserving: entry.detail.count + 64)
    writer.object { writer in
      writer.field("at", entry.at.description)
      // The members of the detail without its braces.
      let members = entry.detail.dropFirst().dropLast()
      if !members.isEmpty { writer.raw(Array(members)) }
    }
    var buffer = ByteBuffer(string: "id: \(entry.number)\nevent: \(entry.kind.rawValue)\ndata: ")
    buffer.writeBytes(writer.bytes)
    buffer.writeString("\n\n")
    return buffer
  }

  /// Sends elements as they come, and a comment now and then while none do. Ends with the elements, when the router
  /// shuts down, or when the client has gone: nobody is told of that, but the next write fails, and that is the comment
  /// at the latest.
  static func body<Elements: AsyncSequence & Sendable>(
    _ elements: Elements, heartbeat: Duration, _ render: @escaping @Sendable (Elements.Element) -> ByteBuffer
  ) -> ResponseBody where Elements.Element: Sendable {
    ResponseBody { writer in
      let (lines, line) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
      let pump = Task {
        do {
          for try await element in elements { line.yield(render(element)) }
          line.finish()
        } catch {
          line.finish(throwing: error)
        }
      }
      let pulse = Task {
        while !Task.isCancelled {
          try await Task.sleep(for: heartbeat)
          line.yield(comment)
        }
      }
      defer {
        pump.cancel()
        pulse.cancel()
      }
      // The first bytes tell a client at once that it is heard.
      try await writer.write(comment)
      try await withGracefulShutdownHandler {
        for try await next in lines { try await writer.write(next) }
      } onGracefulShutdown: {
        line.finish()
      }
      try await writer.finish(nil)
    }
  }
}
