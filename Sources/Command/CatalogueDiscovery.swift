import Adapters
import ArgumentParser
import Declarations
import Foundation
import Jobs
import Routing
import Serving
import Transport
import Wire

extension CatalogueCommand {
  /// `pointsman catalogue discover`: what a vendor sells beside what the catalogue knows.
  struct Discover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ask a vendor for its models, and show what the catalogue does not have, or has otherwise.",
      discussion: """
        What a model makes and costs is what the vendor's own list says; what it does not say is said to be unknown, and \
        not guessed. --yaml prints entries for the catalogue, every one disabled, for a person to look over.
        """)

    @Argument(help: "The provider, as the catalogue calls it.")
    var provider: String

    @Option(help: ArgumentHelp("The catalogue.", valueName: "file"))
    var catalogue = "data/catalogue.yaml"

    @Option(help: ArgumentHelp("The vendors' declarations.", valueName: "folder"))
    var vendors = ServeSettings.standardVendors

    @Option(help: ArgumentHelp("Where lists are kept for six hours.", valueName: "folder"))
    var cache = "var/discovery"

    @Flag(help: "Ask the vendor, however young the list that is kept.")
    var refresh = false

    @Option(help: "Only models that can make this.")
    var capability: Capability?

    @Option(help: ArgumentHelp("Only models with this in their name.", valueName: "text"))
    var match: String?

    @Flag(help: "Only models that cost nothing.")
    var free = false

    @Flag(help: "Also those that stand in the catalogue as they are.")
    var all = false

    @Flag(help: "Print the new ones as entries for a catalogue.")
    var yaml = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
      if yaml, output.json { throw ValidationError("give --yaml or --json, not both") }
    }

    func run() async throws {
      let stock = try CatalogueFile.load(path: catalogue)
      let desk = try DiscoveryDesk(
        provider, in: stock, catalogueName: catalogue,
        declarations: try AdapterShelf.declarations(inFolder: vendors), folder: vendors,
        variable: Executors.variable)
      let now = SystemClock().now
      let kept = DiscoveryCache(folder: cache)
      var listing = refresh ? nil : kept.load(desk.provider, at: now)
      let isKept = listing != nil
      if listing == nil {
        let fresh = DiscoveryCache.Listing(fetched: now, models: try await desk.models())
        do {
          try kept.store(fresh, of: desk.provider)
        } catch {
          Terminal.complain("the list is not kept in \(cache): \(error.localizedDescription)")
        }
        listing = fresh
      }
      guard let listing else { return }
      let review = desk.review(listing.models, in: stock).filtered(isWanted)
      if yaml {
        Terminal.write(Array(try DiscoveryYAML.text(review, fetched: listing.fetched).utf8))
      } else {
        output.show(DiscoveryAnswer.json(review, listing, isKept: isKept)) {
          DiscoveryAnswer.text(review, listing, isKept: isKept, showsAll: all)
        }
      }
    }

    private func isWanted(_ entry: DiscoveryReview.Entry) -> Bool {
      let name = match?.lowercased()
      return (capability.map { entry.model.capabilities.contains($0) } ?? true)
        && (name.map { entry.model.model.lowercased().contains($0) || entry.id.contains($0) } ?? true)
        && (!free || entry.model.isFree)
    }
  }
}

/// Where a vendor is asked for its models.
struct DiscoveryDesk {
  let provider: Provider
  private let adapter: any Adapter

  /// - Parameters:
  ///   - catalogueName: how errors name the catalogue.
  ///   - folder: how errors name the place of the declarations.
  ///   - variable: the environment variable of a name.
  /// - Throws: what keeps the vendor from being asked, and what to do about it.
  init(
    _ id: String, in catalogue: Routing.Catalogue, catalogueName: String, declarations: [VendorDeclaration],
    folder: String, variable: @escaping @Sendable (String) -> String?
  ) throws {
    guard let provider = catalogue.provider(id) else {
      let ids = catalogue.providers.map(\.id)
      let near = NearestName.suggestion(for: id, among: ids).map { "; did you mean '\($0)'?" }
      throw CommandFailure(
        "\(catalogueName) has no provider '\(id)'"
          + (near ?? "; it has \(ids.joined(separator: ", ")), and another needs its entry there first"))
    }
    self.provider = provider
    let name = provider.access?.adapter ?? provider.id
    let declaration = declarations.first { $0.vendor == name }
    guard declaration?.listsModels ?? (name == "sandbox") else {
      throw CommandFailure(
        declaration == nil
          ? "provider '\(id)' has no adapter: \(folder) declares no vendor '\(name)'"
          : "'\(name)' has no list of models to ask for: \(folder)/\(name).yaml has no 'discovery'")
    }
    let context = AdapterContext(
      transport: try HTTPTransport(), store: NoStore(), clock: SystemClock(), variable: variable,
      receivesWebhooks: false)
    let shelf = AdapterShelf(catalogue, declarations: declarations, context)
    guard let adapter = shelf[id] else {
      throw CommandFailure(
        shelf.gaps.first { $0.provider == id }?.reason ?? "provider '\(id)' has no adapter")
    }
    if case .missingCredential(_, let variable)? = adapter.obstacle(for: nil) {
      throw CommandFailure(
        "\(id) cannot be asked: the environment variable \(variable) is not set; set it and ask again")
    }
    self.adapter = adapter
  }

