import Foundation
import Routing
import Serving
import Wire

/// The latest list of each vendor, in a folder: a vendor is not asked each time that somebody looks.
struct DiscoveryCache {
  /// A list, and when it was had.
  struct Listing: Equatable {
    var fetched: Instant
    var models: [DiscoveredModel]
  }

  let folder: String
  /// For how long a list is good.
  static let lifetime = Span.hours(6)
  private static let version: Int64 = 1

  /// The list of a provider; nil when there is none that is young enough, or it is of other addresses.
  func load(_ provider: Provider, at now: Instant) -> Listing? {
    guard let bytes = FileManager.default.contents(atPath: path(provider)),
      let json = try? JSONValue.parse(Array(bytes)), json["version"]?.integerValue == Self.version,
      json["asked"]?.stringValue == Self.asked(provider),
      let fetched = json["fetched_at"]?.stringValue.flatMap({ Instant($0) }),
      fetched <= now, now - fetched < Self.lifetime, let models = json["models"]?.arrayValue
    else { return nil }
    return Listing(fetched: fetched, models: models.compactMap(Self.model))
  }

  /// - Throws: what the file system says.
  func store(_ listing: Listing, of provider: Provider) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let json: JSONValue = [
      "version": .integer(Self.version), "asked": .string(Self.asked(provider)),
      "fetched_at": .string(listing.fetched.description), "models": .array(listing.models.map(Self.json)),
    ]
    try Data(json.serialized()).write(to: URL(fileURLWithPath: path(provider)), options: .atomic)
  }

  private func path(_ provider: Provider) -> String { "\(folder)/\(provider.id).json" }

  /// Who was asked: another adapter or address is another list.
  private static func asked(_ provider: Provider) -> String {
    let access = provider.access
    return ([access?.adapter ?? provider.id] + (access?.bases ?? []).map { "\($0.name)=\($0.url)" })
      .joined(separator: " ")
  }

  // MARK: Models

  private static func json(_ model: DiscoveredModel) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("model", .string(model.model)),
      .init("capabilities", .array(model.capabilities.map { .string($0.name) })),
      .init("gaps", .array(model.gaps.map(gap))),
    ]
    if let title = model.title { members.append(.init("title", .string(title))) }
    if let tokens = model.maximumInputTokens {
      members.append(.init("max_input_tokens", .integer(Int64(tokens))))
    }
    if let price = model.price {
      let parts = PricePart.allCases.filter { price[$0] != 0 }
      members.append(.init("price", .object(parts.map { .init($0.rawValue, .number(price[$0])) })))
    }
    return .object(members)
  }

  private static func gap(_ gap: DiscoveredModel.Gap) -> JSONValue {
    switch gap {
    case .capabilities(let seen): ["seen": .array(seen.map { .string($0) })]
    case .price(let reason): ["price": .string(reason)]
    }
  }

  private static func model(_ json: JSONValue) -> DiscoveredModel? {
    guard let name = json["model"]?.stringValue else { return nil }
    var price: Price?
    if let parts = json["price"]?.members {
      var read = Price()
      for part in parts {
        if let known = PricePart(rawValue: part.name) { read[known] = part.value.doubleValue ?? 0 }
      }
      price = read
    }
    return DiscoveredModel(
      model: name, title: json["title"]?.stringValue,
      capabilities: (json["capabilities"]?.arrayValue ?? []).compactMap {
        $0.stringValue.flatMap { Capability(name: $0) }
      }, price: price, maximumInputTokens: json["max_input_tokens"]?.integerValue.map { Int($0) },
      gaps: (json["gaps"]?.arrayValue ?? []).compactMap { gap in
        if let reason = gap["price"]?.stringValue { return .price(reason) }
        return gap["seen"]?.arrayValue.map { .capabilities(seen: $0.compactMap(\.stringValue)) }
      })
  }
}
