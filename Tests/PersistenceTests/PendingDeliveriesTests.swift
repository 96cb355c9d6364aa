import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing

@Suite("Many pending deliveries")
struct PendingDeliveriesTests {
  /// 20,000 for one receiver, made before what is for 30 others.
  @Test("Whatever waits for one receiver, a page has the others too, and no more than was asked for")
  func pages() throws {
    let folder = try TemporaryFolder()
    let ledger = try SQLiteLedger(path: folder.file)
    var number = 0
    func make(_ urls: [String]) throws {
      var batch = LedgerBatch()
      batch.deliveries = urls.map { url in
        number += 1
        let delivery = Delivery(
          id: Sample.id(number), job: Sample.id(1), event: "job.succeeded", url: url, created: Sample.at())
        return DeliveryChange(delivery, before: nil, payload: Array("{}".utf8))
      }
      _ = try ledger.append(batch)
    }
    for _ in 0..<20 { try make((0..<1_000).map { "https://m-crowded.example/\($0)" }) }
    try make((0..<300).map { "https://r\($0 % 30).example/\($0)" })
    func page(_ after: String?, busy: Set<String> = [], receivers: Int = 8, each: Int = 4) throws
      -> [DueDeliveries]
    {
      try ledger.dueDeliveries(by: Sample.at(), after: after, busy: busy, receivers: receivers, each: each)
    }
    var seen: [String] = []
    var after: String?
    while case let found = try page(after), let last = found.last {
      #expect(found.count <= 8 && found.allSatisfy { $0.ids.count == 4 })
      seen += found.map(\.receiver)
      after = last.receiver
    }
    #expect(seen == seen.sorted() && Set(seen).count == 31 && seen.count == 31)
    let others = try page(nil, busy: ["https://m-crowded.example"], receivers: 99, each: 99)
    #expect(others.count == 30 && others.allSatisfy { $0.ids.count == 10 })
    // The first in order of their ids, however many wait behind them.
    let first = try ledger.dueDeliveries(by: Sample.at(), for: "https://m-crowded.example", limit: 3)
    #expect(first == [Sample.id(1), Sample.id(2), Sample.id(3)])
    try ledger.close()
  }
}
