import Foundation
import Statistics

/// What the bench asks for, alike in every run: a market, regions, and intents of 200 characters about them.
struct Workload {
  let candidates: Int
  let regions: Int
  /// 64 texts of 200 characters.
  let texts: [String]

  init(candidates: Int, regions: Int) {
    self.candidates = candidates
    self.regions = regions
    var generator = Xoshiro256(seed: 11)
    texts = (0..<64).map { number in
      Workload.text(Workload.topics[number % min(regions, Workload.topics.count)], length: 200, &generator)
    }
  }

  /// A text that nobody sent before: one of the 64, with its end replaced by a number. Still 200 characters.
  func newText(_ number: Int) -> String {
    let digits = String(number)
    return texts[number % texts.count].prefix(188) + String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// The catalogue as `pointsman serve` reads it: text models with prices, and named regions of three examples.
  var catalogue: String {
    var generator = Xoshiro256(seed: 5)
    var lines = ["version: 1", "providers:"]
    lines += (0..<4).map { "  - {id: p\($0), name: Provider \($0)}" }
    lines.append("models:")
    for number in 0..<candidates {
      lines.append("  - id: p\(number % 4)/m\(number)")
      lines.append("    capabilities: [text_generation]")
      lines.append(
        "    price: {per_million_input_tokens: \(number % 7 + 1), per_million_output_tokens: \(number % 5 + 4)}"
      )
    }
    lines.append("regions:")
    for number in 0..<regions {
      lines.append("  - id: region\(number)")
      lines.append("    capability: text_generation")
      lines.append("    examples:")
      let topic = Workload.topics[number % Workload.topics.count]
      for _ in 0..<3 { lines.append("      - \(Workload.text(topic, length: 60, &generator))") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Every third word is the topic's, so that texts of a topic resemble each other.
  private static func text(_ topic: String, length: Int, _ generator: inout Xoshiro256) -> String {
    var text = ""
    var number = 0
    while text.utf8.count < length {
      text += number % 3 == 2 ? topic : words[Int(generator.next() % UInt64(words.count))]
      text += " "
      number += 1
    }
    return String(text.prefix(length - 1)) + "."
  }

  private static let topics = [
    "algebra", "guitar", "contract", "recipe", "volcano", "poem", "database", "football", "vaccine", "castle",
    "budget", "garden", "satellite", "novel", "chess", "bicycle", "translation", "dolphin", "election",
    "microscope",
    "wedding", "compiler", "glacier", "orchestra", "mortgage", "sculpture", "nutrition", "railway",
    "philosophy",
    "tournament", "spreadsheet", "hurricane", "biography", "pharmacy", "telescope", "vineyard", "robotics",
    "dictionary", "insurance", "marathon", "photography", "genome", "lighthouse", "taxation", "pottery",
    "cinema",
    "cryptography", "beekeeping", "architecture", "meditation", "submarine", "journalism", "carpentry",
    "eclipse",
    "fashion", "diplomacy", "geometry", "origami", "surgery", "archery", "opera", "logistics", "coral",
    "typography",
  ]
  private static let words = [
    "write", "explain", "a", "the", "short", "about", "how", "why", "for", "my", "with", "example", "three",
    "simple",
    "summary", "of", "compare", "best", "old", "new", "in", "history", "plan", "question", "list", "to",
    "friend",
    "careful", "steps", "and", "problem", "describe", "without", "before", "every", "which", "should", "know",
    "first",
    "common", "mistakes", "between", "modern", "local", "small", "answer", "teach", "children", "improve",
    "check",
  ]
}

/// JSON bodies of requests, as a client would write them.
enum Body {
  /// - Parameter embedding: as numbers of five decimals.
  static func decision(_ text: String, embedding: [Float]? = nil) -> String {
    let vector = embedding.map { floats in
      ",\"embedding\":[\(floats.map { String(format: "%.5f", $0) }.joined(separator: ","))]"
    }
    return "{\"capability\":\"text_generation\",\"intent\":\"\(text)\"\(vector ?? "")}"
  }

  static func decisions(_ texts: [String]) -> String {
    "{\"decisions\":[\(texts.map { decision($0) }.joined(separator: ","))]}"
  }
}
