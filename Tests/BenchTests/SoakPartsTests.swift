import Testing

@testable import bench

@Suite("Parts of a soak")
struct SoakPartsTests {
  @Test("A book with a last order has no further one, however few are in flight")
  func lastOrder() {
    var book = SoakBook(seed: 7, capabilities: ["a"], most: 2)
    #expect(book.next(limit: 9) != nil && !book.isFull)
    #expect(book.next(limit: 9) != nil && book.isFull)
    book.ended = 2
    #expect(book.next(limit: 9) == nil && book.orders.count == 2)
    var settings = SoakSettings()
    settings.orders = 2
    #expect(settings.command.hasPrefix("bench soak --minutes 10 --orders 2 --jobs 1000"))
  }

  @Test("A book keeps as many in flight as are wanted, and knows what was sent again")
  func book() {
    var book = SoakBook(seed: 7, capabilities: ["a", "b"])
    #expect(book.next(limit: 2)?.capability == "a" && book.next(limit: 2)?.capability == "b")
    #expect(book.next(limit: 2) == nil && book.inFlight == 2)
    book.send(0)
    book.send(0)
    book.send(1)
    #expect(book.resent == 1)
    book.acknowledge(0, job: "x")
    book.acknowledge(0, job: "x")
    #expect(book.complaints == [] && book.acknowledged == ["soak-7-0": "x"])
    // What is over makes room.
    book.ended = 1
    #expect(book.next(limit: 2)?.number == 2)
    book.refuse(1, status: 422, answer: "no")
    #expect(book.next(limit: 2)?.number == 3)
    book.acknowledge(0, job: "y")
    #expect(
      book.complaints == [
        "soak-7-1 was refused with 422: no", "soak-7-0 was answered with job x and with job y",
      ])
  }

  @Test("An order's mark is found where the street finds it")
  func marks() {
    #expect(SoakBook.reference(in: SoakOrders.body("soak-1-17", 17, "text_to_video")) == "soak-1-17")
    func seconds(_ number: Int, _ capability: String) -> [Int] {
      [5, 8].filter { SoakOrders.body("r", number, capability).contains("\"duration_s\": \($0)}") }
    }
    // Every fifth order is for a film: without a length, of 5 seconds, of 8.
    #expect([2, 7, 12, 17].map { seconds($0, "text_to_video") } == [[], [5], [8], []])
    #expect(seconds(7, "text_generation") == [])
    #expect(SoakBook.reference(in: "[[ref: open") == nil && SoakBook.reference(in: "none") == nil)
  }

  @Test("A trend is the line of least squares, and growth is its rise over the second half")
  func trend() throws {
    // y = 10 + 2 x exactly; the mean over x = 0, 1, 2, 3 is 13.
    let line = try #require(Trend((0...3).map { (Double($0), 10 + 2 * Double($0)) }))
    #expect(line.slope == 2 && line.mean == 13)
    // Least squares of (0, 0), (1, 1), (2, 0): flat at a third.
    let hill = try #require(Trend([(0, 0), (1, 1), (2, 0)]))
    #expect(hill.slope == 0 && abs(hill.mean - 1 / 3) < 1e-12)
    #expect(Trend([(1, 5)]) == nil && Trend([(1, 5), (1, 6)]) == nil)
    // Rises at first, then stays at 100: flat. Then one that goes on by 1 each second from 100 to 110: 5 / 107.5.
    let settled = (0...10).map { (x: Double($0), y: min(100, 50 + 10 * Double($0))) }
    #expect(Trend.growth(ofSecondHalf: settled) == 0)
    let rising = (0...10).map { (x: Double($0), y: 100 + Double($0)) }
    #expect(abs(try #require(Trend.growth(ofSecondHalf: rising)) - 5 / 107.5) < 1e-12)
    #expect(Trend.growth(ofSecondHalf: []) == nil)
  }

  @Test("Quantiles are values by their nearest rank")
  func quantiles() {
    let values = (1...100).map(Double.init).shuffled()
    #expect(
      Quantile.of(values, 0.5) == 50 && Quantile.of(values, 0.99) == 99 && Quantile.of(values, 1) == 100)
    #expect(Quantile.of([7], 0) == 7 && Quantile.of([], 0.5) == nil)
  }

  @Test(
    "Kills come in order, within the first 60 % of a run, and at the same moments for a seed",
    arguments: 0..<50 as Range<UInt64>)
  func kills(seed: UInt64) {
    let moments = SoakChance.kills(3, seconds: 600, seed: seed)
    #expect(
      moments.count == 3 && moments == moments.sorted()
        && moments == SoakChance.kills(3, seconds: 600, seed: seed))
    #expect(moments.allSatisfy { (30...360).contains($0) })
    #expect(SoakChance.kills(0, seconds: 600, seed: seed) == [])
  }

  @Test(
    "The router's share is counted to the first submission of each order, less what the vendor alone takes")
  func overhead() {
    func taken(_ reference: String?, _ at: Int64) -> SoakReconciliation.Submission {
      .init(id: "", vendor: "fal", reference: reference, stage: "queued", isCharged: false, takenAt: at)
    }
    let overhead = SoakOverhead(
      sent: ["a": 1_000, "b": 2_000, "c": 3_000], straight: ["s": 5_000],
      submissions: [
        taken("a", 9_500), taken("a", 4_000), taken("b", 3_500), taken("s", 5_250), taken("warm", 1),
        taken(nil, 1),
      ], commit: 1)
    #expect(overhead.milliseconds.sorted() == [1.5, 3] && overhead.missing == 1)
    #expect(overhead.direct == [0.25] && overhead.added(1) == 2.75)
  }
}
