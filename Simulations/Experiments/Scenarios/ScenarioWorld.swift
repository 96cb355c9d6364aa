import Declarations
import Routing
import Wire
import World

extension Scenario {
  /// The world of a scenario; its candidates stand beside it in the file.
  static func world(_ fields: YAMLFields, _ candidates: [YAMLFields]?, _ root: YAMLFields) -> WorldPlan {
    let kind = fields.choice("kind", among: ["table", "synthetic"])
    if kind == "table" {
      if candidates != nil { root.fail("candidates", "does not go with a table, which has its own") }
      return .table(path: fields.optionalString("path"))
    }
    let dimension = fields.optionalInteger("dimension", in: 2...4_096) ?? 64
    let spread = fields.optionalDouble("spread", in: 0...10) ?? 0.5
    let regions = fields.objects("regions", kind: "region").map { region in
      (
        line: SyntheticPlan.RegionLine(
          id: region.string("id"), rate: region.optionalDouble("rate", in: 0...1e6) ?? 1),
        fields: region
      )
    }
    let intents = fields.optionalInteger("intents", in: 1...1_000_000) ?? 2_000
    if intents < regions.count { fields.fail("intents", "must be at least one for each region") }
    if regions.isEmpty { fields.fail("regions", "must name a region") }
    if !regions.isEmpty, regions.allSatisfy({ $0.line.rate == 0 }) {
      fields.fail("regions", "all have the rate 0: no intent arrives")
    }
    let outcome = fields.optionalChoice("outcome", among: ["bernoulli", "beta"]) ?? "bernoulli"
    let concentration = fields.optionalDouble("concentration", in: 0.01...1e6)
    if outcome == "bernoulli", concentration != nil {
      fields.fail("concentration", "goes with the outcome beta only")
    }
    unique(regions.map { ($0.line.id, $0.fields) }, "region")
    let ids = regions.map(\.line.id)
    if candidates == nil {
      root.fail(atLine: root.line, "scenario lacks the key 'candidates' (a list of mappings)")
    }
    let read = (candidates ?? []).map { (line: candidate($0, ids), fields: $0) }
    unique(read.map { ($0.line.id, $0.fields) }, "candidate")
    if candidates != nil, read.count < 2 { root.fail("candidates", "must be two at least: one is no choice") }
    if read.count > Catalogue.maximumCandidates {
      root.fail("candidates", "are \(read.count); at most \(Catalogue.maximumCandidates) can be simulated")
    }
    return .synthetic(
      SyntheticPlan(
        shape: SyntheticWorld.Shape(
          dimension: dimension, spread: spread, intents: max(intents, regions.count)),
        scatter: outcome == "beta" ? .beta(concentration: concentration ?? 10) : .bernoulli,
        seed: UInt64(fields.optionalInteger("seed", in: 0...Int64.max) ?? 1), regions: regions.map(\.line),
        candidates: read.map(\.line).sorted { $0.id < $1.id }))
  }

  private static func unique(_ entries: [(id: String, fields: YAMLFields)], _ kind: String) {
    var lines: [String: Int] = [:]
    for (id, fields) in entries where !id.isEmpty {
      let line = fields.line(of: "id")
      if let first = lines[id] {
        fields.fail(atLine: line, "\(kind) '\(id)' is declared twice, first in line \(first)")
      }
      lines[id] = lines[id] ?? line
    }
  }

  private static func candidate(_ fields: YAMLFields, _ regions: [String]) -> SyntheticPlan.CandidateLine {
    let everywhere = fields.optionalDouble("quality", in: 0...1)
    let scores = fields.optionalNumbers("qualities", in: 0...1) ?? []
    if fields.has("quality") == fields.has("qualities") {
      fields.fail(
        atLine: fields.line, "candidate needs one of 'quality' (everywhere) and 'qualities' (by region)")
    }
    for score in scores where !regions.contains(score.name) {
      let near =
        NearestName.suggestion(for: score.name, among: regions).map { "; did you mean '\($0)'?" } ?? ""
      fields.fail(atLine: score.line, "there is no region '\(score.name)' in this world\(near)")
    }
    let missing = regions.filter { region in !scores.contains { $0.name == region } }
    if fields.has("qualities"), let first = missing.first {
      fields.fail("qualities", "lacks the region '\(first)'")
    }
    return SyntheticPlan.CandidateLine(
      id: fields.string("id"),
      qualities: regions.map { region in
        everywhere ?? scores.first { $0.name == region }?.value ?? 0
      },
      cost: fields.optionalDouble("cost_usd", in: 0...1e6), prior: fields.optionalObject("prior").map(prior))
  }

  static func prior(_ fields: YAMLFields) -> Prior {
    Prior(quality: fields.double("quality", in: 0...1), mass: fields.double("mass", in: 0...50))
  }
}
