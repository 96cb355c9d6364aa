import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import API

/// Where requests are worked on.
@Suite struct EventLoopExecutorTests {
  @Test("a task goes on where its connection is read, also after it has waited for another thread")
  func loop() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let loop = group.any()
    let places = await withTaskExecutorPreference(EventLoopExecutor(loop)) {
      let before = loop.inEventLoop
      await withCheckedContinuation { continuation in
        Thread { continuation.resume() }.start()
      }
      let after = loop.inEventLoop
      let inActor = await Place().isOn(loop)
      return [before, after, inActor]
    }
    #expect(places == [true, true, true])
  }

  @Test("what is short stays on the loop, all else goes to the pool")
  func pool() async throws {
    let router = Router(context: BasicRequestContext.self)
    router.add(middleware: PoolMiddleware())
    let place: @Sendable (Request, BasicRequestContext) async throws -> String = { _, _ in
      MultiThreadedEventLoopGroup.currentEventLoop == nil ? "pool" : "loop"
    }
    router.post("v1/jobs", use: place)
    router.get("v1/jobs", use: place)
    router.post("v1/regions", use: place)
    let application = Application(
      responder: router.buildResponder(),
      server: HTTPServerBuilder { responder in
        DecidingChannel(
          responder: responder, limits: RequestLimits(), date: HeaderDate(), credits: nil,
          answerAtOnce: { _, _ in nil })
      },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await application.test(.live) { (client: any TestClientProtocol) async throws -> Void in
      func answer(_ method: HTTPRequest.Method, _ path: String, _ bytes: Int) async throws -> String {
        let body = ByteBuffer(repeating: 0x20, count: bytes)
        return try await client.execute(uri: path, method: method, body: body) {
          String(buffer: $0.body)
        }
      }
      #expect(try await answer(.post, "/v1/jobs", 100) == "loop")
      #expect(try await answer(.post, "/v1/jobs", ShortWork.longest) == "loop")
      #expect(try await answer(.post, "/v1/jobs", ShortWork.longest + 1) == "pool")
      #expect(try await answer(.get, "/v1/jobs", 0) == "pool")
      #expect(try await answer(.post, "/v1/regions", 100) == "pool")
    }
  }

  @Test(
    "what is short is told by the head",
    arguments: [
      ("POST", "/v1/unified", "2", true), ("POST", "/v1/generate/text_to_video", "16384", true),
      ("POST", "/webhooks/fal?token=x", "900", true), ("POST", "/v1/feedback", "60", true),
      ("POST", "/v1/jobs", "16385", false), ("POST", "/v1/jobs", nil, false),
      ("POST", "/v1/jobs/x/cancel", "2", false), ("GET", "/v1/jobs/x", nil, true),
      ("GET", "/v1/jobs/x/events", nil, false),
      ("GET", "/v1/jobs?limit=1000", nil, false), ("PUT", "/v1/catalogue", "2", false),
    ] as [(String, String, String?, Bool)])
  func heads(_ method: String, _ path: String, _ length: String?, _ isShort: Bool) {
    var head = HTTPRequest(method: HTTPRequest.Method(method)!, scheme: nil, authority: nil, path: path)
    head.headerFields[.contentLength] = length
    #expect(ShortWork.isAsked(by: head) == isShort)
  }
}

/// An actor without an executor of its own.
private actor Place {
  func isOn(_ loop: any EventLoop) -> Bool { loop.inEventLoop }
}
