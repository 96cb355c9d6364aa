/// What a client would like but does not insist on (RFC 7240).
struct Preference: Equatable {
  /// `wait=N`: whole seconds that the client is willing to wait for the end of the work, at most
  /// ``longestWait``; nil when it said nothing that can be understood.
  var wait: Int?

  /// A preference for more is answered as if it were for so much, and `Preference-Applied` says so.
  static let longestWait = 600

  /// - Parameter fields: the values of all `Prefer` headers, in order. Of a preference that comes twice the first
  ///   counts, and what is not understood is passed over, as the RFC has it.
  init(_ fields: [String]) {
    for part in fields.flatMap({ $0.split(separator: ",") }) {
      let pair = (part.split(separator: ";").first ?? "").split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false
      ).map { $0.trimmed }
      guard pair.count == 2, pair[0].lowercased() == "wait" else { continue }
      let text =
        pair[1].count >= 2 && pair[1].hasPrefix("\"") && pair[1].hasSuffix("\"")
        ? pair[1].dropFirst().dropLast() : pair[1]
      guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return }
      // So many digits that they fit no integer are more than the most too.
      wait = min(Int(text) ?? .max, Preference.longestWait)
      return
    }
  }
}

extension Substring {
  /// Without spaces and tabs at its ends.
  var trimmed: Substring {
    var rest = drop { $0 == " " || $0 == "\t" }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return rest
  }
}
