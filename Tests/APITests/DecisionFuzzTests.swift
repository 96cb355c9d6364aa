import Foundation
import HTTPTypes
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// Decision bodies broken at random places: whatever is sent, the answer is one of those in the contract.
@Suite struct DecisionFuzzTests {
  static let seeds: [JSONValue] = [
    ["capability": "text_to_video", "intent": "a slow dolly shot, \"dusk\" → 東京"],
    [
      "capability": "text_to_video", "intent": "fjords",
      "constraints": [
        "max_cost_usd": 0.85, "max_latency_ms": 60_000, "width": 1_920, "height": 1_080, "duration_s": 8,
        "only": ["fal"],
        "exclude": ["runway/gen-4"],
      ], "units": ["input_tokens": 900, "output_tokens": 400, "images": 2, "characters": 10],
      "objective": ["cost_weight": 0.3], "explore": false, "session": "conversation-17",
    ],
    [
      "capability": "image_generation",
      "embedding": .array((0..<256).map { .number(Double($0) / 256 - 0.5) }),
    ],
  ]

  static let spice =
    Array("\"\\{}[]:,.-+eE0123456789 \n\ttrufalsn/u\u{0}".utf8) + [0x80, 0xC3, 0xA9, 0xED, 0xF0]

  static func brokenBytes(using generator: inout SplitMix) -> [UInt8] {
    var bytes = seeds.randomElement(using: &generator)!.serialized()
    for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
      let place = bytes.indices.randomElement(using: &generator)!
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[place] = spice.randomElement(using: &generator)!
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(spice.randomElement(using: &generator)!, at: place)
      case 3: bytes.swapAt(place, bytes.indices.randomElement(using: &generator)!)
      case 4: bytes.removeLast(Int.random(in: 0...4, using: &generator).clamped(to: 0...bytes.count))
      default:
        let end = min(bytes.count, place + Int.random(in: 1...12, using: &generator))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      }
    }
    return bytes
  }

  static let strange: [JSONValue] = [
    .null, true, false, 0, -1, 1, 2, .integer(.max), .integer(.min), 0.5, -0.0, 1e-300,
    1.7976931348623157e308,
    -1.7976931348623157e308, 9_007_199_254_740_993, 1e9, "", " ", "fal", "text_to_video", "voice_cloning",
    "\u{0}",
    "\u{FEFF}", "\u{202E}", "e\u{301}", .string(String(repeating: "x", count: 40_000)), [], [:], [[]],
    ["fal"], [1, "a"],
    ["width": 5], .array(Array(repeating: 0.1, count: 256)), .array(Array(repeating: 1e308, count: 256)),
    .array(Array(repeating: "fal", count: 257)),
  ]

  /// A member, at any depth, gets another value, goes, or comes under a strange name.
  static func brokenValue(_ value: JSONValue, using generator: inout SplitMix) -> JSONValue {
    switch value {
    case .object(var members) where !members.isEmpty:
      let place = members.indices.randomElement(using: &generator)!
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: members.remove(at: place)
      case 1:
        let name = ["capability2", "", "intent ", "~", "constraints/width"].randomElement(using: &generator)!
        if !members.contains(where: { $0.name == name }) { members.append(.init(name, 1)) }
      case 2, 3: members[place].value = strange.randomElement(using: &generator)!
      default: members[place].value = brokenValue(members[place].value, using: &generator)
      }
      return .object(members)
    case .array(var elements) where !elements.isEmpty:
      let place = elements.indices.randomElement(using: &generator)!
      if Bool.random(using: &generator) {
        elements[place] = strange.randomElement(using: &generator)!
      } else {
        elements.remove(at: place)
      }
      return .array(elements)
    default: return strange.randomElement(using: &generator)!
    }
  }

  @Test("3,000 broken bodies: malformed is what Foundation calls so too, and nothing is ever our fault")
  func bytes() async throws {
    try await TestRouter.run { router in
      var generator = SplitMix(state: 42)
      var counts: [Int: Int] = [:]
      for _ in 0..<3_000 {
        let bytes = Self.brokenBytes(using: &generator)
        let text = String(decoding: bytes, as: UTF8.self)
        let reply = try await router.send(.post, "/v1/decisions", body: bytes)
        counts[reply.status, default: 0] += 1
        #expect([200, 400, 422].contains(reply.status), "\(reply.status) for \(text)")
        let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
        if reply.slug != "malformed-json" {
          #expect(theirs != nil || Self.isNumberBeyondThem(bytes), "only we accept \(text)")
        } else if theirs != nil {
          #expect(Self.isOnPurpose(bytes), "only Foundation accepts \(text): \(reply.text)")
        }
      }
      // The sweep is worth something only while all outcomes are common.
      #expect(counts[200, default: 0] > 200 && counts[400, default: 0] > 750)
    }
  }

  @Test("2,000 bodies with strange values: an answer or a problem, never a fault of ours", arguments: [1, 2])
  func values(seed: UInt64) async throws {
    try await TestRouter.run { router in
      var generator = SplitMix(state: seed)
      var counts: [Int: Int] = [:]
      for _ in 0..<1_000 {
        var body = Self.seeds.randomElement(using: &generator)!
        body = Self.brokenValue(body, using: &generator)
        let reply = try await router.decide(body)
        counts[reply.status, default: 0] += 1
        #expect([200, 400, 422].contains(reply.status), "\(reply.status) for \(body)")
        if reply.status == 400 {
          #expect(reply.slug == "invalid-request" && !reply.pointers.isEmpty)
        }
        if reply.status == 200 {
          let shares = [reply["/chosen"] ?? .null] + (reply["/fallbacks"]?.arrayValue ?? [])
          #expect(abs(shares.compactMap { $0.number("/propensity") }.reduce(0, +) - 1) < 1e-9)
        }
      }
      #expect(
        counts[200, default: 0] > 25 && counts[400, default: 0] > 250 && counts[422, default: 0] > 5,
        "\(counts)")
      // What was answered can be told again.
      try await router.closeEpoch()
      #expect(try Replay.verify(router.service.ledger).differences == [])
    }
  }

  /// What this package refuses although Foundation reads it: a name that stands twice, a comma before a bracket.
  static func isOnPurpose(_ bytes: [UInt8]) -> Bool {
    do {
      _ = try JSONValue.parse(bytes)
      return false
    } catch {
      return error.message.contains("stands twice") || error.message == "expected a value, found ']'"
        || error.message == "expected a name in quotes, found '}'"
    }
  }

  /// What Foundation refuses although it is JSON: numbers that vanish in binary64.
  static func isNumberBeyondThem(_ bytes: [UInt8]) -> Bool {
    guard let value = try? JSONValue.parse(bytes) else { return false }
    func holdsZero(_ value: JSONValue) -> Bool {
      switch value {
      case .number(let number): number == 0
      case .array(let elements): elements.contains(where: holdsZero)
      case .object(let members): members.contains { holdsZero($0.value) }
      default: false
      }
    }
    return holdsZero(value)
  }
}

extension Int {
  fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
