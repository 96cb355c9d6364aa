import Routing
import Testing

@testable import Jobs

@Suite("Deliveries")
struct DeliveryTests {
  static let start = Instant(microseconds: 1_795_168_800_000_000)

  static func delivery(_ url: String = "https://acme.example/done") -> Delivery {
    Delivery(
      id: Identifier(high: 1, low: 2), job: Identifier(high: 3, low: 4), event: "job.succeeded", url: url,
      created: start)
  }

  @Test("Five attempts, 60, 120, 240 and 480 s apart, and then it is a dead letter")
  func exhausted() {
    var delivery = Self.delivery()
    #expect(delivery.state == .pending && delivery.due == Self.start)
    var now = Self.start
    var waits: [Span] = []
    for number in 1...5 {
      let attempt = delivery.record(.init(status: 500), started: now, at: now, random: 0)
      #expect(
        attempt == DeliveryAttempt(number: number, started: now, ended: now, answer: .init(status: 500)))
      #expect(delivery.attempts == number && delivery.lastStatus == 500 && delivery.revision == number)
      if let due = delivery.due {
        waits.append(due - now)
        now = due
      }
    }
    #expect(waits == [.seconds(60), .seconds(120), .seconds(240), .seconds(480)])
    #expect(delivery.state == .dead && delivery.due == nil && delivery.ended == now)
    #expect(delivery.lastFailure == "answered 500")
    // What is over hears no more.
    let over = delivery
    #expect(delivery.record(.init(status: 200), started: now, at: now, random: 0) == nil)
    #expect(delivery == over)
  }

  @Test("Jitter only makes the wait longer, by a fifth at most")
  func jitter() {
    let schedule = DeliverySchedule()
    // 240 · (1 + 0.2 · 0.5) = 264
    #expect(schedule.delay(after: 3, random: 0.5) == .seconds(264))
    for step in 0..<100 {
      for tries in 1...4 {
        let delay = schedule.delay(after: tries, random: Double(step) / 100)
        let base = Span.seconds(60 << (Int64(tries) - 1))
        #expect(delay >= base && delay.seconds < base.seconds * 1.2)
      }
    }
  }

  @Test(
    "A receiver may ask for a longer wait than the schedule's, up to an hour, and never for a shorter one")
  func retryAfter() {
    let schedule = DeliverySchedule()
    #expect(schedule.delay(after: 1, random: 0, retryAfter: .seconds(300)) == .seconds(300))
    #expect(schedule.delay(after: 1, random: 0, retryAfter: .seconds(5)) == .seconds(60))
    #expect(schedule.delay(after: 1, random: 0, retryAfter: .days(3)) == .hours(1))
  }

  @Test(
    "Only 200 to 299 is a delivery",
    arguments: [
      (200, nil), (204, nil), (299, nil), (199, "answered 199"), (404, "answered 404"), (410, "answered 410"),
      (302, "answered 302: redirects are not followed; name the address itself"), (500, "answered 500"),
    ])
  func statuses(status: Int, failure: String?) {
    #expect(DeliveryAnswer(status: status).failure == failure)
    var delivery = Self.delivery()
    _ = delivery.record(.init(status: status), started: Self.start, at: Self.start, random: 0)
    #expect(delivery.state == (failure == nil ? .delivered : .pending))
    #expect((delivery.due == nil) == (failure == nil) && (delivery.ended != nil) == (failure == nil))
  }

  @Test("A dead letter that is retried has all its tries again, under the same id, and counts on")
  func retried() {
    func retry(_ delivery: inout Delivery, _ now: Instant) -> Bool { delivery.retry(at: now) }
    var delivery = Self.delivery()
    #expect(!retry(&delivery, Self.start) && delivery == Self.delivery())
    for _ in 0..<5 {
      _ = delivery.record(.init(unanswered: "no answer"), started: Self.start, at: Self.start, random: 0)
    }
    let later = Self.start + .days(1)
    #expect(retry(&delivery, later))
    #expect(delivery.state == .pending && delivery.due == later && delivery.ended == nil)
    #expect(delivery.attempts == 5 && delivery.tries == 0 && delivery.id == Self.delivery().id)
    let attempt = delivery.record(.init(status: 204), started: later, at: later, random: 0)
    #expect(attempt?.number == 6 && delivery.state == .delivered && delivery.lastFailure == nil)
    #expect(!retry(&delivery, later))
  }

  @Test(
    "A receiver is a scheme, a host and a port",
    arguments: [
      ("https://acme.example/done?x=1", "https://acme.example"),
      ("https://acme.example", "https://acme.example"),
      ("https://ACME.example:8443?x", "https://acme.example:8443"),
      ("http://[::1]:80/a/b", "http://[::1]:80"),
    ])
  func receivers(url: String, receiver: String) { #expect(Delivery.receiver(of: url) == receiver) }

  @Test("The old secret signs beside the new one until its time is over, and no print shows a key")
  func rotation() {
    func secret(_ number: UInt64, expires: Instant? = nil) -> SigningSecret {
      SigningSecret(
        id: Identifier(high: number, low: 0), key: Array("key-\(number)".utf8), created: Self.start,
        expires: expires)
    }
    let end = Self.start + .hours(24)
    let soon = Self.start + .hours(1)
    let others = [secret(1, expires: soon), secret(2)].ending(by: end)
    // One that ends sooner ends sooner still.
    #expect(others.map(\.expires) == [soon, end])
    let all = others + [secret(3)]
    func ids(_ now: Instant) -> [UInt64] { all.signing(at: now).map(\.id.high) }
    #expect(ids(Self.start) == [3, 2, 1])
    #expect(ids(soon) == [3, 2])
    #expect(ids(end) == [3])
    #expect("\(all[0])" == "signing secret 00000000-0000-0001-0000-000000000000")
  }
}
