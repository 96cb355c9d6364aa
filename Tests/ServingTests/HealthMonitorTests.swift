import Jobs
import Logging
import Routing
import Serving
import Synchronization
import TestSupport
import Testing

@Suite("The health monitor")
struct HealthMonitorTests {
  /// What was told, in order.
  final class Told: Sendable {
    private let notes = Mutex<[String]>([])
    private let alerts = Mutex<[Alert]>([])
    private let checks = Mutex<[String]>([])

    var all: [String] { notes.withLock { $0 } }
    var raised: [Alert] { alerts.withLock { $0 } }
    var checked: [String] { checks.withLock { $0 } }

    func note(_ state: ProviderHealth.State, _ provider: String) {
      notes.withLock { $0.append("\(provider) \(state.rawValue)") }
    }
    func check(_ failure: VendorFailure?, _ provider: String) {
      checks.withLock { $0.append("\(provider) \(failure?.failureClass.rawValue ?? "good")") }
    }
    func raise(_ alert: Alert) { alerts.withLock { $0.append(alert) } }
  }

  let time = ManualTime()
  let told = Told()
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  func monitor(on ledger: any Ledger, width: Int = 8) -> (monitor: HealthMonitor, recorder: Recorder) {
    let recorder = Recorder(ledger, logger: logger)
    var settings = HealthMonitor.Settings()
    settings.width = width
    let monitor = HealthMonitor(
      ledger: ledger, recorder: recorder, clock: time, settings: settings, logger: logger,
      sleep: { [time] in try await time.sleep($0) }, random: { 0 },
      note: { [told] in told.note($0, $1) }, checked: { [told] in told.check($0.failure, $1) },
      alert: { [told] in told.raise($0) })
    return (monitor, recorder)
  }

  /// Runs the monitor while `body` does its work.
  func running(
    _ adapters: [HealthStub], on ledger: any Ledger = MemoryLedger(), width: Int = 8,
    _ body: (HealthMonitor) async throws -> Void
  ) async throws {
    let (monitor, recorder) = monitor(on: ledger, width: width)
    try await monitor.adopt(adapters)
    let run = Task { try await monitor.run() }
    do {
      try await body(monitor)
    } catch {
      run.cancel()
      throw error
    }
    run.cancel()
    _ = await run.result
    await recorder.stop()
  }

  @Test(
    "Every provider with a credential is asked at once and again every five minutes, and each answer is kept")
  func regularly() async throws {
    let (a, b) = (HealthStub("a"), HealthStub("b"))
    let poor = HealthStub("poor", missing: "POOR_KEY")
    let ledger = MemoryLedger()
    try await running([a, b, poor], on: ledger) { monitor in
      #expect(await eventually { a.asked == 1 && b.asked == 1 && time.sleeping.count == 1 })
      #expect(await eventually { (try? ledger.healthChecks(of: "b", limit: 9))?.count == 1 })
      #expect(await eventually { time.sleeping.first == time.now + .minutes(5) })
      time.advance(by: .seconds(299))
      #expect(a.asked == 1)
      time.advance(by: .seconds(1))
      #expect(await eventually { a.asked == 2 && b.asked == 2 })
      #expect(await eventually { (try? ledger.healthChecks(of: "a", limit: 9))?.count == 2 })
      #expect(monitor.health(of: "a")?.state == .healthy)
      #expect(monitor.health(of: "poor") == nil)
      // A good check is told though nothing has changed: it may be the one that somebody waits for.
      #expect(await eventually { told.checked.count { $0 == "a good" } == 2 })
    }
    #expect(poor.asked == 0 && told.all == [] && told.raised == [])
  }

  @Test("Three failures in a row are down and one answer is healthy: each change is told once, in order")
  func changes() async throws {
    let a = HealthStub("a") { $0 <= 4 ? VendorFailure(httpStatus: 503, message: "overloaded") : nil }
    try await running([a]) { monitor in
      for count in 1...5 {
        #expect(await eventually { monitor.health(of: "a")?.history.count == count })
        #expect(await eventually { time.sleeping.first == time.now + .minutes(5) })
        // A sixth would be told as well.
        if count < 5 { time.advance(by: .minutes(5)) }
      }
      #expect(await eventually { told.raised.count == 3 && told.checked.count == 5 })
    }
    #expect(told.checked == Array(repeating: "a transient", count: 4) + ["a good"])
    #expect(told.all == ["a degraded", "a down", "a healthy"])
    #expect(told.raised.map(\.level) == [.warning, .error, .info])
    #expect(told.raised[1].message == "a is down after 3 failed checks in a row: overloaded")
  }

  @Test("An attempt that failed has the provider asked a quarter of a minute after it was asked last")
  func doubt() async throws {
    let a = HealthStub("a")
    try await running([a]) { monitor in
      #expect(await eventually { monitor.health(of: "a")?.history.count == 1 })
      #expect(await eventually { time.sleeping.first == time.now + .minutes(5) })
      time.advance(by: .seconds(5))
      for _ in 0..<20 { monitor.doubt(VendorFailure(httpStatus: 500, message: "broke"), of: "a") }
      #expect(await eventually { time.sleeping.first == time.now + .seconds(10) })
      #expect(a.asked == 1)
      time.advance(by: .seconds(10))
      #expect(await eventually { a.asked == 2 })
      monitor.doubt(VendorFailure(httpStatus: 422, message: "the caller's"), of: "a")
      #expect(await eventually { time.sleeping.first == time.now + .minutes(5) })
    }
  }

