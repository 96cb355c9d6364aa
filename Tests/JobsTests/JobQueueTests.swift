import Jobs
import Routing
import Statistics
import Testing

@Suite("The queue of a provider")
struct JobQueueTests {
  static func entry(_ number: UInt64, _ priority: JobPriority, _ seconds: Double, payer: Payer = .onDemand)
    -> JobQueue.Entry
  {
    JobQueue.Entry(
      job: Identifier(high: number, low: 0), candidate: 0, payer: payer, priority: priority,
      since: Sample.at(seconds))
  }

  static func drain(_ queue: inout JobQueue) -> [UInt64] {
    var order: [UInt64] = []
    while let entry = queue.removeFirst() { order.append(entry.job.high) }
    return order
  }

  @Test("Higher priorities first, first come first served among equals")
  func order() {
    var queue = JobQueue()
    for (number, priority) in [(1, JobPriority.low), (2, .normal), (3, .high), (4, .normal), (5, .low)] {
      queue.insert(Self.entry(UInt64(number), priority, Double(number)))
    }
    #expect(queue.ahead(of: .normal, at: Sample.at(6)) == 3)
    #expect(Self.drain(&queue) == [3, 2, 4, 1, 5])
  }

  @Test("Against a flood of high priority a low job waits for those of the next 60 s and no longer")
  func starvation() {
    var queue = JobQueue()
    queue.insert(Self.entry(1_000, .low, 0))
    var served: [UInt64] = []
    // One a second comes, one a second goes.
    for second in 1...100 {
      queue.insert(Self.entry(UInt64(second), .high, Double(second)))
      if let entry = queue.removeFirst() { served.append(entry.job.high) }
    }
    // Rank of the high job of second s: s − 60; the low one's: 0. At s = 60 they are equal, and the id decides.
    #expect(served.firstIndex(of: 1_000) == 60)
  }

  @Test("Nobody is overtaken by what comes later than the difference of the head starts")
  func agingBound() {
    let starts: [JobPriority: Double] = [.low: 0, .normal: 30, .high: 60]
    for seed in 0..<40 {
      var random = Xoshiro256(seed: UInt64(seed))
      var queue = JobQueue()
      var waiting: [JobQueue.Entry] = []
      var now = 0.0
      for number in 0..<400 {
        now += random.uniform() * 3
        if random.uniform() < 0.55 {
          let priority = JobPriority.allCases.randomElement(using: &random) ?? .low
          let entry = Self.entry(UInt64(number), priority, now)
          queue.insert(entry)
          waiting.append(entry)
        } else if random.uniform() < 0.2, let gone = waiting.randomElement(using: &random) {
          queue.remove(gone.job)
          waiting.removeAll { $0 == gone }
        } else if let first = queue.removeFirst() {
          waiting.removeAll { $0 == first }
          for other in waiting {
            let head = (starts[first.priority] ?? 0) - (starts[other.priority] ?? 0)
            #expect((first.since - other.since).seconds <= head + 1e-6)
            #expect(first.priority != other.priority || first.since <= other.since)
          }
        }
        #expect(queue.count == waiting.count)
      }
    }
  }

  @Test("A job waits once and keeps its place; one whose account is full does not hold up the next")
  func places() {
    var queue = JobQueue()
    queue.insert(Self.entry(1, .normal, 1, payer: .forwarded("acme")))
    queue.insert(Self.entry(2, .normal, 2))
    queue.insert(Self.entry(1, .normal, 9, payer: .forwarded("acme")))
    #expect(queue.count == 2 && queue.first?.job.high == 1 && queue.first?.since == Sample.at(1))
    #expect(queue.removeFirst { $0.payer == .onDemand }?.job.high == 2)
    #expect(queue.removeFirst { $0.payer == .onDemand } == nil)
    #expect(queue.contains(Identifier(high: 1, low: 0)) && queue.count == 1)
  }
}
