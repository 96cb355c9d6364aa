import Jobs
import Routing
import TestSupport
import Testing
import Wire

@testable import Serving

@Suite("What makes two orders the same")
struct CacheKeyTests {
  static func ticket(
    _ input: JSONValue, capability: Capability = .imageGeneration, only: [String]? = nil,
    exclude: [String] = [], tenant: String? = nil, maximumCost: Double? = nil, text: String = "x"
  ) throws -> CacheTicket {
    let order = JobOrder(
      intent: Intent(
        capability: capability, text: text,
        constraints: Constraints(maximumCost: maximumCost, only: only, exclude: exclude)),
      input: try WorkInput(input), inputJSON: [], tenant: tenant)
    return CacheTicket(order, CacheWish())
  }

  @Test("Spelling does not count: white space around texts, line ends, numbers, the order of members")
  func same() throws {
    let one = try Self.ticket([
      "prompt": "a fox\nin snow", "width": 512, "duration_s": 8, "vendor": ["a": 1, "b": ["c": 2.0]],
    ])
    let other = try Self.ticket([
      "vendor": ["b": ["c": 2], "a": 1.0], "duration_s": 8.0, "width": 512, "prompt": " a fox\r\nin snow \n",
    ])
    #expect(one.key == other.key && one.kin == other.kin && one.key != one.kin && one.key.count == 64)
    #expect(
      try Self.ticket(["prompt": "x"]).key == Self.ticket(["prompt": "x"], maximumCost: 1, text: "y").key)
    let lists = try Self.ticket(["prompt": "x"], only: ["b", "a", "a"], exclude: ["d", "c"])
    #expect(try lists.key == Self.ticket(["prompt": "x"], only: ["a", "b"], exclude: ["c", "d", "c"]).key)
  }

  @Test("What is made, for whom, and by whom it may be made counts; the prompt alone does not make strangers")
  func different() throws {
    let plain = try Self.ticket(["prompt": "a fox", "width": 512])
    let others = [
      try Self.ticket(["prompt": "a fox", "width": 513]), try Self.ticket(["prompt": "a fox"]),
      try Self.ticket(["prompt": "a fox", "width": 512, "seed": 1]),
      try Self.ticket(["prompt": "a fox", "width": 512, "vendor": ["x": 1]]),
      try Self.ticket(["prompt": "a fox", "width": 512], capability: .imageEditing),
      try Self.ticket(["prompt": "a fox", "width": 512], only: ["north"]),
      try Self.ticket(["prompt": "a fox", "width": 512], exclude: ["north"]),
      try Self.ticket(["prompt": "a fox", "width": 512], tenant: "acme"),
    ]
    for other in others { #expect(other.key != plain.key && other.kin != plain.kin) }
    #expect(Set(others.map(\.key)).count == others.count)
    let hare = try Self.ticket(["prompt": "a hare", "width": 512])
    #expect(hare.key != plain.key && hare.kin == plain.kin)
    #expect(plain.label == "image_generation:auto:a fox")
    #expect(try Self.ticket(["prompt": "a fox"], only: ["north/a"]).label == "image_generation:north/a:a fox")
  }
}
