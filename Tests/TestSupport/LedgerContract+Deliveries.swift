public import Jobs
import Routing
public import Serving

extension Sample {
  /// The n-th delivery, of the n-th job, made and due in the n-th minute.
  public static func delivery(
    _ number: Int, to url: String = "https://acme.example/done", tenant: String? = nil
  )
    -> Delivery
  {
    Delivery(
      id: id(number), job: Identifier(at: at(Int64(number)), random: UInt64(number), 77), tenant: tenant,
      event: "job.succeeded", url: url, created: at(Int64(number)))
  }

  public static func batch(deliveries: [DeliveryChange]) -> LedgerBatch {
    var batch = LedgerBatch()
    batch.deliveries = deliveries
    return batch
  }

  public static func secret(_ number: Int, of tenant: String? = nil) -> SigningSecret {
    SigningSecret(
      id: id(number), tenant: tenant, key: Array(repeating: UInt8(number), count: 32), created: at())
  }
}

extension Delivery {
  /// A change to this delivery by an answer that came in the given minute.
  public mutating func change(_ answer: DeliveryAnswer, at minutes: Int64) -> DeliveryChange {
    let before = revision
    let now = Sample.at(minutes)
    let attempt = record(answer, started: now, at: now + .seconds(1), random: 0)
    return DeliveryChange(self, before: before, attempt: attempt)
  }
}

extension Ledger {
  fileprivate func keep(_ changes: DeliveryChange...) throws {
    _ = try append(Sample.batch(deliveries: changes))
  }

  fileprivate func make(_ deliveries: Delivery...) throws {
    for delivery in deliveries { try keep(DeliveryChange(delivery, before: nil, payload: [1])) }
  }

  fileprivate func due(
    _ minutes: Int64, after: String? = nil, busy: Set<String> = [], receivers: Int = 99, each: Int = 99
  ) throws -> [DueDeliveries] {
    try dueDeliveries(by: Sample.at(minutes), after: after, busy: busy, receivers: receivers, each: each)
  }
}

// MARK: Deliveries

