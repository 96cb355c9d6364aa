public import Jobs
public import Routing
public import Serving
import Synchronization

/// The way out to endpoints that answer what a test says; remembers every attempt.
public final class ScriptedDoor: DeliveryDoor {
  public struct Sent: Hashable, Sendable {
    public var delivery: Delivery
    public var payload: [UInt8]
    public var secrets: [Identifier]
  }

  private struct State {
    var sent: [Sent] = []
    var underWay: [String: Int] = [:]
    /// The most at one receiver, and in all, at the same time.
    var peaks = (receiver: 0, all: 0)
  }

  private let state = Mutex(State())
  private let answer: @Sendable (Delivery, Int) async -> DeliveryAnswer

  /// - Parameter answer: to a delivery's attempt; the number counts those that came here, from 1.
  public init(_ answer: @escaping @Sendable (Delivery, Int) async -> DeliveryAnswer) {
    self.answer = answer
  }

  /// Answers a delivery's attempts in this order, and 204 from then on.
  public convenience init(_ answers: DeliveryAnswer...) {
    self.init { _, number in number <= answers.count ? answers[number - 1] : DeliveryAnswer(status: 204) }
  }

  public var sent: [Sent] { state.withLock { $0.sent } }
  public var peaks: (receiver: Int, all: Int) { state.withLock { $0.peaks } }

  public func checked(_ url: String) throws(DeliveryRefusal) -> String {
    if url.hasPrefix("http://") { throw .address("must be https, not plain http") }
    return url
  }

  public func send(
    _ delivery: Delivery, _ payload: [UInt8], secrets: [SigningSecret], at now: Instant
  ) async -> DeliveryAnswer {
    let number = state.withLock { state in
      state.sent.append(Sent(delivery: delivery, payload: payload, secrets: secrets.map(\.id)))
      state.underWay[delivery.receiver, default: 0] += 1
      state.peaks.receiver = max(state.peaks.receiver, state.underWay[delivery.receiver] ?? 0)
      state.peaks.all = max(state.peaks.all, state.underWay.values.reduce(0, +))
      return state.sent.count { $0.delivery.id == delivery.id }
    }
    defer { state.withLock { $0.underWay[delivery.receiver, default: 0] -= 1 } }
    return await answer(delivery, number)
  }
}
