import Foundation
import HTTPTypes
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct LearningRoutesTests {
  /// Rates a picture by who made it: the second candidate is the better one, so that the first id, which is preferred
  /// while nothing is known, must be unlearned.
  static let quality = ["fal/flux": 0.35, "xai/aurora": 0.85]

  /// One epoch of rated decisions; the share of those that the better candidate served.
  static func epoch(_ router: TestRouter, _ count: Int, _ generator: inout SplitMix) async throws -> Double {
    var better = 0
    for number in 0..<count {
      let reply = try await router.decide([
        "capability": "image_generation", "intent": .string("a picture of \(number) foxes"),
      ])
      let candidate = try #require(reply.json.text("/chosen/candidate"))
      let id = try #require(reply.json.text("/decision_id"))
      if candidate == "xai/aurora" { better += 1 }
      let isGood = generator.uniform() < quality[candidate]!
      let sent = try await router.feedback([
        "id": .string("f:\(id)"), "decision_id": .string(id), "signal": "user.thumb",
        "value": isGood ? "up" : "down",
      ])
      #expect(sent.status == 202)
    }
    try await router.closeEpoch()
    return Double(better) / Double(count)
  }

  @Test(
    "the better candidate gets the traffic, the log folds to what is stored, and a new process goes on the same"
  )
  func learns() async throws {
    try await withDatabase { path in
      let clock = ManualClock()
      let paths = [
        "/v1/rankings?capability=image_generation", "/v1/frontier?capability=image_generation&history=10",
        "/v1/regions", "/v1/governance", "/v1/candidates", "/v1/epochs",
      ]
      let before = try await TestRouter.run(on: SQLiteLedger(path: path), clock: clock) { router in
        var generator = SplitMix(state: 42)
        var shares: [Double] = []
        for _ in 0..<10 { shares.append(try await Self.epoch(router, 60, &generator)) }
        // Nothing known: a fair coin at best, since full probability matching is afforded.
        #expect(shares[0] < 0.7)
        #expect(shares[9] > 0.8)
        #expect(shares[5...].reduce(0, +) > shares[..<5].reduce(0, +))
        let verification = try Replay.verify(router.service.ledger)
        #expect(verification.differences == [] && verification.epochs == 10 && verification.decisions == 600)
        var replies: [[UInt8]] = []
        for path in paths { replies.append(try await router.get(path).bytes) }
        try router.service.ledger.close()
        return replies
      }
      try await TestRouter.run(on: SQLiteLedger(path: path), seed: 9, clock: clock) { router in
        for (path, bytes) in zip(paths, before) {
          #expect(try await router.get(path).bytes == bytes, "\(path)")
        }
        var generator = SplitMix(state: 43)
        let share = try await Self.epoch(router, 60, &generator)
        #expect(share > 0.8)
        #expect(try Replay.verify(router.service.ledger).differences == [])
        try router.service.ledger.close()
      }
    }
  }

  @Test("memory and SQLite learn the same, bit for bit")
  func ledgersAgree() async throws {
    func rankings(on ledger: any Ledger) async throws -> [UInt8] {
      try await TestRouter.run(on: ledger) { router in
        var generator = SplitMix(state: 1)
        for _ in 0..<3 { _ = try await Self.epoch(router, 25, &generator) }
        return try await router.get("/v1/rankings?capability=image_generation").bytes
      }
    }
    let memory = try await rankings(on: MemoryLedger())
    let disk = try await withDatabase { path in
      let ledger = try SQLiteLedger(path: path)
      defer { try? ledger.close() }
      return try await rankings(on: ledger)
    }
    #expect(memory == disk)
  }

  @Test("rankings state the posterior, its 90 % interval, P(best) and the propensity, and all agree")
  func rankings() async throws {
    try await TestRouter.run { router in
      var generator = SplitMix(state: 3)
      for _ in 0..<2 { _ = try await Self.epoch(router, 40, &generator) }
      let reply = try await router.get("/v1/rankings?capability=image_generation")
      #expect(
        reply["/capability"] == "image_generation" && reply["/region"] == "root" && reply["/epoch"] == 2)
      let rows = try #require(reply["/rankings"]?.arrayValue)
      #expect(rows.compactMap { $0.text("/candidate") } == ["xai/aurora", "fal/flux"])
      let beta = rows.map {
        Beta(alpha: $0.number("/posterior/alpha") ?? 0, beta: $0.number("/posterior/beta") ?? 0)
      }
      for (row, beta) in zip(rows, beta) {
        // The quantiles are where the integral of the density says.
        let low = row.number("/interval/0") ?? 0
        let high = row.number("/interval/1") ?? 0
        #expect(abs(beta.mass(below: low) - 0.05) < 1e-6 && abs(beta.mass(below: high) - 0.95) < 1e-6)
        #expect(row.number("/agent_rank") == (row.number("/bid") ?? 0) * (row.number("/quality") ?? 0))
      }
      // ∫ f₀ F₁ for two candidates.
      let best = rows.compactMap { $0.number("/best_probability") }
      #expect(abs(best[0] - Beta.winning(beta[0], over: beta[1])) < 1e-6)
      #expect(abs(best[0] + best[1] - 1) < 1e-9)
      #expect(abs(rows.compactMap { $0.number("/propensity") }.reduce(0, +) - 1) < 1e-12)
      // 80 rated decisions, hardly discounted.
      #expect(abs(rows.compactMap { $0.number("/observations") }.reduce(0, +) - 80) < 0.1)
      // A decision says the same.
      let decision = try await router.decide(["capability": "image_generation", "intent": "a fox"])
      let arms = [decision["/chosen"] ?? .null] + (decision["/fallbacks"]?.arrayValue ?? [])
      for row in rows {
        let arm = arms.first { $0["candidate"] == row["candidate"] }
        for name in ["quality", "observations", "posterior", "agent_rank", "bid", "propensity"] {
          #expect(arm?[name] == row[name], "\(name)")
        }
      }
    }
  }

  @Test("the frontier is efficient where nobody is cheaper and better, and its history is that of the epochs")
  func frontier() async throws {
    try await TestRouter.run { router in
      var generator = SplitMix(state: 5)
      var past: [JSONValue] = [
        try await router.get("/v1/frontier?capability=image_generation")["/points"] ?? .null
      ]
      for _ in 0..<3 {
        _ = try await Self.epoch(router, 30, &generator)
        past.append(try await router.get("/v1/frontier?capability=image_generation")["/points"] ?? .null)
      }
      let reply = try await router.get("/v1/frontier?capability=image_generation&history=500")
      #expect(reply["/epoch"] == 3 && reply["/points"] == past[3])
      #expect(reply["/history"]?.arrayValue?.map { $0["points"] } == past.dropLast().map { $0 })
      #expect(reply["/history/1/epoch"] == 1 && reply["/history/1/opened"] == "2026-11-20T10:15:00.000Z")
      // By rising cost; the dearer one is better, so both are efficient.
      #expect(reply["/points"]?.arrayValue?.compactMap { $0.number("/expected_cost_usd") } == [0.03, 0.07])
      #expect(reply["/points"]?.arrayValue?.map { $0["efficient"] } == [true, true])
      // At first they were alike, and the dearer one had nothing for it.
      #expect(past[0].arrayValue?.map { $0["efficient"] } == [true, false])
      let last = try await router.get("/v1/frontier?capability=image_generation&history=1")
      #expect(last["/history"]?.arrayValue?.count == 1 && last["/history/0/epoch"] == 2)
      // Without a price, and what is retired or disabled, is not on it.
      let video = try await router.get("/v1/frontier?capability=text_to_video")
      #expect(
        video["/points"]?.arrayValue?.compactMap { $0.text("/candidate") } == ["xai/grok-video", "fal/veo-3"])
    }
  }

  @Test("one rater's share of what an epoch brings to a cell is capped")
  func raterCap() async throws {
    func quality(_ raters: Int) async throws -> Double {
      try await TestRouter.run { router in
        for number in 0..<40 {
          let reply = try await router.decide([
            "capability": "image_generation", "intent": .string("fox \(number)"),
            "constraints": ["only": ["fal"]],
          ])
          let rater = number < 20 ? "crowd-\(number)" : "shill-\(number % raters)"
          _ = try await router.feedback([
            "decision_id": reply["/decision_id"]!, "signal": "score", "value": number < 20 ? 0 : 1,
            "rater": .string(rater),
          ])
        }
        try await router.closeEpoch()
        let rows =
          try await router.get("/v1/rankings?capability=image_generation")["/rankings"]?.arrayValue ?? []
        let row = try #require(rows.first { $0["candidate"] == "fal/flux" })
        let alpha = row.number("/posterior/alpha") ?? 0
        return alpha / (alpha + (row.number("/posterior/beta") ?? 0))
      }
    }
    let many = try await quality(20)
    let one = try await quality(1)
    #expect(abs(many - 0.5) < 0.05)
    #expect(one < many - 0.1)
  }
}

