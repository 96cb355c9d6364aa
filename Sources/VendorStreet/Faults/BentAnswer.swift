import Hummingbird
import HummingbirdCore
import NIOCore

/// An answer after a fault had its way with it, and the way in which it is to be written.
struct BentAnswer: Sendable {
  private(set) var answer: Answer
  private let fault: Fault?

  init(_ answer: Answer, fault: Fault?) {
    self.answer = answer
    self.fault = fault
    switch (fault?.kind, answer.body) {
    case (.malformedJSON, .bytes(let bytes)):
      // Cut in the middle and closed with what cannot stand there.
      self.answer.body = .bytes(Array(bytes.prefix(bytes.count / 2)) + Array("}}]".utf8))
    case (.html, _):
      self.answer = .bytes(
        Array("<!doctype html><title>502</title><h1>Something went wrong</h1>".utf8), "text/html")
    case (.oversize, .bytes(let bytes)):
      // White space is harmless in JSON, so only the size is wrong.
      self.answer.body = BentAnswer.padded(bytes, to: fault?.bytes ?? 32 << 20)
    default: break
    }
  }

  private static func padded(_ bytes: [UInt8], to size: Int) -> Answer.Body {
    let block = [UInt8](repeating: 0x20, count: 65_536)
    let blocks = max(size - bytes.count, 0) / block.count
    return .parts { place in place < blocks ? block : place == blocks ? bytes : nil }
  }

  func responseBody(_ connection: StreetConnection) -> ResponseBody {
    switch answer.body {
    case .bytes(let bytes): written(bytes, connection)
    case .parts(let part): written(part, connection)
    }
  }

  private func written(_ bytes: [UInt8], _ connection: StreetConnection) -> ResponseBody {
    let half = bytes.count / 2
    switch fault?.kind {
    case .reset, .truncated:
      let isReset = fault?.kind == .reset
      return ResponseBody(contentLength: max(bytes.count, 1)) { writer in
        try await writer.write(ByteBuffer(bytes: bytes[..<half]))
        if isReset { await connection.reset() } else { try await connection.channel.close() }
        throw CancellationError()
      }
    case .slowBody:
      let pause = (fault?.delay ?? .seconds(1)) / 10
      let size = max((bytes.count + 9) / 10, 1)
      return ResponseBody(contentLength: bytes.count) { writer in
        for start in stride(from: 0, to: bytes.count, by: size) {
          try await Task.sleep(for: pause)
          try await writer.write(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
        }
        try await writer.finish(nil)
      }
    default: return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    }
  }

  private func written(
    _ part: @escaping @Sendable (Int) async throws -> [UInt8]?, _ connection: StreetConnection
  ) -> ResponseBody {
    let kind = fault?.kind
    let pause = fault?.delay ?? .seconds(1)
    return ResponseBody { writer in
      var place = 0
      while let bytes = try await part(place) {
        // A stream that breaks says something first.
        if place == 2, kind == .reset {
          await connection.reset()
          throw CancellationError()
        }
        if place == 2, kind == .truncated {
          try await connection.channel.close()
          throw CancellationError()
        }
        if kind == .slowBody { try await Task.sleep(for: pause / 10) }
        try await writer.write(
          ByteBuffer(bytes: place == 2 && kind == .malformedJSON ? Array("data: {\"}\n\n".utf8) : bytes))
        place += 1
      }
      try await writer.finish(nil)
    }
  }
}
