public import Declarations
import Foundation
import Routing
import World

extension Scenario {
  /// Reads and checks a scenario's file.
  ///
  /// - Throws: every fault found, by line.
  public static func load(_ path: String) throws(DeclarationErrors) -> Scenario {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw DeclarationErrors([DeclarationError(file: path, line: 0, message: "cannot be read")])
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DeclarationErrors([DeclarationError(file: path, line: 0, message: "is not UTF-8")])
    }
    return try parse(text, file: path)
  }

  /// Reads and checks a text.
  ///
  /// - Parameter file: how errors name it.
  public static func parse(_ text: String, file: String) throws(DeclarationErrors) -> Scenario {
    let root = try YAMLFields(text, file: file, kind: "scenario")
    let scenario = Scenario(root, text: text, file: file)
    scenario.check(root)
    try root.finish()
    return scenario
  }

  private init(_ root: YAMLFields, text: String, file: String) {
    self.file = file
    self.text = text
    _ = root.integer("version", in: 1...1)
    name = root.parsed("scenario", as: "a name of a–z, 0–9 and '-'") { Scenario.isName($0) ? $0 : nil } ?? ""
    title = root.optionalString("title") ?? name
    about = root.string("about")
    let named = root.optionalChoice("capability", among: Capability.names)
    capability = named.flatMap { Capability(name: $0) } ?? .textGeneration
    let candidates = root.optionalObjects("candidates", kind: "candidate")
    world =
      root.object("world").map { Scenario.world($0, candidates, root) } ?? .table(path: nil)
    length = Scenario.length(root)
    epochSize = root.optionalInteger("epoch_size", in: 1...1_000_000) ?? 100
    seeds = root.optionalInteger("seeds", in: 1...10_000) ?? 10
    regions = root.optionalObject("regions").map(Scenario.regions) ?? .learned
    costWeight = root.optionalDouble("cost_weight", in: 0...100) ?? 0
    governance = root.optionalObject("governance").map(Scenario.governance) ?? []
    raters = root.optionalObject("feedback")?.integer("raters", in: 0...1_000_000) ?? 0
    policies = root.strings("policies", count: 1...100).map(\.text)
    variants = (root.optionalObjects("variants", kind: "variant") ?? []).map(Scenario.variant)
    events = (root.optionalObjects("events", kind: "event") ?? []).compactMap(EventLine.init)
    claims = root.objects("claims", kind: "claim").compactMap(Claim.init)
  }

  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
      }
  }

  private static func length(_ root: YAMLFields) -> Length {
    let decisions = root.optionalInteger("decisions", in: 1...1_000_000_000)
    let passes = root.optionalInteger("passes", in: 1...10_000)
    switch (decisions, passes) {
    case (nil, let passes?): return .passes(passes)
    case (let decisions?, nil): return .decisions(decisions)
    case (nil, nil):
      root.fail(atLine: root.line, "scenario lacks its length: 'decisions', or 'passes' through a table")
    default: root.fail("passes", "does not go with 'decisions': a run has one length")
    }
    return .decisions(decisions ?? 1)
  }

  private static func regions(_ fields: YAMLFields) -> RegionPlan {
    let source = fields.choice("source", among: ["learned", "fitted", "given", "none"])
    let count = fields.optionalInteger("count", in: 1...1_024)
    if source == "fitted", count == nil { fields.fail("source", "is fitted, which needs a 'count'") }
    if source != "fitted", count != nil { fields.fail("count", "goes with the source fitted only") }
    return switch source {
    case "fitted": .fitted(count: count ?? 1)
    case "given": .given
    case "none": .none
    default: .learned
    }
  }

  private static func governance(_ fields: YAMLFields) -> [GovernanceLine] {
    fields.names.compactMap { name in
      let value = fields.optionalString(name)
      let line = fields.line(of: name)
      guard let value else { return nil }
      let setting = Setting(typed: value)
      if name.hasSuffix("default_reward") || name.hasSuffix("policy") || name.hasSuffix("mode") {
        fields.fail(name, "cannot be set in a scenario")
      }
      do throws(GovernanceErrors) { _ = try Governance([(name, setting)]) } catch {
        fields.fail(name, error.items.first?.message ?? "is not accepted")
      }
      return GovernanceLine(key: name, value: setting, line: line)
    }
  }

  private static func variant(_ fields: YAMLFields) -> Variant {
    let name = fields.parsed("name", as: "a name of a–z, 0–9, '_' and '-'") { isName($0) ? $0 : nil }
    let policy = fields.choice("policy", among: PolicyName.all)
    let variant = Variant(
      name: name ?? "", policy: policy ?? "",
      governance: fields.optionalObject("governance").map(governance) ?? [],
      width: fields.optionalDouble("width", in: 0.0001...100),
      neighbours: fields.optionalInteger("neighbours", in: 1...10_000))
    if variant.width != nil, !["linucb", "lints"].contains(policy) {
      fields.fail("width", "goes with linucb and lints only")
    }
    if variant.neighbours != nil, policy != "knn" { fields.fail("neighbours", "goes with knn only") }
    return variant
  }
}

extension Claim {
  /// Nil where it is wrong; the fields know why.
  init?(_ fields: YAMLFields) {
    let says = fields.string("says")
    let name = fields.choice("measure", among: Measure.names)
    let candidate = fields.optionalString("candidate")
    if name == "traffic_share", candidate == nil {
      fields.fail("measure", "is traffic_share, which needs a 'candidate'")
    }
    if name != "traffic_share", candidate != nil { fields.fail("candidate", "goes with traffic_share only") }
    let policy = fields.string("policy")
    let against = fields.optionalString("against")
    let from = fields.optionalParsed("from", as: Moment.accepts) { Moment($0) } ?? .percent(0)
    let until = fields.optionalParsed("until", as: Moment.accepts) { Moment($0) } ?? .percent(100)
    let least = fields.optionalDouble("at_least")
    let most = fields.optionalDouble("at_most")
    if (least == nil) == (most == nil) {
      fields.fail(atLine: fields.line, "a claim needs one of 'at_least' and 'at_most'")
    }
    guard let measure = name.flatMap({ Measure(name: $0, candidate: candidate) }) else { return nil }
    self.init(
      says: says, measure: measure, policy: policy, against: against, from: from, until: until,
      bound: least.map { .atLeast($0) } ?? .atMost(most ?? 0))
  }
}
