import Routing
import Serving

/// What a vendor's list of models means for a catalogue: what is new, what has changed, what is not listed any more.
struct DiscoveryReview {
  /// How a model stands in the catalogue.
  enum Standing: Equatable {
    case new
    case listed
    /// The vendor states another price than the catalogue; nil is none.
    case priced(before: Price?, now: Price)
    /// The catalogue has it, and the vendor's list does not.
    case notListed

    var name: String {
      switch self {
      case .new: "new"
      case .listed: "listed"
      case .priced: "price"
      case .notListed: "not listed"
      }
    }
  }

  struct Entry: Equatable {
    var standing: Standing
    /// Of the catalogue; of a new one, as it would be called there.
    var id: String
    /// As the vendor lists it; of one that is not listed, its name alone.
    var model: DiscoveredModel
    /// What it makes that the adapter cannot have done: nothing is declared for it.
    var unserved: [Capability] = []

    /// What a catalogue entry of it would be good for.
    var served: [Capability] { model.capabilities.filter { !unserved.contains($0) } }

    /// What a person has to look at, beside the figures.
    var remarks: [String] {
      model.gaps.map(\.description)
        + (unserved.isEmpty
          ? [] : ["no operation is declared for " + unserved.map(\.name).joined(separator: ", ")])
    }
  }

  let provider: Provider
  /// By id within each standing: new, priced, not listed, listed.
  let entries: [Entry]

  /// - Parameter serves: whether the adapter can have a capability done with a model.
  init(
    _ models: [DiscoveredModel], of provider: Provider, in catalogue: Routing.Catalogue,
    serves: (Capability, String) -> Bool
  ) {
    self.provider = provider
    let own = catalogue.candidates.filter { $0.provider == provider.id }
    let names = Set(models.map(\.model))
    var taken = Set(own.map(\.id))
    var found: [Entry] = []
    for model in models {
      let unserved = model.capabilities.filter { !serves($0, model.model) }
      let known = own.filter { DiscoveryReview.listedName(of: $0.model, among: names) == model.model }
      if known.isEmpty {
        let id = DiscoveryReview.id(of: model.model, provider: provider.id, taken: &taken)
        found.append(Entry(standing: .new, id: id, model: model, unserved: unserved))
      }
      for candidate in known {
        var standing = Standing.listed
        if let price = model.price, !DiscoveryReview.agrees(candidate.price, price) {
          standing = .priced(before: candidate.price, now: price)
        }
        found.append(Entry(standing: standing, id: candidate.id, model: model, unserved: unserved))
      }
    }
    for candidate in own where candidate.lifecycle.stage != .retired {
      guard DiscoveryReview.listedName(of: candidate.model, among: names) == nil else { continue }
      found.append(
        Entry(
          standing: .notListed, id: candidate.id,
          model: DiscoveredModel(
            model: candidate.model, capabilities: candidate.capabilities, price: candidate.price)))
    }
    let order = ["new", "price", "not listed", "listed"]
    func place(_ entry: Entry) -> Int { order.firstIndex(of: entry.standing.name) ?? order.count }
    entries = found.sorted { (place($0), $0.id) < (place($1), $1.id) }
  }

  private init(_ provider: Provider, _ entries: [Entry]) {
    self.provider = provider
    self.entries = entries
  }

  /// Those that a person wants to see.
  func filtered(_ isWanted: (Entry) -> Bool) -> DiscoveryReview {
    DiscoveryReview(provider, entries.filter(isWanted))
  }

  func count(_ standing: String) -> Int { entries.count { $0.standing.name == standing } }

  // MARK: Names and prices

  /// What a catalogue's name for a model is in the list: itself, or, of `owner/name:version` with a version's digest,
  /// what stands before it.
  private static func listedName(of model: String, among names: Set<String>) -> String? {
    if names.contains(model) { return model }
    guard let colon = model.lastIndex(of: ":") else { return nil }
    let version = model[model.index(after: colon)...]
    guard version.count >= 32, version.allSatisfy(\.isHexDigit) else { return nil }
    let name = String(model[..<colon])
    return names.contains(name) ? name : nil
  }

  /// `provider/name`, with what an id may hold: the last part of the vendor's name, the whole where that is taken.
  static func id(of model: String, provider: String, taken: inout Set<String>) -> String {
    let last = model.split(separator: "/").last.map(String.init) ?? model
    let names = [slug(last), slug(model)]
    for name in names where taken.insert("\(provider)/\(name)").inserted { return "\(provider)/\(name)" }
    var number = 2
    while true {
      let id = "\(provider)/\(String(names[1].prefix(56)))-\(number)"
      if taken.insert(id).inserted { return id }
      number += 1
    }
  }

  /// Small letters, digits, points and underscores with hyphens between; at most 64 of them, and at least one.
  private static func slug(_ text: String) -> String {
    var slug = ""
    for byte in text.lowercased().utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        slug.unicodeScalars.append(Unicode.Scalar(byte))
      default: if !slug.isEmpty, slug.last != "-" { slug += "-" }
      }
    }
    slug = String(slug.prefix(64))
    while slug.last == "-" { slug.removeLast() }
    return slug.isEmpty ? "model" : slug
  }

  /// Whether two prices are the same to a millionth of each part.
  private static func agrees(_ one: Price?, _ other: Price) -> Bool {
    guard let one else { return false }
    return PricePart.allCases.allSatisfy { part in
      (one[part] - other[part]).magnitude <= 1e-6 * max(one[part], other[part])
    }
  }
}
