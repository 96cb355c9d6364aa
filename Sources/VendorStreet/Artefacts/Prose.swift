/// Short text that depends on nothing but a digest.
enum Prose {
  private static let words = [
    "light", "over", "the", "harbour", "a", "slow", "morning", "and", "boats", "under", "clear", "water",
    "with", "quiet", "stones", "that", "carry", "north", "wind", "across", "green", "hills", "before", "rain",
    "river", "paper", "window", "near", "old", "bridge", "of", "salt",
  ]

  /// `count` words in sentences of about eight; at least one word.
  static func words(_ count: Int, digest: Digest) -> [String] {
    (0..<max(count, 1)).map { place in
      let word = words[digest.adding(place).index(words.count)]
      let opens = place % 8 == 0
      let closes = place % 8 == 7 || place == max(count, 1) - 1
      return (opens ? word.prefix(1).uppercased() + word.dropFirst() : word) + (closes ? "." : "")
    }
  }

  static func text(_ count: Int, digest: Digest) -> String {
    words(count, digest: digest).joined(separator: " ")
  }

  /// A rough count of tokens, four bytes each, as vendors' own rules of thumb have it.
  static func tokens(_ text: String) -> Int { (text.utf8.count + 3) / 4 }
}
