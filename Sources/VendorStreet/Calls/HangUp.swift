import HummingbirdCore
import NIOCore
import ServiceLifecycle

/// Notices that the caller of a connection went away, for calls that are never answered: the server allows
/// half-closed connections, so the channel alone does not tell.
private final class HangUp: ChannelInboundHandler, Sendable {
  typealias InboundIn = NIOAny
  let promise: EventLoopPromise<Void>

  init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed { promise.succeed() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.succeed()
    context.fireChannelInactive()
  }
}

extension StreetConnection {
  /// Waits until the caller hangs up or the street closes.
  func untilHangUp() async throws {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    do {
      try await channel.pipeline.addHandler(HangUp(promise), position: .first).get()
    } catch {
      // A pipeline that takes no handler belongs to a connection that is gone.
      promise.succeed()
    }
    try await cancelWhenGracefulShutdown {
      try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(CancellationError())
      }
    }
  }
}
