import Foundation
import Routing
import Testing
import Wire

@testable import Experiments

@Suite("Experiments")
struct ExperimentTests {
  static func experiment(_ more: String = "", seeds: Int = 2) throws -> Experiment {
    let text = ScenarioFileTests.text(
      more, policies: "[agentrank, thompson, random, linucb, best_single, best_per_region]")
    return try Experiment(
      try Scenario.parse(text, file: "s.yaml"), ExperimentOptions(seeds: seeds, decisions: 600, buckets: 20))
  }

  static func bytes(_ result: ExperimentResult) -> [UInt8] {
    var writer = JSONWriter()
    result.write(to: &writer)
    for run in result.runs { writer.value(run) }
    return writer.bytes
  }

  @Test("One thread and two give the same result, byte for byte")
  func threads() async throws {
    let more = """
      feedback: {raters: 20}
      events:
        - {event: delay, distribution: exponential, mean: 80}
        - {event: noise, flip: 0.1, deviation: 0.1}
        - {event: burst, signals: 2, from: 200, until: 300}
      """
    let experiment = try Self.experiment(more)
    let one = try await experiment.run(threads: 1)
    let two = try await experiment.run(threads: 2)
    #expect(Self.bytes(one) == Self.bytes(two))
    #expect(one.seriesCSV == two.seriesCSV && one.summaryCSV == two.summaryCSV)
    #expect(one.runs.map(\.policy).count == 12)
  }

  @Test("Another seed gives another course; the same world, the same truths")
  func seeds() async throws {
    let result = try await Self.experiment().run(threads: 2)
    let runs = result.runs(of: "agentrank")
    #expect(runs.map(\.seed) == [1, 2])
    #expect(runs[0].buckets != runs[1].buckets)
    #expect(result.summaries.map(\.policy) == result.header.policies)
    #expect(result.verdicts.map(\.outcome) == [.held])
    let oracle = try #require(result.summaries.last)
    #expect(oracle["captured_gain"]?.mean == 1)
    #expect(oracle["regret"]?.mean == 0)
    #expect(oracle["best_share"]?.mean == 1)
  }

  @Test("A run read back from its file is the run that was written")
  func roundTrip() async throws {
    for run in try await Self.experiment(seeds: 1).run(threads: 2).runs {
      var writer = JSONWriter()
      writer.value(run)
      #expect(RunResult(try JSONValue.parse(writer.bytes)) == run)
      #expect(RunResult(try JSONValue.parse(#"{"policy":"x"}"#)) == nil)
    }
  }

