import Declarations
import Testing

@testable import VendorStreet

@Suite("Fault rules")
struct FaultRuleTests {
  @Test("A rule by calls strikes exactly those, counted over the calls that match it")
  func calls() throws {
    var plan = try plan("{fault: server_error, vendor: fal, calls: [2, 3]}")
    var struck: [Bool] = []
    for _ in 0..<4 {
      _ = plan.next("replicate", .submit)
      _ = plan.next("fal", .status)
      struck.append(plan.next("fal", .submit) != nil)
    }
    #expect(struck == [false, true, true, false])
  }

  @Test("A rule by period strikes every so many calls, and its numbers travel with it")
  func every() throws {
    var plan = try plan("{fault: too_many_requests, on: any, every: 3, retry_after_s: 7}")
    let faults = (0..<6).map { _ in plan.next("openai", .status) }
    #expect(faults.map { $0 != nil } == [false, false, true, false, false, true])
    #expect(faults[2]?.kind == .tooManyRequests && faults[2]?.retryAfterSeconds == 7)
  }

  @Test("Chances repeat under a seed, differ under another, and hold their share")
  func probability() throws {
    func struck(_ seed: UInt64) throws -> [Int] {
      var plan = FaultPlan(
        try StreetFile.parse("faults: [{fault: hang, probability: 0.1}]", file: "f").faults, seed: seed)
      return (0..<5_000).filter { _ in plan.next("fal", .submit) != nil }
    }
    let first = try struck(1)
    #expect(try first == struck(1))
    #expect(try first != struck(2))
    // Binomial with mean 500 and standard deviation 21: five of them either way.
    #expect((394...606).contains(first.count))
  }

  @Test("A rule of any fault draws only what can strike the call, and in time all of it")
  func anyFault() throws {
    var plan = try plan("{fault: any, probability: 1}")
    for operation in CallKind.allCases {
      let kinds = Set((0..<2_000).compactMap { _ in plan.next("fal", operation)?.kind })
      #expect(kinds == Set(FaultKind.allCases.filter { $0.strikes(operation) }), "\(operation)")
    }
  }

  @Test("The first rule that strikes wins, and an earlier one that spares the call still counts it")
  func order() throws {
    var plan = try plan("{fault: hang, calls: [2]}, {fault: reset, every: 1}")
    #expect((0..<3).map { _ in plan.next("fal", .submit)?.kind } == [.reset, .hang, .reset])
  }

  @Test("An order of one call is read with its numbers")
  func orders() throws {
    let order = try FaultOrder("server_error on=status times=2 status=502")
    #expect(order.fault.kind == .serverError && order.fault.status == 502)
    #expect(order.operation == .status && order.times == 2)
    #expect(try FaultOrder("unknown_status").operation == .status)
  }

  @Test(
    "An order that cannot be understood says why",
    arguments: [
      ("stuk", "did you mean stuck?"), ("", "names no fault"), ("stuck on=status", "cannot strike"),
      ("latency delay_ms=soon", "no whole number"), ("latency delay=5", "delay is none of"),
      ("hang now", "not name=value"),
    ])
  func wrongOrders(text: String, message: String) {
    let error = #expect(throws: FaultOrderError.self) { try FaultOrder(text) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test("A marker is found anywhere in a body, without its spaces")
  func markers() {
    let body = Array(#"{"prompt": "a cat [[ref: order-7 ]] and [[street:stuck]]"}"#.utf8)
    #expect(Marker.find("ref", in: body) == "order-7")
    #expect(Marker.find("street", in: body) == "stuck")
    #expect(Marker.find("other", in: body) == nil)
    #expect(Marker.find("ref", in: Array("[[ref: open".utf8)) == nil)
  }

  private func plan(_ rules: String) throws -> FaultPlan {
    FaultPlan(try StreetFile.parse("faults: [\(rules)]", file: "faults.yaml").faults, seed: 1)
  }
}

@Suite("The street's file")
struct StreetFileTests {
  @Test("Everything that it may say arrives")
  func whole() throws {
    let settings = try StreetFile.parse(
      """
      seed: 7
      queue_ms: 5
      run_ms: 6
      file_lifetime_s: 60
      vendors:
        fal: {queue_ms: 1, concurrency: 2, file_lifetime_s: 0}
      faults:
        - fault: latency
          vendor: fal
          on: any
          probability: 0.5
          delay_ms: 20
      """, file: "street.yaml")
    #expect(settings.seed == 7 && settings.queue == .milliseconds(5) && settings.run == .milliseconds(6))
    #expect(settings.vendors["fal"]?.queue == .milliseconds(1) && settings.vendors["fal"]?.concurrency == 2)
    #expect(settings.lifetime("fal", own: .seconds(9)) == .zero)
    #expect(settings.lifetime("openai", own: .seconds(9)) == .seconds(60))
    #expect(settings.faults.count == 1 && settings.faults[0].frequency == .probability(0.5))
    #expect(settings.faults[0].operation == nil && settings.faults[0].numbers.delayMilliseconds == 20)
  }

  @Test(
    "What it may not say is refused at its line",
    arguments: [
      ("seeds: 1", "street.yaml:1: unknown key 'seeds' in street"),
      ("run_ms: -1", "street.yaml:1: 'run_ms' in street"),
      ("vendors:\n  fall: {run_ms: 1}", "street.yaml:2: there is no vendor 'fall' on the street"),
      ("faults:\n  - fault: stuk\n    every: 1", "street.yaml:2: 'fault' in fault must be one of"),
      ("faults:\n  - fault: stuck", "street.yaml:2: a fault needs exactly one of"),
      (
        "faults:\n  - fault: hang\n    every: 1\n    calls: [2]",
        "street.yaml:2: a fault needs exactly one of"
      ),
      ("faults:\n  - fault: hang\n    every: 0", "street.yaml:3: 'every' in fault must be"),
      ("faults:\n  - fault: hang\n    calls: [0]", "street.yaml:3: a call is counted from 1"),
      ("faults:\n  - fault: stuck\n    on: status\n    every: 1", "street.yaml:3: 'on' in fault is status"),
      ("faults:\n  - fault: hang\n    vendor: pal\n    every: 1", "street.yaml:3: there is no vendor 'pal'"),
      ("faults: [", "street.yaml:"),
    ])
  func wrong(text: String, message: String) {
    let errors = #expect(throws: DeclarationErrors.self) {
      try StreetFile.parse(text, file: "street.yaml")
    }
    #expect(errors?.description.contains(message) == true, "\(errors?.description ?? "")")
  }
}
