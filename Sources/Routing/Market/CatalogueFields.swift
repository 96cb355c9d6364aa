/// One thing that a catalogue says of a candidate, under the name that it has in the file: `price.per_second`.
public struct CatalogueField: Hashable, Sendable {
  public var name: String
  public var value: Value

  public enum Value: Hashable, Sendable {
    case number(Double)
    case text(String)
    case flag(Bool)
    case list([String])
  }

  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

extension Candidate {
  /// All that is said of it, in the order of the file; what is not said is absent. Names of nested mappings are joined
  /// by dots.
  public var fields: [CatalogueField] {
    var fields: [CatalogueField] = []
    func add(_ name: String, _ value: CatalogueField.Value?) {
      if let value { fields.append(CatalogueField(name, value)) }
    }
    add("model", .text(model))
    add("capabilities", .list(capabilities.map(\.name)))
    for (name, value) in limits.named { add("limits.\(name)", .number(value)) }
    for (name, value) in price?.named ?? [] { add("price.\(name)", .number(value)) }
    add("lifecycle.stage", .text(lifecycle.stage.rawValue))
    add("lifecycle.ends", lifecycle.ends.map { .text(String($0.description.prefix(10))) })
    add("lifecycle.replacement", lifecycle.replacement.map { .text($0) })
    if let prior {
      add("prior.quality", .number(prior.quality))
      add("prior.mass", .number(prior.mass))
      for score in prior.regions { add("prior.regions.\(score.region)", .number(score.quality)) }
    }
    add("bid", .number(bid))
    add("priority", .number(Double(priority)))
    add("weight", .number(weight))
    add("latency_p90", latencyP90.map { .text($0.description) })
    add("enabled", .flag(isEnabled))
    if isOnlyByName { add("only_by_name", .flag(true)) }
    return fields
  }
}

extension Limits {
  /// Those that are known, by their names in the file.
  public var named: [(name: String, value: Double)] {
    let all: [(String, Double?)] = [
      ("max_width", maximumWidth.map(Double.init)), ("max_height", maximumHeight.map(Double.init)),
      ("min_duration_s", minimumDuration), ("max_duration_s", maximumDuration),
      ("max_input_tokens", maximumInputTokens.map(Double.init)),
      ("max_output_tokens", maximumOutputTokens.map(Double.init)),
      ("max_characters", maximumCharacters.map(Double.init)), ("max_images", maximumImages.map(Double.init)),
    ]
    return all.compactMap { name, value in value.map { (name, $0) } }
  }
}

extension Price {
  /// The parts that are charged, by their names in the file; of a free candidate `per_request` alone, which is 0.
  public var named: [(name: String, value: Double)] {
    let all: [(String, Double)] = [
      ("per_request", perRequest), ("per_image", perImage), ("per_megapixel", perMegapixel),
      ("per_second", perSecond), ("per_minute", perMinute),
      ("per_million_input_tokens", perMillionInputTokens),
      ("per_million_output_tokens", perMillionOutputTokens),
      ("per_million_characters", perMillionCharacters),
    ]
    let charged = all.filter { $0.1 != 0 }
    return charged.isEmpty ? [("per_request", 0)] : charged
  }
}
