import Routing
import Serving
import Wire

/// Entries for a catalogue, to be looked over: each disabled, with what is not known of it.
enum DiscoveryYAML {
  /// A whole catalogue of the new models, which ``Declarations/CatalogueFile`` reads. A model that nobody can say what
  /// it makes stands there as a comment.
  ///
  /// - Parameter fetched: when the vendor was asked.
  /// - Throws: when a capability would have more candidates than a catalogue takes.
  static func text(_ review: DiscoveryReview, fetched: Instant) throws(CommandFailure) -> String {
    let new = review.entries.filter { $0.standing == .new }
    for capability in Capability.allCases {
      let count = new.count { $0.served.contains(capability) }
      guard count <= Routing.Catalogue.maximumCandidates else {
        throw CommandFailure(
          "\(count) new models serve \(capability), and a catalogue takes \(Routing.Catalogue.maximumCandidates): "
            + "narrow them with --match, --capability or --free")
      }
    }
    let provider = review.provider
    var lines = [
      "# What \(provider.id) listed at \(fetched) and the catalogue does not have.",
      "# Made by: pointsman catalogue discover \(provider.id) --yaml",
      "# Every entry is disabled. Look it over (limits and prices are the vendor's word, and what is not known stands above",
      "# it), copy it below `models:` of the catalogue, and take out `enabled: false`.",
      "version: 1",
      "",
      "providers:",
      "  - {id: \(provider.id), name: \(quoted(provider.name))}",
      "",
      new.contains { !$0.served.isEmpty } ? "models:" : "models: []",
    ]
    for entry in new { lines += self.lines(entry) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(_ entry: DiscoveryReview.Entry) -> [String] {
    let model = entry.model
    var lines = [String]()
    if let title = model.title, !title.isEmpty { lines.append("  # \(TextTable.shown(title, limit: 100))") }
    lines += entry.remarks.map { "  # Not known: \(TextTable.shown($0, limit: 160))" }
    let capabilities = entry.served.map(\.name).joined(separator: ", ")
    var fields = [
      "  - id: \(entry.id)", "    model: \(quoted(model.model))", "    capabilities: [\(capabilities)]",
    ]
    if let tokens = model.maximumInputTokens, (1...1_000_000_000).contains(tokens) {
      fields.append("    limits: {max_input_tokens: \(tokens)}")
    }
    if let price = model.price {
      fields.append(
        "    price: {\(parts(price))}  # \(model.isFree ? "free, says the vendor" : "the vendor's list")")
    }
    fields.append("    enabled: false  # to be reviewed")
    // The reader wants to know what a candidate makes.
    return lines + (entry.served.isEmpty ? fields.map { "  # \($0)" } : fields)
  }

  private static func parts(_ price: Price) -> String {
    let parts = PricePart.allCases.filter { price[$0] != 0 }.map { "\($0.rawValue): \(plain(price[$0]))" }
    return parts.isEmpty ? "per_request: 0" : parts.joined(separator: ", ")
  }

  private static func plain(_ value: Double) -> String {
    value == value.rounded() && value < 1e9 ? Figure.fixed(value, 0) : "\(value)"
  }

  /// A JSON string, which YAML reads as well.
  private static func quoted(_ text: String) -> String {
    String(decoding: JSONValue.string(text).serialized(), as: UTF8.self)
  }
}
