import Foundation
import Testing
import Wire

/// Valid documents are broken at random places and both readers asked. They must agree on acceptance and
/// value, except where this package differs on purpose:
///
/// - names that stand twice in one object: refused here, one of them wins there;
/// - a comma before a closing bracket: refused here as RFC 8259 asks; JSONDecoder reads it when space
///   stands before the bracket;
/// - numbers that vanish in binary64 (1e-400): zero here; refused there, and `0e3` with them;
/// - a byte-order mark, UTF-16 and UTF-32: refused here, read there;
/// - nesting beyond 64: refused here, beyond 512 there;
/// - canonically equivalent names: one name here and so a repetition, as in a Swift dictionary.
///
/// Lone surrogates and numbers beyond the largest finite binary64 are refused by both.
@Suite struct FoundationAgreementTests {
  static let seeds = [
    #"{"capability":"text_to_video","intent":"a slow dolly shot, \"dusk\"","constraints":{"max_cost_usd":0.85}}"#,
    #"[1,-2,3.5,1e3,-0,0.0,1E-7,123456789012345678,{"a":[],"b":{},"c":[null,true,false]}]"#,
    #"{"é":"\u00e9\ud83d\ude00\n\/","日本":"東京","":""," x ":[[[[1]]]],"big":9223372036854775807}"#,
    #"  {"a" : 1 , "b" : [ 1 , 2 ] , "c" : "tab\tend" }  "#,
    #"[0.03421312570571899,0.1,2.2250738585072014e-308,1.7976931348623157e308,9007199254740993]"#,
  ].map { Array($0.utf8) }

  static let spice =
    Array("\"\\{}[]:,.-+eE0123456789 \n\ttrufalsn/u\u{0}".utf8) + [0x80, 0xC3, 0xA9, 0xED, 0xF0]

  static func mutated(using generator: inout SplitMix) -> [UInt8] {
    var bytes = seeds.randomElement(using: &generator)!
    for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
      let place = bytes.indices.randomElement(using: &generator)!
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[place] = spice.randomElement(using: &generator)!
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(spice.randomElement(using: &generator)!, at: place)
      case 3: bytes.swapAt(place, bytes.indices.randomElement(using: &generator)!)
      default:
        let end = min(bytes.count, place + Int.random(in: 1...12, using: &generator))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      }
    }
    return bytes
  }

  @Test("20,000 broken documents are judged as Foundation judges them, but for the differences named above")
  func fuzz() throws {
    var generator = SplitMix(state: 42)
    var accepted = 0
    var refused = 0
    for _ in 0..<20_000 {
      let bytes = Self.mutated(using: &generator)
      let theirs = try? JSONDecoder().decode(Tree.self, from: Data(bytes))
      let text = String(decoding: bytes, as: UTF8.self)
      do {
        let ours = try JSONValue.parse(bytes)
        accepted += 1
        if let theirs {
          #expect(Self.agree(ours, theirs), "\(text)")
        } else {
          #expect(Self.holdsFractionalZero(ours), "only we accept \(text)")
        }
      } catch {
        refused += 1
        let onPurpose =
          error.message.contains("stands twice") || error.message == "expected a value, found ']'"
          || error.message == "expected a name in quotes, found '}'"
        if !onPurpose { #expect(theirs == nil, "only Foundation accepts \(text): \(error)") }
      }
    }
    // The sweep is worth something only while both outcomes are common.
    #expect(accepted > 3_000 && refused > 3_000)
  }

  static func holdsFractionalZero(_ value: JSONValue) -> Bool {
    switch value {
    case .number(let number): number == 0
    case .array(let elements): elements.contains(where: holdsFractionalZero)
    case .object(let members): members.contains { holdsFractionalZero($0.value) }
    default: false
    }
  }

  /// What JSONDecoder finds, number by number as 64-bit integer and as binary64. (JSONSerialization carries
  /// numbers of 17 and more digits as decimals and rounds them wrongly on the way to binary64.)
  enum Tree: Decodable {
    case null, bool(Bool), number(Int64?, Double), string(String), array([Tree]), object([String: Tree])

    init(from decoder: any Decoder) throws {
      if let names = try? decoder.singleValueContainer().decode([String: Tree].self) {
        self = .object(names)
      } else if let elements = try? decoder.singleValueContainer().decode([Tree].self) {
        self = .array(elements)
      } else {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
          self = .null
        } else if let text = try? value.decode(String.self) {
          self = .string(text)
        } else if let flag = try? value.decode(Bool.self) {
          self = .bool(flag)
        } else {
          self = .number(try? value.decode(Int64.self), try value.decode(Double.self))
        }
      }
    }
  }

  static func agree(_ ours: JSONValue, _ theirs: Tree) -> Bool {
    switch (ours, theirs) {
    case (.null, .null): true
    case (.bool(let flag), .bool(let other)): flag == other
    case (.integer(let integer), .number(let other, _)): integer == other
    case (.number(let double), .number(_, let other)): double == other
    case (.string(let text), .string(let other)): text.unicodeScalars.elementsEqual(other.unicodeScalars)
    case (.array(let elements), .array(let others)):
      elements.count == others.count && zip(elements, others).allSatisfy { agree($0, $1) }
    case (.object(let members), .object(let others)):
      members.count == others.count
        && members.allSatisfy { member in others[member.name].map { agree(member.value, $0) } ?? false }
    default: false
    }
  }

  @Test("text that we write is read by Foundation as the same value")
  func foundationReadsOurText() throws {
    for seed in Self.seeds {
      let value = try JSONValue.parse(seed)
      for pretty in [false, true] {
        let theirs = try JSONDecoder().decode(Tree.self, from: Data(value.serialized(pretty: pretty)))
        #expect(Self.agree(value, theirs))
      }
    }
  }
}