extension LedgerContract {
  static let deliveries: [LedgerContract] = [
    LedgerContract("without deliveries there is nothing to find") { ledger in
      let id = Sample.id(1)
      try expect(ledger.delivery(id) == nil)
      try expect(ledger.deliveries(state: nil, job: nil, before: nil, limit: 9), is: [])
      try expect(ledger.deliveryPayload(id) == nil)
      try expect(ledger.deliveryAttempts(of: id), is: [])
      try expect(ledger.due(1_000), is: [])
      try expect(ledger.dueDeliveries(by: Sample.at(9), for: "https://a", limit: 9), is: [])
      try expect(ledger.nextDelivery(after: Sample.at()) == nil)
      try expect(ledger.signingSecrets(), is: [])
      try expect(ledger.dropDeliveries(endedBefore: Sample.at(1_000)), is: 0)
    },
    LedgerContract("a delivery comes back as it was, with what is sent and every attempt") { ledger in
      var delivery = Sample.delivery(1, to: "https://acme.example/hooks?é", tenant: "a\u{0}cme")
      let payload = Array("{\"a\": \"\u{0}ü\"}".utf8) + [0xFF]
      try ledger.keep(DeliveryChange(delivery, before: nil, payload: payload))
      try expect(ledger.delivery(delivery.id), is: delivery)
      let answers: [DeliveryAnswer] = [
        .init(status: 503, excerpt: "later\u{0}, please", retryAfter: .seconds(90)),
        .init(unanswered: "no answer in time"), .init(status: 204),
      ]
      var attempts: [DeliveryAttempt] = []
      for (place, answer) in answers.enumerated() {
        let change = delivery.change(answer, at: Int64(place) + 2)
        attempts += [change.attempt].compactMap { $0 }
        try ledger.keep(change)
        try expect(ledger.delivery(delivery.id), is: delivery)
      }
      try expect(delivery.state, is: .delivered)
      try expect(ledger.deliveryAttempts(of: delivery.id), is: attempts)
      try expect(attempts.count, is: 3)
      try expect(ledger.deliveryPayload(delivery.id), is: payload)
    },
    LedgerContract("a delivery is there with its job's end, or neither is") { ledger in
      var job = try Sample.job(1)
      try ledger.keep(JobChange(job, before: nil, entries: []))
      let stale = job
      let delivery = Sample.delivery(1)
      var batch = Sample.batch(deliveries: [DeliveryChange(delivery, before: nil, payload: [1])])
      batch.jobs = [job.change(.cancelAsked)]
      _ = try ledger.append(batch)
      try expect(ledger.job(job.id)?.state, is: .canceled)
      try expect(ledger.delivery(delivery.id), is: delivery)
      // From a revision that is gone: nothing of it.
      var other = stale
      var second = Sample.batch(deliveries: [DeliveryChange(Sample.delivery(2), before: nil, payload: [1])])
      second.jobs = [other.change(.started)]
      try expectConflict(.jobChanged(job.id, stored: 1, expected: 0)) { _ = try ledger.append(second) }
      try expect(ledger.delivery(Sample.id(2)) == nil)
    },
    LedgerContract("a change of a delivery from another revision is refused with its whole batch") { ledger in
      var delivery = Sample.delivery(1)
      try ledger.make(delivery)
      var twin = delivery
      try ledger.keep(delivery.change(.init(status: 500), at: 2))
      var batch = Sample.batch(deliveries: [twin.change(.init(status: 200), at: 2)])
      batch.jobs = [JobChange(try Sample.job(1), before: nil, entries: [])]
      try expectConflict(.deliveryChanged(delivery.id, stored: 1, expected: 0)) {
        _ = try ledger.append(batch)
      }
      try expectConflict(.deliveryChanged(delivery.id, stored: 1, expected: nil)) {
        try ledger.make(Sample.delivery(1))
      }
      try expect(ledger.delivery(delivery.id), is: delivery)
      try expect(ledger.deliveryAttempts(of: delivery.id).count, is: 1)
      try expect(ledger.counts().jobs, is: 0)
    },
    LedgerContract("a list has the latest first, by state, by job, before an id, up to a limit") { ledger in
      var all: [Delivery] = []
      for number in 1...9 {
        var delivery = Sample.delivery(number)
        try ledger.make(delivery)
        if number % 3 == 0 { try ledger.keep(delivery.change(.init(status: 200), at: 20)) }
        if number % 3 == 1 {
          for minute in 0..<5 { try ledger.keep(delivery.change(.init(status: 500), at: 20 + Int64(minute))) }
        }
        all.insert(delivery, at: 0)
      }
      try expect(ledger.deliveries(state: nil, job: nil, before: nil, limit: 99), is: all)
      try expect(ledger.deliveries(state: nil, job: nil, before: all[2].id, limit: 2), is: Array(all[3...4]))
      for state in DeliveryState.allCases {
        let some = all.filter { $0.state == state }
        try expect(some.count, is: 3)
        try expect(ledger.deliveries(state: state, job: nil, before: nil, limit: 99), is: some)
        try expect(ledger.deliveries(state: state, job: nil, before: some[0].id, limit: 1), is: [some[1]])
        try expect(ledger.deliveries(state: state, job: some[1].job, before: nil, limit: 9), is: [some[1]])
      }
      try expect(ledger.deliveries(state: .pending, job: Sample.id(77), before: nil, limit: 9), is: [])
    },
    LedgerContract("what is due comes by receiver, and for each the first of it first") { ledger in
      let urls = ["https://b.example/1", "https://a.example/x", "https://b.example/2", "https://c.example"]
      for number in 1...12 { try ledger.make(Sample.delivery(number, to: urls[number % 4])) }
      func due(_ receiver: String, _ numbers: Int...) -> DueDeliveries {
        DueDeliveries(receiver: "https://\(receiver).example", ids: numbers.map { Sample.id($0) })
      }
      try expect(ledger.due(0), is: [])
      try expect(ledger.due(5), is: [due("a", 1, 5), due("b", 2, 4), due("c", 3)])
      try expect(ledger.due(99, each: 2), is: [due("a", 1, 5), due("b", 2, 4), due("c", 3, 7)])
      try expect(ledger.due(99, receivers: 1, each: 1), is: [due("a", 1)])
      try expect(ledger.due(99, receivers: 0), is: [])
      try expect(ledger.due(5, after: "https://a.example", receivers: 1), is: [due("b", 2, 4)])
      try expect(ledger.due(5, after: "https://c.example"), is: [])
      try expect(ledger.due(5, busy: ["https://b.example"]), is: [due("a", 1, 5), due("c", 3)])
      try expect(
        ledger.dueDeliveries(by: Sample.at(5), for: "https://b.example", limit: 1), is: [Sample.id(2)])
      try expect(ledger.nextDelivery(after: Sample.at(5)), is: Sample.at(6))
      try expect(ledger.nextDelivery(after: Sample.at(12)) == nil)
    },
    LedgerContract("what was delivered or is dead is due no more, and a retried one is again") { ledger in
      var delivery = Sample.delivery(1)
      var other = Sample.delivery(2)
      try ledger.make(delivery, other)
      try ledger.keep(other.change(.init(status: 200), at: 2))
      try ledger.keep(delivery.change(.init(status: 500), at: 2))
      // A second for the answer, and a minute.
      try expect(ledger.nextDelivery(after: Sample.at(2)), is: Sample.at(3) + .seconds(1))
      try expect(ledger.due(3), is: [])
      try expect(ledger.due(4).map(\.ids), is: [[delivery.id]])
      for minute in 4...7 { try ledger.keep(delivery.change(.init(status: 500), at: Int64(minute))) }
      try expect(delivery.state, is: .dead)
      try expect(ledger.due(1_000), is: [])
      let before = delivery.revision
      let isRetried = delivery.retry(at: Sample.at(50))
      try expect(isRetried)
      try ledger.keep(DeliveryChange(delivery, before: before))
      try expect(ledger.due(50).map(\.ids), is: [[delivery.id]])
      try expect(ledger.delivery(delivery.id), is: delivery)
    },
    LedgerContract("a new secret ends the others of its tenant, and no one else's") { ledger in
      let (first, second, third) = (Sample.secret(1), Sample.secret(2), Sample.secret(3))
      let acme = Sample.secret(4, of: "acme")
      try ledger.append(secret: first, endingOthers: Sample.at())
      try ledger.append(secret: acme, endingOthers: Sample.at(1))
      try ledger.append(secret: second, endingOthers: Sample.at(60))
      try ledger.append(secret: third, endingOthers: Sample.at(30))
      let ends = try ledger.signingSecrets(of: nil).map(\.expires)
      try expect(ends, is: [Sample.at(30), Sample.at(30), nil])
      try expect(ledger.signingSecrets(of: "acme"), is: [acme])
      try expect(ledger.signingSecrets(of: "other"), is: [])
      try expect(ledger.signingSecrets().map(\.id), is: [first.id, second.id, third.id, acme.id])
      try expect(ledger.signingSecrets().map(\.key), is: [first.key, second.key, third.key, acme.key])
      try expect(ledger.dropSecret(acme.id))
      try expect(!ledger.dropSecret(acme.id))
      try expect(ledger.signingSecrets(of: "acme"), is: [])
    },
    LedgerContract("those that ended long ago are dropped with all of theirs, and what is pending never") {
      ledger in
      var old = Sample.delivery(1)
      var young = Sample.delivery(2)
      let pending = Sample.delivery(3)
      try ledger.make(old, young, pending)
      try ledger.keep(old.change(.init(status: 200), at: 10))
      try ledger.keep(young.change(.init(status: 200), at: 30))
      try expect(ledger.dropDeliveries(endedBefore: Sample.at(20)), is: 1)
      try expect(ledger.delivery(old.id) == nil)
      try expect(ledger.deliveryPayload(old.id) == nil)
      try expect(ledger.deliveryAttempts(of: old.id), is: [])
      try expect(ledger.delivery(young.id), is: young)
      try expect(ledger.dropDeliveries(endedBefore: Sample.at(9_999)), is: 1)
      try expect(ledger.delivery(pending.id), is: pending)
      try expect(ledger.deliveryPayload(pending.id), is: [1])
    },
  ]
}
