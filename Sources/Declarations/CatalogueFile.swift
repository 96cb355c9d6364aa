public import Routing

/// The catalogue as a person writes it: `providers`, `models` and `regions`, see `data/catalogue.yaml`.
///
/// A model's id is `provider/name`, which is how it names its provider; `model` is what the provider calls it,
/// the name when it is not given. Dates are days in UTC, prices dollars.
public enum CatalogueFile {
  /// Reads and checks a file.
  ///
  /// - Throws: ``DeclarationErrors`` with every fault found.
  public static func load(path: String) throws(DeclarationErrors) -> Catalogue {
    try parse(try YAMLDocument.text(ofFile: path), file: path)
  }

  /// Reads and checks a text.
  ///
  /// - Parameter file: how the errors name it.
  /// - Throws: ``DeclarationErrors`` with every fault found.
  public static func parse(_ text: String, file: String) throws(DeclarationErrors) -> Catalogue {
    let root = try YAMLFields(text, file: file, kind: "catalogue")
    _ = root.integer("version", in: 1...1)
    let providers = root.objects("providers", kind: "provider").map(provider)
    let models = root.objects("models", kind: "model").map { (fields: $0, candidate: candidate($0)) }
    let regions = (root.optionalObjects("regions", kind: "region") ?? []).map(region)

    checkUnique(providers.map { ($0.value.id, $0.fields) }, "provider")
    checkUnique(models.map { ($0.candidate.id, $0.fields) }, "model")
    checkUnique(regions.map { ($0.value.id, $0.fields) }, "region")
    checkReferences(models, providers: providers.map(\.value.id), regions: regions.map(\.value.id))
    checkCounts(models, root)
    try root.finish()

    do {
      return try Catalogue(
        providers: providers.map(\.value), candidates: models.map(\.candidate), regions: regions.map(\.value))
    } catch {
      throw DeclarationErrors([DeclarationError(file: file, line: 0, message: error.description)])
    }
  }

  // MARK: Parts

  private static func provider(_ fields: YAMLFields) -> (value: Provider, fields: YAMLFields) {
    let id = identifier(fields)
    let kind = fields.optionalChoice("kind", Provider.Kind.self) ?? .remote
    let provider = Provider(
      id: id, name: fields.optionalString("name") ?? id, kind: kind,
      access: ProviderParts.access(fields, kind: kind))
    return (provider, fields)
  }

  private static func region(_ fields: YAMLFields) -> (value: NamedRegion, fields: YAMLFields) {
    let region = NamedRegion(
      id: identifier(fields),
      capability: fields.optionalChoice("capability", among: Capability.names)
        .flatMap { Capability(name: $0) },
      examples: fields.strings("examples", count: 1...64).map(\.text))
    return (region, fields)
  }

  /// An id of a provider or a region: no slash, because `provider/model` splits at one.
  private static func identifier(_ fields: YAMLFields) -> String {
    fields.parsed("id", as: "an id of a–z, 0–9, '.', '_' and '-'") { isWord($0) ? $0 : nil } ?? ""
  }

  private static func isWord(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2E
          || byte == 0x5F
      }
  }

  /// The two halves of a model's id, each a word.
  private static func halves(of id: String) -> (provider: String, name: String)? {
    let parts = id.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, isWord(parts[0]), isWord(parts[1]) else { return nil }
    return (String(parts[0]), String(parts[1]))
  }

  // MARK: Checks across entries

  private static func checkUnique(_ entries: [(id: String, fields: YAMLFields)], _ kind: String) {
    var lines: [String: Int] = [:]
    for (id, fields) in entries where !id.isEmpty {
      if let first = lines[id] {
        fields.fail(
          atLine: fields.line(of: "id"), "\(kind) '\(id)' is declared twice, first in line \(first)")
      } else {
        lines[id] = fields.line(of: "id")
      }
    }
  }

  private static func checkReferences(
    _ models: [(fields: YAMLFields, candidate: Candidate)], providers: [String], regions: [String]
  ) {
    let ids = models.map(\.candidate.id)
    for (fields, candidate) in models {
      if !candidate.id.isEmpty, !providers.contains(candidate.provider) {
        fields.fail(
          atLine: fields.line(of: "id"),
          "model '\(candidate.id)' belongs to provider '\(candidate.provider)', which is not declared"
            + CatalogueFile.hint(candidate.provider, providers))
      }
      if let replacement = candidate.lifecycle.replacement {
        let line = fields.line(of: "lifecycle", "replacement")
        if replacement == candidate.id {
          fields.fail(atLine: line, "model '\(candidate.id)' names itself as its replacement")
        } else if !ids.contains(replacement) {
          fields.fail(
            atLine: line,
            "the replacement '\(replacement)' of model '\(candidate.id)' is not declared"
              + CatalogueFile.hint(replacement, ids))
        }
      }
      for score in candidate.prior?.regions ?? [] where !regions.contains(score.region) {
        fields.fail(
          atLine: fields.line(of: "prior", "regions", score.region),
          "the prior of model '\(candidate.id)' scores region '\(score.region)', which is not declared"
            + CatalogueFile.hint(score.region, regions))
      }
    }
  }

  private static func checkCounts(
    _ models: [(fields: YAMLFields, candidate: Candidate)], _ root: YAMLFields
  ) {
    for capability in Capability.allCases {
      let serving = models.filter { $0.candidate.capabilities.contains(capability) }
      if serving.count > Catalogue.maximumCandidates {
        root.fail(
          atLine: serving[Catalogue.maximumCandidates].fields.line,
          "\(serving.count) models serve \(capability); at most \(Catalogue.maximumCandidates) can")
      }
    }
  }

  private static func candidate(_ fields: YAMLFields) -> Candidate {
    let id =
      fields.parsed("id", as: "provider/name, each of a–z, 0–9, '.', '_' and '-'") { text in
        halves(of: text).map { _ in text }
      } ?? ""
    let (provider, name) = halves(of: id) ?? ("", "")
    return Candidate(
      id: id, provider: provider,
      model: fields.optionalString("model") ?? name,
      capabilities: capabilities(fields),
      limits: fields.optionalObject("limits").map(ModelParts.limits) ?? Limits(),
      price: fields.optionalObject("price").map(ModelParts.price),
      lifecycle: fields.optionalObject("lifecycle").map(ModelParts.lifecycle) ?? Lifecycle(),
      prior: fields.optionalObject("prior").map(ModelParts.prior),
      bid: fields.optionalDouble("bid", in: Double.leastNonzeroMagnitude...1e6) ?? 1,
      priority: fields.optionalInteger("priority", in: 0...1_000_000) ?? 100,
      weight: fields.optionalDouble("weight", in: 0...1e6) ?? 1,
      latencyP90: fields.optionalParsed("latency_p90", as: "a span such as 800ms, 45s or 3m") { Span($0) },
      isEnabled: fields.optionalBool("enabled") ?? true,
      isOnlyByName: fields.optionalBool("only_by_name") ?? false)
  }

  /// Unique, in the order of the enumeration.
  private static func capabilities(_ fields: YAMLFields) -> [Capability] {
    var found: [Capability] = []
    for (text, line) in fields.strings("capabilities", count: 1...Capability.allCases.count) {
      guard let capability = Capability(name: text) else {
        fields.fail(
          atLine: line, "unknown capability '\(text)' in model" + hint(text, Capability.names, listing: true))
        continue
      }
      if found.contains(capability) {
        fields.fail(atLine: line, "capability '\(text)' stands twice in model")
      } else {
        found.append(capability)
      }
    }
    return found.sorted()
  }
}
