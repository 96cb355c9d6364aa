/// What a client says that it can read (`Accept`, RFC 9110, 12.5.1).
struct AcceptedTypes {
  private var ranges: [(type: Substring, subtype: Substring, isRefused: Bool)] = []

  /// - Parameter fields: the values of all `Accept` headers; without any, everything is accepted.
  init(_ fields: [String]) {
    for range in fields.flatMap({ $0.lowercased().split(separator: ",") }) {
      let parts = range.split(separator: ";").map { $0.trimmed }
      let type = (parts.first ?? "").split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard type.count == 2 else { continue }
      let isRefused = parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
      ranges.append((type[0], type[1], isRefused))
    }
  }

  /// Whether an answer of a media type may be sent. The most exact of the ranges that fit decides.
  func allow(_ type: String, _ subtype: String) -> Bool {
    guard !ranges.isEmpty else { return true }
    let fitting = ranges.filter {
      ($0.type == type || $0.type == "*") && ($0.subtype == subtype || $0.subtype == "*")
    }
    func exactness(_ range: (type: Substring, subtype: Substring, isRefused: Bool)) -> Int {
      (range.type == "*" ? 0 : 1) + (range.subtype == "*" ? 0 : 1)
    }
    return fitting.max { exactness($0) < exactness($1) }.map { !$0.isRefused } ?? false
  }
}
