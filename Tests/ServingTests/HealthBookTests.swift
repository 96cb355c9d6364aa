import Jobs
import Routing
import Testing

@testable import Serving

@Suite("The book of health")
struct HealthBookTests {
  static let start = Instant("2026-11-20T10:00:00Z")!

  static func at(_ seconds: Int64) -> Instant { start + .seconds(seconds) }

  static func check(_ seconds: Int64, fails: Bool = false) -> ProviderHealth.Check {
    ProviderHealth.Check(
      at: at(seconds), latency: .milliseconds(100),
      failure: fails ? VendorFailure(httpStatus: 503, message: "overloaded") : nil)
  }

  @Test("Five minutes after an answer it is time again, up to a fifth later by chance, never sooner")
  func jitter() throws {
    for (random, wait) in [(0.0, 300), (0.5, 330), (0.999, 359)] as [(Double, Int64)] {
      var book = HealthBook(rules: .init(), width: 4)
      book.add("a", history: [], random: 0)
      #expect(book.begin(at: Self.at(0)) == ["a"])
      #expect(book.next(after: Self.at(0)) == nil)
      _ = book.record(Self.check(0), of: "a", random: random)
      #expect(book.begin(at: Self.at(wait - 1)) == [])
      let next = try #require(book.next(after: Self.at(1)))
      #expect(next >= Self.at(wait) && next < Self.at(wait + 1))
      #expect(book.begin(at: next) == ["a"])
    }
  }

  @Test(
    "A failed attempt brings the next check forward, to a quarter of a minute after the last one and no sooner"
  )
  func doubts() {
    var book = HealthBook(rules: .init(), width: 4)
    book.add("a", history: [], random: 0)
    _ = book.begin(at: Self.at(0))
    _ = book.record(Self.check(0), of: "a", random: 0)
    let failure = VendorFailure(httpStatus: 500, message: "")
    for second in 1...14 {
      book.doubt(failure, of: "a")
      #expect(book.begin(at: Self.at(Int64(second))) == [])
    }
    #expect(book.next(after: Self.at(14)) == Self.at(15))
    book.doubt(failure, of: "unknown")
    #expect(book.begin(at: Self.at(15)) == ["a"])
  }

  @Test(
    "A refused credential has the provider asked two seconds after it was asked last: all its models wait for that"
  )
  func refusals() {
    var book = HealthBook(rules: .init(), width: 4)
    book.add("a", history: [], random: 0)
    _ = book.begin(at: Self.at(0))
    _ = book.record(Self.check(0), of: "a", random: 0)
    book.doubt(VendorFailure(httpStatus: 401, message: ""), of: "a")
    // What is less urgent does not put it off.
    book.doubt(VendorFailure(httpStatus: 500, message: ""), of: "a")
    #expect(book.begin(at: Self.at(1)) == [])
    #expect(book.begin(at: Self.at(2)) == ["a"])
  }

  @Test("At most so many are asked at a time, the longest due first; who is asked is not asked beside it")
  func width() {
    var book = HealthBook(rules: .init(), width: 2)
    for (provider, second) in [("c", 0), ("a", 2), ("b", 1), ("d", 3)] as [(String, Int64)] {
      let entry = ProviderHealth.Entry(check: Self.check(second), state: .healthy)
      book.add(provider, history: [entry], random: 0)
    }
    #expect(book.begin(at: Self.at(301)) == ["c", "b"])
    #expect(book.begin(at: Self.at(900)) == [])
    #expect(book.next(after: Self.at(900)) == nil)
    _ = book.record(Self.check(900), of: "b", random: 0)
    #expect(book.next(after: Self.at(900)) == Self.at(302))
    #expect(book.begin(at: Self.at(900)) == ["a"])
    book.abandon("a")
    #expect(book.begin(at: Self.at(900)) == ["a"])
    book.remove("c")
    #expect(book.record(Self.check(901), of: "c", random: 0) == nil)
    #expect(book.providers == ["a", "b", "d"])
  }

  @Test("The history of before gives the state, and says when the next check is due")
  func history() throws {
    var book = HealthBook(rules: .init(), width: 2)
    let entries = (0..<3).map {
      ProviderHealth.Entry(check: Self.check($0 * 300, fails: true), state: .degraded)
    }
    book.add("a", history: entries, random: 0)
    let health = try #require(book.health(of: "a"))
    #expect(health.state == .down && health.history.map(\.state) == [.degraded, .degraded, .down])
    #expect(book.next(after: Self.at(601)) == Self.at(900))
    let record = book.record(Self.check(900), of: "a", random: 0)
    #expect(record?.entry.state == .healthy && record?.alert?.from == .down)
    // Whoever is there already keeps what is known of him.
    book.add("a", history: [], random: 0)
    #expect(book.health(of: "a")?.history.count == 4)
  }
}
