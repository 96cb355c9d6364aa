@testable import Jobs
import Routing
import Statistics
import Testing

@Suite("Circuits")
struct CircuitTests {
  @Test("Five failures in a row open it for 10 s; then 10, 25, 50, 100 % pass, three successes a step")
  func ramp() {
    var circuit = Circuit()
    for _ in 0..<4 { circuit.fail(at: Sample.at(0)) }
    #expect(circuit.phase(at: Sample.at(0)) == .closed)
    circuit.fail(at: Sample.at(1))
    #expect(circuit.phase(at: Sample.at(10.9)) == .open(until: Sample.at(11)))
    #expect(!circuit.admits(at: Sample.at(10.9), random: 0))
    var admitted: [Int] = []
    for _ in 0..<4 {
      admitted.append((0..<1_000).count { circuit.admits(at: Sample.at(11), random: Double($0) / 1_000) })
      for _ in 0..<3 { circuit.succeed(at: Sample.at(11)) }
    }
    #expect(admitted == [100, 250, 500, 1_000])
    #expect(circuit.phase(at: Sample.at(11)) == .closed)
  }

  @Test(
    "A failure on the ramp opens it again for twice as long, up to five minutes; a full recovery forgives")
  func doubling() {
    var circuit = Circuit()
    for _ in 0..<5 { circuit.fail(at: Sample.at(0)) }
    var now = Sample.at(0)
    var lengths: [Double] = []
    for _ in 0..<7 {
      guard case .open(let until) = circuit.phase(at: now) else { break }
      lengths.append((until - now).seconds)
      now = until
      circuit.succeed(at: now)
      circuit.fail(at: now)
    }
    #expect(lengths == [10, 20, 40, 80, 160, 300, 300])
    guard case .open(let until) = circuit.phase(at: now) else {
      Issue.record("it is not open")
      return
    }
    for _ in 0..<12 { circuit.succeed(at: until) }
    for _ in 0..<5 { circuit.fail(at: until) }
    #expect(circuit.phase(at: until) == .open(until: until + .seconds(10)))
  }

  @Test("Half of ten recent calls failing opens it, and old calls are forgotten")
  func share() {
    var circuit = Circuit()
    for call in 0..<10 {
      #expect(circuit.phase(at: Sample.at(0)) == .closed)
      if call % 2 == 0 { circuit.succeed(at: Sample.at(0)) } else { circuit.fail(at: Sample.at(0)) }
    }
    #expect(circuit.phase(at: Sample.at(0)) == .open(until: Sample.at(10)))
    var slow = Circuit()
    // One call a minute never amounts to ten: 1 + ½ + ¼ + … < 2.
    for call in 0..<40 {
      if call % 2 == 0 {
        slow.succeed(at: Sample.at(Double(call) * 60))
      } else {
        slow.fail(at: Sample.at(Double(call) * 60))
      }
    }
    #expect(slow.phase(at: Sample.at(2_400)) == .closed)
  }

  @Test("A 429 cools it down until Retry-After, then it is closed; without one, longer each time")
  func cooldown() {
    var circuit = Circuit()
    circuit.coolDown(at: Sample.at(0), retryAfter: .seconds(30), random: 0)
    #expect(circuit.phase(at: Sample.at(29)) == .coolingDown(until: Sample.at(30)))
    #expect(circuit.soonest(after: Sample.at(3)) == Sample.at(30))
    #expect(circuit.phase(at: Sample.at(30)) == .closed)
    circuit.succeed(at: Sample.at(31))
    // 5 + ½ · 5 s, then 5 + ½ · 15 s.
    circuit.coolDown(at: Sample.at(40), retryAfter: nil, random: 0.5)
    #expect(circuit.phase(at: Sample.at(40)) == .coolingDown(until: Sample.at(47.5)))
    circuit.coolDown(at: Sample.at(50), retryAfter: nil, random: 0.5)
    #expect(circuit.phase(at: Sample.at(50)) == .coolingDown(until: Sample.at(62.5)))
    // A call from before does not lift it.
    circuit.succeed(at: Sample.at(51))
    #expect(circuit.share(at: Sample.at(51)) == 0)
  }

