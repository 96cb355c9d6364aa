import Jobs
import Logging
import Routing
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Serving

@Suite("Alerts")
struct AlertTests {
  static let now = Instant("2026-11-20T10:00:00Z")!
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  static func alert(_ number: Int) -> Alert {
    Alert(level: .warning, kind: .providerHealth, provider: "p", message: "alert \(number)", at: now)
  }

  /// Takes alerts, or fails as it is told to.
  final class Receiver: AlertSink {
    let name: String
    private let taken = Mutex<[String]>([])
    private let tries = Mutex(0)
    private let answer: @Sendable (Int) async -> AlertFailure?

    var messages: [String] { taken.withLock { $0 } }
    var count: Int { tries.withLock { $0 } }

    init(_ name: String, answer: @escaping @Sendable (Int) async -> AlertFailure? = { _ in nil }) {
      self.name = name
      self.answer = answer
    }

    func send(_ alert: Alert) async throws(AlertFailure) {
      let number = tries.withLock { tries in
        tries += 1
        return tries
      }
      if let failure = await answer(number) { throw failure }
      taken.withLock { $0.append(alert.message) }
    }
  }

  func running(
    _ sinks: [any AlertSink], _ settings: AlertDispatcher.Settings = .init(), _ time: ManualTime,
    _ body: (AlertDispatcher) async throws -> Void
  ) async rethrows {
    let dispatcher = AlertDispatcher(
      sinks, settings: settings, logger: logger, sleep: { try await time.sleep($0) }, random: { 0.5 })
    let run = Task { try await dispatcher.run() }
    defer { run.cancel() }
    try await body(dispatcher)
  }

  @Test("Alerts arrive in order, and a dead receiver delays nobody and costs a bounded memory")
  func dead() async {
    let time = ManualTime()
    let good = Receiver("good")
    let dead = Receiver("dead") { _ in
      try? await time.sleep(.hours(1))
      return AlertFailure("nobody there", isPassing: true)
    }
    var settings = AlertDispatcher.Settings()
    settings.capacity = 10
    await running([dead, good], settings, time) { dispatcher in
      dispatcher.raise(Self.alert(0))
      #expect(await eventually { dead.count == 1 && good.messages.count == 1 })
      for number in 1...25 {
        dispatcher.raise(Self.alert(number))
        #expect(await eventually { good.messages.count == number + 1 })
      }
      #expect(good.messages == (0...25).map { "alert \($0)" })
      // One is under way, ten wait, and fifteen have gone.
      #expect(dispatcher.dropped == ["dead": 15])
    }
  }

  @Test(
    "A delivery that fails is tried again after 0.5, 1 and 2 s on average, and after what the receiver asked for"
  )
  func retries() async {
    let time = ManualTime()
    let receiver = Receiver("r") { number in
      switch number {
      case 1: AlertFailure("502", isPassing: true)
      case 2: AlertFailure("429", isPassing: true, retryAfter: .seconds(7))
      case 3: AlertFailure("502", isPassing: true)
      default: nil
      }
    }
    await running([receiver], .init(), time) { dispatcher in
      dispatcher.raise(Self.alert(1))
      for (count, wait) in [(1, 500), (2, 7_500), (3, 2_000)] as [(Int, Int64)] {
        #expect(await eventually { receiver.count == count && time.sleeping.first != nil })
        #expect(time.sleeping.first == time.now + .milliseconds(wait))
        time.advance(by: .milliseconds(wait))
      }
      #expect(await eventually { receiver.messages == ["alert 1"] })
      #expect(dispatcher.dropped == [:])
    }
  }

  @Test("What cannot be delivered after the last try, or never, is counted, and the next goes on")
  func givenUp() async {
    let time = ManualTime()
    let receiver = Receiver("r") { number in
      switch number {
      case 1...2: AlertFailure("502", isPassing: true)
      case 3: AlertFailure("403", isPassing: false)
      default: nil
      }
    }
    var settings = AlertDispatcher.Settings()
    settings.tries = 2
    await running([receiver], settings, time) { dispatcher in
      for number in 1...3 { dispatcher.raise(Self.alert(number)) }
      #expect(await eventually { time.sleeping.count == 1 })
      time.advance(by: .seconds(1))
      #expect(await eventually { receiver.messages == ["alert 3"] })
      #expect(dispatcher.dropped == ["r": 2])
    }
  }

