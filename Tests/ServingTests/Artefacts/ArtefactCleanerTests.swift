import Routing
import Synchronization
import TestSupport
import Testing

@testable import Serving

@Suite("The cleaner")
struct ArtefactCleanerTests {
  struct Broken: Error {}

  @Test("It waits a minute, then cleans every half hour; what fails keeps nothing else from being cleaned")
  func rounds() async throws {
    let waits = Mutex<[Span]>([])
    let done = Mutex<[String]>([])
    let cleaner = ArtefactCleaner(
      [
        ("first", { done.withLock { $0.append("first") } }), ("broken", { throw Broken() }),
        ("last", { done.withLock { $0.append("last") } }),
      ], logger: TestRouter.quiet
    ) { span in
      let count = waits.withLock { waits in
        waits.append(span)
        return waits.count
      }
      // The third wait is ended by the shutdown.
      if count == 3 { throw CancellationError() }
    }
    try await cleaner.run()
    #expect(waits.withLock { $0 } == [.minutes(1), .minutes(30), .minutes(30)])
    #expect(done.withLock { $0 } == ["first", "last", "first", "last"])
  }
}