/// The Beta distribution by Simpson's rule on 20,000 intervals; for parameters above 1.
struct Beta {
  var alpha: Double
  var beta: Double

  private static let steps = 20_000

  private func weight(_ x: Double) -> Double {
    x <= 0 || x >= 1 ? 0 : (pow(x, alpha - 1) * pow(1 - x, beta - 1))
  }

  /// Unnormalised integrals from 0 to the end of every pair of steps.
  private var cumulative: [Double] {
    let step = 1 / Double(Beta.steps)
    var sums = [0.0]
    for index in stride(from: 0, to: Beta.steps, by: 2) {
      let x = Double(index) * step
      sums.append(sums.last! + (weight(x) + 4 * weight(x + step) + weight(x + 2 * step)) * step / 3)
    }
    return sums
  }

  func mass(below x: Double) -> Double {
    let sums = cumulative
    let place = x * Double(Beta.steps) / 2
    let index = min(Int(place), sums.count - 2)
    return (sums[index] + (sums[index + 1] - sums[index]) * (place - Double(index))) / sums.last!
  }

  static func winning(_ one: Beta, over other: Beta) -> Double {
    let f = one.cumulative
    let g = other.cumulative
    var sum = 0.0
    for index in 1..<f.count { sum += (f[index] - f[index - 1]) * (g[index] + g[index - 1]) / 2 }
    return sum / f.last! / g.last!
  }
}