  @Test(
    "A provider that hangs has failed after 30 s, is not called a second time meanwhile, and delays nobody")
  func hanging() async throws {
    let gate = ManualTime()
    let stuck = HealthStub("stuck") { _ in
      // Deaf to its cancellation.
      _ = await Task { try? await gate.sleep(.hours(1)) }.value
      return nil
    }
    let a = HealthStub("a")
    try await running([stuck, a]) { monitor in
      // An answer counts from question to record, so the clock stands until it is recorded.
      #expect(await eventually { stuck.asked == 1 && monitor.health(of: "a")?.history.count == 1 })
      #expect(await eventually { time.sleeping.first == time.now + .seconds(30) })
      time.advance(by: .seconds(30))
      #expect(await eventually { monitor.health(of: "stuck")?.state == .degraded })
      let check = monitor.health(of: "stuck")?.history.last?.check
      #expect(check?.latency == .seconds(30) && check?.failure?.cause == .timedOut)
      #expect(await eventually { told.all == ["stuck degraded"] })

      for round in 2...3 {
        #expect(
          await eventually {
            if let next = time.sleeping.first, next - time.now > .seconds(1) {
              time.advance(by: next - time.now)
            }
            return monitor.health(of: "stuck")?.failuresInARow == round
          })
      }
      // Where the machine is slow, time moved on while the other one was answering, which is then a slow answer.
      #expect(
        await eventually { told.all.filter { $0.hasPrefix("stuck") } == ["stuck degraded", "stuck down"] })
      #expect(stuck.asked == 1)
      gate.advance(by: .hours(1))
    }
  }

  @Test("Only so many are asked at a time; the next begins when one has answered")
  func width() async throws {
    let gate = ManualTime()
    let stubs = (0..<5).map { number in
      HealthStub("p\(number)") { _ in
        try? await gate.sleep(.seconds(1))
        return nil
      }
    }
    try await running(stubs, width: 2) { _ in
      for round in 1...3 {
        let expected = min(round * 2, 5)
        #expect(await eventually { stubs.map(\.asked).reduce(0, +) == expected })
        #expect(await eventually { gate.sleeping.count == expected - (round - 1) * 2 })
        gate.advance(by: .seconds(1))
      }
    }
  }

  @Test("After a restart the state is that of before, is told, and nobody is asked sooner than his turn")
  func restart() async throws {
    let ledger = MemoryLedger()
    let a = HealthStub("a") { _ in VendorFailure(httpStatus: 503, message: "overloaded") }
    try await running([a], on: ledger) { _ in
      for count in 1...3 {
        #expect(await eventually { a.asked == count && time.sleeping.first == time.now + .minutes(5) })
        if count < 3 { time.advance(by: .minutes(5)) }
      }
    }
    time.advance(by: .minutes(1))
    let again = HealthStub("a")
    let fresh = HealthStub("fresh")
    try await running([again], on: ledger) { monitor in
      #expect(monitor.health(of: "a")?.state == .down)
      #expect(told.all == ["a degraded", "a down", "a down"])
      #expect(await eventually { time.sleeping.first == time.now + .minutes(4) })
      // A new catalogue brings one and takes none.
      try await monitor.adopt([again, fresh])
      #expect(await eventually { fresh.asked == 1 })
      #expect(again.asked == 0)
      try await monitor.adopt([fresh])
      #expect(monitor.health(of: "a") == nil)
    }
  }

  @Test("When the disk takes nothing the state holds all the same and is told")
  func fullDisk() async throws {
    let ledger = FailingLedger()
    ledger.fails = true
    let a = HealthStub("a") { _ in VendorFailure(httpStatus: 401, message: "no") }
    let (monitor, recorder) = monitor(on: ledger)
    try await monitor.adopt([a])
    let run = Task { try await monitor.run() }
    #expect(await eventually { told.all == ["a degraded"] && told.raised.count == 1 })
    ledger.fails = false
    run.cancel()
    _ = await run.result
    await recorder.stop()
    #expect(try ledger.healthChecks(of: "a", limit: 9) == [])
  }

  @Test("A check that the shutdown cuts off is not a failed one")
  func shutdown() async throws {
    let ledger = MemoryLedger()
    let a = HealthStub("a") { _ in
      do { try await Task.sleep(for: .seconds(3_600)) } catch {
        return VendorFailure(.local, cause: .found, message: "cancelled")
      }
      return nil
    }
    try await running([a], on: ledger) { _ in #expect(await eventually { a.asked == 1 }) }
    #expect(try ledger.healthChecks(of: "a", limit: 9) == [])
    #expect(told.all == [])
  }

  @Test(
    "A service of one's own is noted as down before it is asked, as healthy when it answers, and no person hears of it"
  )
  func ownService() async throws {
    let own = HealthStub("own", isOwnService: true)
    let absent = HealthStub("absent", isOwnService: true) { count in
      count < 2 ? VendorFailure(.transient, cause: .unreachable, message: "refused") : nil
    }
    try await running([own, absent]) { monitor in
      #expect(await eventually { told.checked.count == 2 && told.all.contains("own healthy") })
      #expect(told.all.prefix(2).sorted() == ["absent down", "own down"])
      #expect(told.raised.isEmpty && monitor.health(of: "absent")?.state == .down)
      #expect(await eventually { time.sleeping.first == time.now + .minutes(1) })
      time.advance(by: .minutes(1))
      #expect(await eventually { told.all.contains("absent healthy") && !told.raised.isEmpty })
    }
  }
}
