/// A tokenizer file of a made-up vocabulary: the 256 byte tokens (ids 0 ... 255), U+2581 (id 256), then the
/// tokens given.
struct TinyTokenizer {
  var tokens: [String]
  var merges: [String]

  static let space = 256
  static let first = 257

  /// lower: 257 l, 258 o, 259 w, 260 e, 261 r, 262 lo, 263 low, 264 er, 265 ▁low.
  static let lower = TinyTokenizer(
    tokens: ["l", "o", "w", "e", "r", "lo", "low", "er", "\u{2581}low"],
    merges: ["l o", "lo w", "e r", "\u{2581} low"])

  var json: String {
    let bytes = (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
    }
    let vocabulary = (bytes + ["\u{2581}"] + tokens).enumerated().map { "\"\($1)\": \($0)" }
    let quoted = merges.map { "\"\($0)\"" }
    return """
      {"version": "1.0", "pre_tokenizer": null, "added_tokens": [{"id": 0, "special": true}],
       "model": {"type": "BPE", "byte_fallback": true,
        "vocab": {\(vocabulary.joined(separator: ", "))},
        "merges": [\(quoted.joined(separator: ", "))]}}
      """
  }
}
