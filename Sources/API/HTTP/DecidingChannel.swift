import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Serving

/// A connection: HTTP/1.1, decisions answered where they arrive, everything else by the routes.
struct DecidingChannel: HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: HTTPChannelHandler.Responder
  let limits: RequestLimits
  let date: HeaderDate
  /// The keys; nil for a router that is open to everybody.
  let credits: CreditService?
  /// An answer's JSON to a body of `POST /v1/decisions`, or nil where the routes must see it.
  let answerAtOnce: @Sendable (_ body: UnsafeRawBufferPointer, _ tenant: String?) -> [UInt8]?

  /// What a request's `Authorization` lets it in at once as; nil when it does not.
  private func admits(_ authorization: String?) -> DecidingPass? {
    credits.map { Bearer.pass(authorization, $0) } ?? DecidingPass()
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      var decoding = NIOHTTPDecoderLimitConfiguration()
      decoding.maxHeaderFieldSize = limits.headerBytes
      decoding.maxHeaderListSize = limits.headerBytes
      decoding.maxHeaderFieldCount = limits.headerFields
      let pipeline = channel.pipeline.syncOperations
      // Requests that come before the answer to the last one wait in the asynchronous channel; what it writes was
      // checked when its fields were made.
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
        withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoding)
      try pipeline.addHandler(IdleStateHandler(allTimeout: limits.idleTimeout))
      try pipeline.addHandler(
        ImmediateAnswers(
          date: date, limit: DecidingRoutes.longestAtOnce,
          admits: admits, answer: { [answerAtOnce] in answerAtOnce($0, $1.tenant) }))
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
      try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
      return try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
  }

  func handle(value: Value, logger: Logger) async {
    await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
      await handleHTTP(asyncChannel: value, logger: logger)
    }
  }
}