  @Test("A change of health is told with its figures")
  func health() {
    var health = ProviderHealth(provider: "fal")
    let failure = VendorFailure(httpStatus: 503, message: "overloaded")
    let change = health.record(.init(at: Self.now, latency: .milliseconds(1_234), failure: failure))
    #expect(
      change.map { Alert($0).json } == [
        "level": "warning", "kind": "provider_health", "provider": "fal", "candidate": nil,
        "message": "fal is degraded: overloaded", "at": "2026-11-20T10:00:00.000Z", "state": "degraded",
        "previous_state": "healthy", "failures_in_a_row": 1, "latency_ms": 1_234, "code": "PROVIDER_ERROR",
      ])
  }

  static func view(
    _ provider: String, _ phase: Circuit.Phase = .closed, candidate: Circuit.Phase = .closed,
    obstacle: LiveObstacle? = nil
  ) -> ProviderView {
    ProviderView(
      provider: provider, obstacle: nil, health: nil, circuit: phase, inUse: 0, queued: 0, concurrency: nil,
      candidates: [
        .init(
          candidate: provider + "/m", circuit: candidate, live: LiveState(obstacle: obstacle),
          availability: 1, refusalRate: 0, evidence: 0, costDrift: nil)
      ])
  }

  @Test("A circuit that opened hard and a model found gone are told once, and again after they were mended")
  func standstills() {
    var standstills = Standstills()
    let failure = VendorFailure(httpStatus: 402, message: "no credit left")
    func update(_ views: ProviderView...) -> [Alert] {
      standstills.update(views, failures: ["a": failure], at: Self.now)
    }
    #expect(update(Self.view("a"), Self.view("b", .open(until: Self.now))) == [])
    let alerts = update(Self.view("a", .openHard), Self.view("b", candidate: .openHard))
    #expect(alerts.map(\.kind) == [.circuitOpenedHard, .circuitOpenedHard])
    #expect(alerts.map(\.candidate) == [nil, "b/m"])
    #expect(
      alerts.map(\.message) == [
        "a is asked no more until its credential and its account are in order: no credit left",
        "b/m is asked no more until its credential and its account are in order: it refused us",
      ])
    #expect(update(Self.view("a", .openHard), Self.view("b")) == [])
    #expect(update(Self.view("a"), Self.view("b")) == [])
    #expect(update(Self.view("a", .openHard), Self.view("b")).count == 1)

    let gone = LiveObstacle(.foundGone, detail: "its provider says so")
    let told = update(Self.view("c", obstacle: gone))
    #expect(told.map(\.kind) == [.candidateGone] && told[0].candidate == "c/m")
    #expect(update(Self.view("c", obstacle: gone)) == [])
    #expect(update(Self.view("c", obstacle: LiveObstacle(.down, detail: "x"))) == [])
  }

  @Test("A refused credential has the providers looked at now, a slow one does not")
  func looking() async {
    let looks = Mutex(0)
    let (alerts, raise) = AsyncStream.makeStream(of: Alert.self)
    let watch = StandstillWatch(
      views: {
        looks.withLock { $0 += 1 }
        return [Self.view("a", .openHard)]
      }, clock: ManualClock(), alert: { raise.yield($0) })
    await watch.note(
      ProviderFailure(provider: "a", failure: VendorFailure(httpStatus: 503, message: "overloaded")))
    #expect(looks.withLock { $0 } == 0)
    await watch.note(
      ProviderFailure(provider: "a", failure: VendorFailure(httpStatus: 401, message: "bad key")))
    await watch.note(
      ProviderFailure(provider: "a", failure: VendorFailure(httpStatus: 401, message: "bad key")))
    raise.finish()
    var told: [Alert] = []
    for await alert in alerts { told.append(alert) }
    #expect(looks.withLock { $0 } == 2 && told.count == 1)
    #expect(told.first?.message.hasSuffix("in order: bad key") == true)
  }

  @Test("Two weeks before its date a candidate ends soon, on its date it has ended; each is told once")
  func lifecycle() throws {
    let clock = ManualClock(Self.now)
    let ends = Instant("2026-12-10")!
    var old = RoutingSamples.candidate("a/old")
    old.lifecycle = Lifecycle(stage: .draining, ends: ends, replacement: "a/new")
    let catalogue = RoutingSamples.catalogue([old, RoutingSamples.candidate("a/new")]).value
    let told = Mutex<[Alert]>([])
    let watch = LifecycleWatch(
      catalogue: { catalogue }, clock: clock, alert: { alert in told.withLock { $0.append(alert) } })
    func messages() -> [String] { told.withLock { $0.map(\.message) } }
    watch.look()
    #expect(messages() == [])
    clock.advance(by: .days(7))
    watch.look()
    watch.look()
    #expect(messages() == ["a/old ends on 2026-12-10; a/new could take its place"])
    clock.advance(by: .days(14))
    watch.look()
    watch.look()
    #expect(
      messages().count == 2 && messages()[1] == "a/old has ended on 2026-12-10; a/new could take its place")
    let alerts = told.withLock { $0 }
    #expect(alerts.map(\.kind) == [.candidateEndsSoon, .candidateGone])
    #expect(alerts[0].json["ends"] == "2026-12-10" && alerts[0].json["replacement"] == "a/new")
    // One who starts in between says what the last two weeks brought.
    told.withLock { $0 = [] }
    LifecycleWatch(
      catalogue: { catalogue }, clock: ManualClock(Instant("2026-12-01")!),
      alert: { alert in told.withLock { $0.append(alert) } }
    ).look()
    #expect(messages().count == 1)
  }

  @Test("What a vendor's list says of a model's end is told once, and not where the catalogue knows it")
  func announcements() async throws {
    let clock = ManualClock(Self.now)
    let ends = Instant("2027-01-31")!
    var profile = RoutingSamples.candidate("a/profile")
    // A regional profile of the model.
    profile.model = "eu.maker.old-v1:0"
    var other = RoutingSamples.candidate("a/other")
    other.model = "maker.other"
    var known = RoutingSamples.candidate("a/known")
    known.model = "maker.known"
    known.lifecycle = Lifecycle(stage: .legacy)
    let catalogue = RoutingSamples.catalogue([profile, other, known]).value
    let models = [
      DiscoveredModel(model: "maker.old-v1:0", lifecycle: Lifecycle(stage: .draining, ends: ends)),
      DiscoveredModel(model: "maker.other", lifecycle: Lifecycle(stage: .legacy)),
      DiscoveredModel(model: "maker.known", lifecycle: Lifecycle(stage: .legacy)),
    ]
    let told = Mutex<[Alert]>([])
    let watch = AnnouncementWatch(
      adapters: { [HealthStub("b", models: nil), HealthStub("a", models: models)] },
      catalogue: { catalogue }, clock: clock, logger: logger,
      alert: { alert in told.withLock { $0.append(alert) } })
    await watch.look()
    clock.advance(by: .hours(12))
    await watch.look()
    let alerts = told.withLock { $0 }
    #expect(alerts.map(\.candidate).sorted { $0! < $1! } == ["a/other", "a/profile"])
    let end = try #require(alerts.first { $0.candidate == "a/profile" })
    #expect(end.kind == .candidateEndsSoon && end.message.hasPrefix("a/profile ends on 2027-01-31"))
    let legacy = try #require(alerts.first { $0.candidate == "a/other" })
    #expect(legacy.kind == .candidateLegacy && legacy.provider == "a")
    #expect(legacy.message.hasPrefix("a/other still works, and its provider calls it legacy"))
  }
}