  @Test("Opened hard it stays open until it is mended, and starts at the first step")
  func hard() {
    var circuit = Circuit()
    circuit.openHard()
    circuit.succeed(at: Sample.at(1))
    #expect(
      !circuit.admits(at: Sample.at(9_999_999), random: 0) && circuit.soonest(after: Sample.at(5)) == nil)
    circuit.mend(at: Sample.at(6))
    #expect(circuit.share(at: Sample.at(6)) == 0.1)
    var sound = Circuit()
    sound.mend(at: Sample.at(1))
    #expect(sound.phase(at: Sample.at(1)) == .closed)
  }

  static func report(_ failure: VendorFailure?, number: UInt64 = 1) throws -> AttemptReport {
    var job = try Sample.job(number: number)
    let event =
      failure.map { JobEvent.rejected(0, $0) }
      ?? .seen(0, VendorReport(.succeeded(Sample.result)), by: .answer)
    return try #require(job.live((1, .started), (2, event))?.reports.first)
  }

  @Test("A refused credential closes the provider's other models too, and is said once")
  func provider() throws {
    var board = CircuitBoard()
    let key = CircuitBoard.Key(candidate: "a/model", provider: "a")
    let sibling = CircuitBoard.Key(candidate: "a/other", provider: "a")
    let report = try Self.report(VendorFailure(httpStatus: 401, message: "bad key"))
    let changes = board.record(report, at: Sample.at(2), random: 0)
    #expect(changes.map(\.scope) == [.provider] && changes.first?.to == .openHard)
    #expect(board.record(report, at: Sample.at(3), random: 0) == [])
    #expect(!board.admits(sibling, at: Sample.at(3), random: 0))
    #expect(board.choose(among: [key, sibling], at: Sample.at(3), random: 0) == .none)
    #expect(board.mend(key, at: Sample.at(4)).map(\.to) == [.halfOpen(step: 0)])
    #expect(board.admits(sibling, at: Sample.at(4), random: 0.05))
  }

  @Test(
    "Neither a caller's error nor a refusal nor our own restart moves a circuit; an account-wide 429 moves the provider's"
  )
  func scopes() throws {
    var board = CircuitBoard()
    let key = CircuitBoard.Key(candidate: "a/model", provider: "a")
    for kind in [FailureClass.callerError, .moderated, .badOutput, .local] {
      let report = try Self.report(VendorFailure(kind, message: ""))
      for _ in 0..<20 { #expect(board.record(report, at: Sample.at(2), random: 0) == []) }
    }
    #expect(board.admits(key, at: Sample.at(2), random: 0.999))
    let busy = VendorFailure(httpStatus: 429, message: "", retryAfter: .seconds(9))
    #expect(board.record(busy, of: key, at: Sample.at(2), random: 0).map(\.scope) == [.candidate])
    var wide = busy
    wide.scope = .provider
    #expect(board.record(wide, of: key, at: Sample.at(2), random: 0).map(\.scope) == [.provider])
    #expect(board.circuit(ofProvider: "a").phase(at: Sample.at(3)) == .coolingDown(until: Sample.at(11)))
  }

  @Test("An answer that the model is gone opens its circuit at once, longer each time, and no other")
  func gone() throws {
    var board = CircuitBoard()
    let key = CircuitBoard.Key(candidate: "a/model", provider: "a")
    let sibling = CircuitBoard.Key(candidate: "a/other", provider: "a")
    let report = try Self.report(VendorFailure(.retired, message: "no longer available"))
    #expect(board.record(report, at: Sample.at(2), random: 0).map(\.to) == [.open(until: Sample.at(12))])
    #expect(board.record(report, at: Sample.at(3), random: 0) == [])
    #expect(board.admits(sibling, at: Sample.at(3), random: 0.999))
    #expect(board.admits(key, at: Sample.at(12), random: 0.05))
    #expect(board.record(report, at: Sample.at(13), random: 0).map(\.to) == [.open(until: Sample.at(33))])
  }

  @Test("When all are open the soonest is probed, and the caller is told how long that is")
  func allOpen() {
    var board = CircuitBoard()
    let keys = ["a", "b", "c"].map { CircuitBoard.Key(candidate: "\($0)/model", provider: $0) }
    for (key, seconds) in zip(keys, [40, 20, 30] as [Int64]) {
      let busy = VendorFailure(httpStatus: 429, message: "", retryAfter: .seconds(seconds))
      _ = board.record(busy, of: key, at: Sample.at(0), random: 0)
    }
    let choice = board.choose(among: keys, at: Sample.at(5), random: 0.5)
    #expect(choice == .probe(1, at: Sample.at(20)) && choice.retryAfter(Sample.at(5)) == .seconds(15))
    #expect(board.choose(among: keys, at: Sample.at(31), random: 0.5) == .admitted([1, 2]))
    // Half open, and the draw says no: nobody else is there, so it is probed at once.
    var single = CircuitBoard()
    for _ in 0..<5 {
      _ = single.record(VendorFailure(httpStatus: 500, message: ""), of: keys[0], at: Sample.at(0), random: 0)
    }
    let probe = single.choose(among: [keys[0]], at: Sample.at(60), random: 0.9)
    #expect(probe == .probe(0, at: Sample.at(60)) && probe.retryAfter(Sample.at(60)) == nil)
  }
}