  @Test("What was interrupted and taken up again gives the same files as what ran through")
  func resume() async throws {
    let folder = try TemporaryFolder()
    let experiment = try Self.experiment()
    _ = try await experiment.run(to: folder.path("whole"), threads: 2)
    // The first sitting is stopped by its third progress report of a finished run.
    let parts = folder.path("parts")
    let sitting = Task {
      try await experiment.run(to: parts, threads: 1) { progress in
        if progress.done >= 1_900 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await #expect(throws: CancellationError.self) { try await sitting.value }
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path("parts.partial/runs"))
    #expect(kept.count >= 1 && kept.count < 12, "\(kept)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("parts")))
    _ = try await experiment.run(to: folder.path("parts"), threads: 2)
    for file in ["result.json", "summary.csv", "series.csv", "runs/agentrank.2.json"] {
      let whole = try #require(folder.bytes("whole/" + file))
      #expect(whole == folder.bytes("parts/" + file), "\(file)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("parts.partial")))
    #expect(!FileManager.default.fileExists(atPath: folder.path("parts/digest")))
  }

  @Test("A half-done folder of other arguments is refused, and so is a finished one without force")
  func refusals() async throws {
    let folder = try TemporaryFolder()
    let out = folder.path("out")
    let experiment = try Self.experiment(seeds: 1)
    _ = try RunStore(out: out, digest: "another", force: false)
    let other = await #expect(throws: ExperimentError.self) { try await experiment.run(to: out, threads: 1) }
    #expect(other?.description.contains("other arguments") == true)
    try FileManager.default.removeItem(atPath: out + ".partial")
    _ = try await experiment.run(to: out, threads: 2)
    let exists = await #expect(throws: ExperimentError.self) { try await experiment.run(to: out, threads: 1) }
    #expect(exists?.description.contains("--force") == true)
    let before = folder.bytes("out/result.json")
    _ = try await experiment.run(to: out, force: true, threads: 2)
    #expect(folder.bytes("out/result.json") == before && before != nil)
    let nowhere = await #expect(throws: ExperimentError.self) {
      try await experiment.run(to: "/proc/nowhere/out", threads: 1)
    }
    #expect(nowhere?.description.hasPrefix("cannot make") == true)
  }

  @Test("The digest follows every argument")
  func digest() throws {
    let scenario = try Scenario.parse(ScenarioFileTests.text(), file: "s.yaml")
    let digests = try [
      ExperimentOptions(), ExperimentOptions(policies: ["random"]), ExperimentOptions(seeds: 3),
      ExperimentOptions(firstSeed: 9), ExperimentOptions(epochSize: 50), ExperimentOptions(decisions: 999),
      ExperimentOptions(buckets: 7), ExperimentOptions(costWeight: 0.5),
      ExperimentOptions(settings: [("half_life", .text("3d"))]),
    ].map { try Experiment(scenario, $0).header.digest }
    #expect(Set(digests).count == 9)
    #expect(try Experiment(scenario, ExperimentOptions()).header.digest == digests[0])
  }

  @Test("Settings on top of the scenario's hold for everybody, and cost weighs as the options say")
  func settings() throws {
    let scenario = try Scenario.parse(
      ScenarioFileTests.text(
        """
        governance: {half_life: 3d}
        variants: [{name: patient, policy: agentrank, governance: {half_life: 30d}}]
        """), file: "s.yaml")
    let options = ExperimentOptions(
      costWeight: 0.25, settings: [("half_life", .text("5d")), ("optimism", .number(2))])
    let experiment = try Experiment(scenario, options)
    let rules = experiment.contenders.map { $0.governance.rules(for: .textGeneration) }
    #expect(rules.map(\.halfLife) == [.days(5), .days(5), .days(30)])
    #expect(rules.map(\.optimism) == [2, 2, 2])
    #expect(experiment.setup.costWeight == 0.25)
    #expect(experiment.header.settings == ["half_life=5d", "optimism=2"])
    // One bucket an epoch, a thousand decisions at a hundred an epoch.
    #expect(experiment.setup.buckets == 10)
    for wrong in [("half_lief", Setting.text("5d")), ("fixed", .text("nobody"))] {
      #expect(throws: ExperimentError.self) { try Experiment(scenario, ExperimentOptions(settings: [wrong])) }
    }
  }

  @Test("A claim is decided on its window, by the mean over seeds, against another policy if it says so")
  func verdicts() {
    func run(_ policy: String, _ seed: UInt64, _ rewards: [Double]) -> RunResult {
      let buckets = rewards.enumerated().map { place, reward in
        var bucket = RunResult.Bucket(start: 10 * place, candidates: 1)
        (bucket.decisions, bucket.reward, bucket.best) = (10, 10 * reward, 10)
        return bucket
      }
      return RunResult(
        policy: policy, seed: seed, candidates: ["a"], groups: ["g"], buckets: buckets,
        lastQuarterTraffic: [0],
        posteriors: [], frontiers: [], epochs: 1)
    }
    let runs = [
      run("p", 1, [0, 0.5, 0.7, 0.9]), run("p", 2, [0, 0.5, 0.8, 1.0]), run("q", 1, [0, 0.5, 0.6, 0.6]),
      run("q", 2, [0, 0.5, 0.6, 0.6]),
    ]
    var claim = Claim(
      says: "", measure: .meanReward, policy: "p", against: nil, from: .percent(50), until: .percent(100),
      bound: .atLeast(0.85))
    let plain = Verdict(claim, runs, length: 40)
    // (0.8 + 0.9)/2; the interval with one degree of freedom is ±12.7 · 0.05.
    #expect(plain.figure?.mean == 0.85 && plain.outcome == .held && !plain.isClear)
    #expect(plain.window == 20..<40)
    claim.against = "q"
    claim.bound = .atMost(0.2)
    // 0.2 and 0.3.
    let difference = Verdict(claim, runs, length: 40)
    #expect(difference.figure?.mean == 0.25 && difference.outcome == .failed)
    claim.policy = "nobody"
    #expect(Verdict(claim, runs, length: 40).outcome == .notMeasured)
    claim.policy = "p"
    claim.against = nil
    (claim.measure, claim.from, claim.until) = (.regret, .decisions(10), .decisions(20))
    #expect(Verdict(claim, runs, length: 40).figure?.mean == 0.5)
  }

  @Test("A table is played without its malformed lines, each of the others once a pass, and the head says so")
  func table() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("table.jsonl")
    let lines = (0..<60).map { index in
      let (a, b) = index % 3 == 0 ? (1, 0) : (0, 1)
      return
        #"{"id":"\#(index)","intent":"word\#(index % 3) text \#(index)","domain":"d\#(index % 3 == 0 ? 0 : 1)","outcomes":{"a":{"quality":\#(a),"cost_usd":0.1},"b":{"quality":\#(b),"cost_usd":0.2}}}"#
    }
    try Data((lines + ["{broken"]).joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
    let scenario = try Scenario.load(ScenarioClaimTests.folder.appending(path: "table.yaml").path)
    let options = ExperimentOptions(
      policies: ["random", "best_single", "best_per_region"], seeds: 2, epochSize: 10, passes: 3, table: path)
    let experiment = try Experiment(scenario, options)
    #expect(experiment.faults.map(\.line) == [61])
    #expect(experiment.header.table == "table.jsonl")
    #expect(experiment.header.skippedLines == 1 && experiment.header.intents == 60)
    #expect(experiment.header.decisions == 180 && experiment.header.tableChecksum?.count == 64)
    let one = try await experiment.run(threads: 1)
    #expect(Self.bytes(one) == Self.bytes(try await experiment.run(threads: 2)))
    // Each of 20 and 40 intents three times: choosing evenly gives ½, b alone ⅔, the best of each domain 1.
    let run = try #require(one.runs(of: "best_single").first)
    #expect((run.buckets.reduce(0) { $0 + $1.uniform } - 90).magnitude < 1e-9)
    #expect((run.buckets.reduce(0) { $0 + $1.reward } - 120).magnitude < 1e-9)
    #expect((run.buckets.reduce(0) { $0 + $1.best } - 180).magnitude < 1e-9)
    #expect((run.buckets.reduce(0) { $0 + $1.cost } - 36).magnitude < 1e-9)
    #expect(one.summaries[2]["captured_gain"]?.mean == 1)
  }

  static let shared = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(
      path: "shared/data/paretobandit_k4.jsonl"
    ).path

  @Test(
    "A public table has the means that are known of it, and the router captures half of the gain in a pass",
    .enabled(
      if: ScenarioClaimTests.isSlow && FileManager.default.fileExists(atPath: shared),
      "set POINTSMAN_SLOW=1; needs shared/data beside the repository"))
  func publicTable() async throws {
    let scenario = try Scenario.load(ScenarioClaimTests.folder.appending(path: "table.yaml").path)
    let options = ExperimentOptions(
      policies: ["agentrank", "random", "best_single", "best_per_region"], seeds: 1, passes: 1,
      table: Self.shared)
    let result = try await Experiment(scenario, options).run(threads: 2)
    // uniform 0.895, best single model 0.934, best per domain 0.939.
    let run = try #require(result.runs.first)
    let uniform = run.buckets.reduce(0) { $0 + $1.uniform } / Double(result.header.decisions)
    #expect((uniform - 0.895).magnitude < 0.0005)
    #expect((try #require(result.summaries[2]["mean_reward"]).mean - 0.934).magnitude < 0.0005)
    #expect((try #require(result.summaries[3]["mean_reward"]).mean - 0.939).magnitude < 0.0005)
    #expect(result.verdicts.map(\.outcome) == [.held, .held])
  }

  @Test("A table of one model, a policy nobody knows, and a table where none is taken are refused")
  func badInput() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("one.jsonl")
    try Data(#"{"id":"1","intent":"x","outcomes":{"a":{"quality":1}}}"#.utf8).write(
      to: URL(fileURLWithPath: path))
    let table = try Scenario.parse(
      """
      version: 1
      scenario: table
      about: any
      world: {kind: table}
      passes: 2
      policies: [agentrank]
      claims: []
      """, file: "t.yaml")
    func message(_ scenario: Scenario, _ options: ExperimentOptions) -> String {
      do {
        _ = try Experiment(scenario, options)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message(table, ExperimentOptions(table: path)).contains("nothing to choose between"))
    #expect(message(table, ExperimentOptions()).contains("name one (--table PATH)"))
    #expect(message(table, ExperimentOptions(table: folder.path("no"))).contains("there is no file"))
    let small = try Scenario.parse(ScenarioFileTests.text(), file: "s.yaml")
    #expect(message(small, ExperimentOptions(policies: ["agentrnk"])).contains("did you mean 'agentrank'?"))
    #expect(message(small, ExperimentOptions(table: path)).contains("takes no table"))
    #expect(message(small, ExperimentOptions(seeds: 0)).contains("at least one seed"))
  }
}
