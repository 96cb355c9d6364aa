import NIOCore
import NIOHTTP1

/// Answers decisions where their bytes arrive.
///
/// Most decisions wait for nothing: they take a microsecond, and handing a request from the connection's loop to a
/// task and its answer back costs many times that. So this handler stands between the HTTP codec and the routes, holds
/// the parts of a `POST /v1/decisions`, and answers it on the loop. Whatever it cannot answer at once it passes on
/// unchanged, as it does every other request, and the routes do the rest.
///
/// Answers keep the order of their requests: while the routes still work on an earlier one of this connection, nothing
/// is answered here. It also closes connections on which nothing happens; the handlers behind it do not see all that
/// does.
final class ImmediateAnswers: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let admits: (String?) -> DecidingPass?
  private let answer: (UnsafeRawBufferPointer, DecidingPass) -> [UInt8]?
  private let date: HeaderDate
  private let limit: Int
  /// A request that may be answered here, as far as it has come.
  private var held: (head: HTTPRequestHead, body: ByteBuffer?, pass: DecidingPass)?
  /// Requests with the routes that have no whole answer yet.
  private var passed = 0
  /// Whether the routes still wait for the rest of a request.
  private var isPassing = false

  /// - Parameters:
  ///   - answer: an answer's JSON to a body, or nil to pass the request on.
  ///   - admits: what a request with this `Authorization` may be answered here by; nil where the routes say why not.
  ///   - limit: bytes of a body beyond which a request is passed on without asking.
  init(
    date: HeaderDate, limit: Int, admits: @escaping (String?) -> DecidingPass? = { _ in DecidingPass() },
    answer: @escaping (UnsafeRawBufferPointer, DecidingPass) -> [UInt8]?
  ) {
    self.admits = admits
    self.answer = answer
    self.date = date
    self.limit = limit
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if passed == 0, ImmediateAnswers.isCandidate(head),
        let pass = admits(head.headers.first(name: "authorization"))
      {
        held = (head, nil, pass)
      } else {
        passed += 1
        isPassing = true
        context.fireChannelRead(data)
      }
    case .body(var part):
      guard held != nil else { return context.fireChannelRead(data) }
      if held!.body == nil { held!.body = part } else { held!.body!.writeBuffer(&part) }
      if held!.body!.readableBytes > limit { release(context) }
    case .end(let trailers):
      if let held, let body = held.body,
        let bytes = body.withUnsafeReadableBytes({ answer($0, held.pass) })
      {
        self.held = nil
        write(bytes, context)
      } else {
        release(context)
        isPassing = false
        context.fireChannelRead(wrapInboundOut(.end(trailers)))
      }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // One flush for all that came in one read.
    context.flush()
    context.fireChannelReadComplete()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { passed -= 1 }
    context.write(data, promise: promise)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is IdleStateHandler.IdleStateEvent:
      // The routes may take their time; a client that stops in the middle of a request may not.
      if passed == 0 || isPassing { context.close(promise: nil) }
    case is ChannelShouldQuiesceEvent:
      // Who counts the requests in progress must know of this one.
      release(context)
      context.fireUserInboundEventTriggered(event)
    default:
      context.fireUserInboundEventTriggered(event)
    }
  }

  /// Passes on what is held.
  private func release(_ context: ChannelHandlerContext) {
    guard let (head, body, _) = held else { return }
    held = nil
    passed += 1
    isPassing = true
    context.fireChannelRead(wrapInboundOut(.head(head)))
    if let body { context.fireChannelRead(wrapInboundOut(.body(body))) }
  }

  private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
    var headers = HTTPHeaders()
    headers.reserveCapacity(4)
    headers.add(name: "Content-Type", value: "application/json")
    headers.add(name: "Content-Length", value: String(bytes.count))
    headers.add(name: "Date", value: date.text)
    headers.add(name: "Server", value: RouterAPI.serverName)
    let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(
      wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
  }

  private static func isCandidate(_ head: HTTPRequestHead) -> Bool {
    head.method == .POST && head.uri == "/v1/decisions" && head.version == .http1_1 && head.isKeepAlive
      && !head.headers.contains(name: "expect")
  }
}