  /// The vendor's answer.
  func models() async throws(CommandFailure) -> [DiscoveredModel] {
    do throws(VendorFailure) {
      return try await adapter.discover()
    } catch {
      let advice: String =
        switch error.failureClass {
        case .authCredit: "; look after its credential"
        case .rateConcurrency, .transient: "; ask again later"
        default: "; where its interface has changed, 'discovery' in its declaration must change too"
        }
      throw CommandFailure(
        TextTable.shown("\(provider.id) gave no list of models: \(error.message)", limit: 600) + advice)
    }
  }

  func review(_ models: [DiscoveredModel], in catalogue: Routing.Catalogue) -> DiscoveryReview {
    DiscoveryReview(models, of: provider, in: catalogue) { capability, model in
      adapter.contract(for: capability, model: model) != nil
    }
  }

  /// Lists bring no artefacts.
  private struct NoStore: ArtefactStore {
    struct NotHere: Error {}
    func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact { throw NotHere() }
  }
}

/// A review as JSON and as a table.
enum DiscoveryAnswer {
  static func json(
    _ review: DiscoveryReview, _ listing: DiscoveryCache.Listing, isKept: Bool
  ) -> JSONValue {
    [
      "provider": .string(review.provider.id), "fetched_at": .string(listing.fetched.description),
      "cached": .bool(isKept), "models": .array(review.entries.map(json)),
    ]
  }

  private static func json(_ entry: DiscoveryReview.Entry) -> JSONValue {
    var before: Price?
    var price = entry.model.price
    if case .priced(let old, let now) = entry.standing { (before, price) = (old, now) }
    return [
      "candidate": .string(entry.id), "model": .string(entry.model.model),
      "standing": .string(entry.standing.name.split(separator: " ").joined(separator: "_")),
      "title": entry.model.title.map { .string($0) } ?? .null,
      "capabilities": .array(entry.model.capabilities.map { .string($0.name) }),
      "not_declared": .array(entry.unserved.map { .string($0.name) }),
      "price": parts(price), "catalogue_price": parts(before), "free": .bool(entry.model.isFree),
      "max_input_tokens": entry.model.maximumInputTokens.map { .integer(Int64($0)) } ?? .null,
      "unknown": .array(entry.model.gaps.map { .string($0.description) }),
    ]
  }

  private static func parts(_ price: Price?) -> JSONValue {
    guard let price else { return .null }
    return .object(
      PricePart.allCases.filter { price[$0] != 0 }.map { .init($0.rawValue, .number(price[$0])) })
  }

  static func text(
    _ review: DiscoveryReview, _ listing: DiscoveryCache.Listing, isKept: Bool, showsAll: Bool
  ) -> String {
    var table = TextTable(
      .text("standing"), .text("candidate"), .text("model"), .text("capabilities"),
      .text("price USD", limit: 70), .text("not known", limit: 70))
    for entry in review.entries where showsAll || entry.standing != .listed {
      let capabilities = entry.model.capabilities.map(\.name).joined(separator: ", ")
      table.add(
        entry.standing.name, entry.id, entry.model.model, capabilities.isEmpty ? "?" : capabilities,
        price(entry), entry.standing == .notListed ? "" : entry.remarks.joined(separator: "; "))
    }
    let head = "\(review.provider.id), \(isKept ? "as listed at" : "listed now,") \(listing.fetched)"
    let counts =
      "\(review.count("new")) new, \(review.count("price")) at another price, "
      + "\(review.count("not listed")) not listed any more, \(review.count("listed")) as the catalogue has them"
    let kept = isKept ? "; --refresh asks the vendor again" : ""
    return [TextTable.shown(head) + kept, counts, table.rows.isEmpty ? nil : "\n" + table.text]
      .compactMap { $0 }.joined(separator: "\n")
  }

  private static func price(_ entry: DiscoveryReview.Entry) -> String {
    switch entry.standing {
    case .priced(let before?, let now): changes(before, now)
    case .priced(nil, let now): "? → \(words(now))"
    default: words(entry.model.price)
    }
  }

  /// The parts that differ.
  private static func changes(_ before: Price, _ now: Price) -> String {
    PricePart.allCases.filter { before[$0] != now[$0] }.map { part in
      "\(Figure.dollars(before[part])) → \(Figure.dollars(now[part])) \(unit(part))"
    }.joined(separator: ", ")
  }

  private static func words(_ price: Price?) -> String {
    guard let price else { return "?" }
    let parts = PricePart.allCases.filter { price[$0] != 0 }.map { part in
      "\(Figure.dollars(price[part])) \(unit(part))"
    }
    return parts.isEmpty ? "free" : parts.joined(separator: ", ")
  }

  private static func unit(_ part: PricePart) -> String {
    part.rawValue.split(separator: "_").joined(separator: " ")
  }
}
