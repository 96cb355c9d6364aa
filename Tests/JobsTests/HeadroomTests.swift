import Jobs
import Routing
import Statistics
import Testing

@Suite("Headroom")
struct HeadroomTests {
  @Test("A bucket of 60 a minute gives 60 at once and then one a second")
  func bucket() {
    var bucket = TokenBucket(capacity: 60, per: .minutes(1), at: Sample.at(0))
    let atOnce = (0..<61).count { _ in bucket.take(at: Sample.at(0)) }
    #expect(atOnce == 60)
    #expect(bucket.soonest(after: Sample.at(0)) == Sample.at(1))
    let later = [bucket.take(at: Sample.at(0.99)), bucket.take(at: Sample.at(1))]
    #expect(later == [false, true])
    #expect(bucket.available(at: Sample.at(31)) == 30 && bucket.available(at: Sample.at(999)) == 60)
    bucket.drain(at: Sample.at(999))
    #expect(bucket.soonest(after: Sample.at(999)) == Sample.at(1_000))
  }

  @Test("What a bucket is charged beyond its tokens is owed, a whole bucket at most")
  func debt() {
    var bucket = TokenBucket(capacity: 10, per: .seconds(10), at: Sample.at(0))
    bucket.charge(13, at: Sample.at(0))
    #expect(bucket.available(at: Sample.at(0)) == -3)
    #expect(bucket.soonest(after: Sample.at(0)) == Sample.at(4))
    let taken = [3.9, 4, 4].map { bucket.take(at: Sample.at($0)) }
    #expect(taken == [false, true, false])
    bucket.charge(1_000, at: Sample.at(4))
    #expect(bucket.available(at: Sample.at(4)) == -10 && bucket.available(at: Sample.at(99)) == 10)
  }

  @Test("Over any time no more is taken than the capacity and what was refilled")
  func bucketBound() {
    for seed in 0..<50 {
      var random = Xoshiro256(seed: UInt64(seed))
      let capacity = Double(Int.random(in: 1...20, using: &random))
      var bucket = TokenBucket(capacity: capacity, per: .seconds(10), at: Sample.at(0))
      var now = 0.0
      var taken = 0
      for _ in 0..<500 {
        now += random.uniform() * 0.5
        if bucket.take(at: Sample.at(now)) { taken += 1 }
        #expect(Double(taken) <= capacity + capacity * now / 10 + 1e-6)
      }
      // Whoever waits until `soonest` gets one.
      let isThere = bucket.take(at: bucket.soonest(after: Sample.at(now)))
      #expect(isThere)
    }
  }

  static func lease(_ number: UInt64, _ attempt: Int = 0) -> Lease {
    Lease(job: Identifier(high: number, low: 0), attempt: attempt)
  }

  @Test("Two places are two places, and giving one back twice frees one")
  func places() {
    var account = Account(limits: AccountLimits(concurrency: 2), at: Sample.at(0))
    // The third takes the place that it has.
    let taken = [1, 2, 1, 3].map { account.acquire(Self.lease($0), at: Sample.at(0)) }
    #expect(taken == [true, true, true, false] && account.inUse == 2)
    #expect(account.headroom(at: Sample.at(0)) == .full(rateAllowsAt: nil))
    account.release(Self.lease(1))
    account.release(Self.lease(1))
    #expect(account.inUse == 1)
    let isFree = account.acquire(Self.lease(3), at: Sample.at(0))
    #expect(isFree)
    account.restore(Self.lease(4))
    #expect(account.inUse == 3 && account.headroom(at: Sample.at(0)) == .full(rateAllowsAt: nil))
    let wider = account.under(AccountLimits(concurrency: 4), at: Sample.at(0))
    #expect(wider.inUse == 3 && wider.headroom(at: Sample.at(0)) == .free)
  }

  @Test("All rates apply, and the answer says when, before the vendor has to")
  func rates() {
    let limits = AccountLimits(rates: [.init(2, per: .seconds(1)), .init(3, per: .minutes(1))])
    var account = Account(limits: limits, at: Sample.at(0))
    let first = [1, 2, 3].map { account.acquire(Self.lease($0), at: Sample.at(0)) }
    #expect(first == [true, true, false])
    #expect(account.headroom(at: Sample.at(0)) == .later(Sample.at(0.5)))
    let third = account.acquire(Self.lease(3), at: Sample.at(1))
    #expect(third)
    // One more at 20 s: three a minute is one in 20 s, and 1 s has refilled a twentieth of it.
    #expect(account.headroom(at: Sample.at(1)) == .later(Sample.at(20)))
    account.throttle(at: Sample.at(50))
    #expect(account.headroom(at: Sample.at(50)) == .later(Sample.at(70)))
  }

  @Test("Accounts of one provider are told apart by who pays, and a place is given back where it was taken")
  func book() {
    var book = AccountBook(limits: ["a": AccountLimits(concurrency: 1)])
    let pool = AccountKey(provider: "a", payer: .prepaidPool)
    let own = AccountKey(provider: "a", payer: .forwarded("acme"))
    let taken = [
      book.acquire(Self.lease(1), from: pool, at: Sample.at(0)),
      book.acquire(Self.lease(2), from: pool, at: Sample.at(0)),
      book.acquire(Self.lease(2), from: own, at: Sample.at(0)),
      book.acquire(Self.lease(1), from: pool, at: Sample.at(0)),
    ]
    #expect(taken == [true, false, true, true] && book.inUse("a") == 2)
    book.release(Self.lease(1), at: Sample.at(1))
    book.release(Self.lease(1), at: Sample.at(1))
    #expect(book.headroom(pool, at: Sample.at(1)) == .free && book.inUse("a") == 1)
    book.restore(Self.lease(8), to: own, at: Sample.at(1))
    #expect(book.headroom(own, at: Sample.at(1)) == .full(rateAllowsAt: nil))
    book.adopt(
      limits: ["a": AccountLimits(concurrency: 3, rates: [.init(1, per: .minutes(1))])], at: Sample.at(2))
    #expect(book.headroom(own, at: Sample.at(2)) == .free)
    book.throttle(own, at: Sample.at(2))
    #expect(book.headroom(own, at: Sample.at(2)) == .later(Sample.at(62)))
    #expect(book.headroom(AccountKey(provider: "b", payer: .onDemand), at: Sample.at(2)) == .free)
  }

  @Test("Ten thousand callers' own accounts do not pile up")
  func manyAccounts() {
    var book = AccountBook(limits: ["a": AccountLimits(rates: [.init(5, per: .seconds(1))])])
    for caller in 0..<10_000 {
      let now = Sample.at(Double(caller) / 10)
      let taken = book.acquire(
        Self.lease(UInt64(caller)), from: AccountKey(provider: "a", payer: .forwarded("\(caller)")), at: now)
      #expect(taken)
      book.release(Self.lease(UInt64(caller)), at: now)
    }
    #expect(book.count <= 1_001 && book.inUse("a") == 0)
  }
}
