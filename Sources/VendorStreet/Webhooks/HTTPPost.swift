import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix

/// The least HTTP client that can deliver a webhook on the same machine: one POST over one connection,
/// without TLS and without redirects.
enum HTTPPost {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// - Parameters:
  ///   - url: `http://host[:port]/path`.
  ///   - limit: time for all of it.
  /// - Returns: the status of the answer.
  /// - Throws: ``Failure`` when there was none.
  static func send(
    to url: String, headers: HTTPFields, body: [UInt8], limit: Duration = .seconds(15)
  ) async throws -> Int {
    guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host else {
      throw Failure(description: "the street sends webhooks to http URLs only, not to \(url)")
    }
    let port = parts.port ?? 80
    var target = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
    if let query = parts.percentEncodedQuery { target += "?" + query }
    var fields = HTTPHeaders(headers.map { ($0.name.canonicalName, $0.value) })
    fields.add(name: "host", value: parts.port.map { "\(host):\($0)" } ?? host)
    fields.add(name: "content-length", value: String(body.count))
    fields.add(name: "connection", value: "close")
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target, headers: fields)
    return try await within(limit) {
      let connection = try await connect(host, port)
      return try await connection.executeThenClose { inbound, outbound in
        try await outbound.write(.head(head))
        try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
        try await outbound.write(.end(nil))
        for try await part in inbound {
          if case .head(let head) = part { return Int(head.status.code) }
        }
        throw Failure(description: "the connection ended without an answer")
      }
    }
  }

  private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  private static func connect(_ host: String, _ port: Int) async throws -> Connection {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(5))
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try Connection(wrappingChannelSynchronously: channel)
        }
      }
  }

  private static func within(_ limit: Duration, _ work: @escaping @Sendable () async throws -> Int)
    async throws
    -> Int
  {
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask { try await work() }
      group.addTask {
        try await Task.sleep(for: limit)
        throw Failure(description: "no answer within \(limit)")
      }
      defer { group.cancelAll() }
      guard let status = try await group.next() else { throw CancellationError() }
      return status
    }
  }
}
