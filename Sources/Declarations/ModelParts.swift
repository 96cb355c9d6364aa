import Routing
import Wire

/// The nested mappings of a model in a catalogue file.
enum ModelParts {
  /// No entry of a catalogue is larger; guards against a slip of units.
  private static let countRange: ClosedRange<Int64> = 1...1_000_000_000

  static func limits(_ fields: YAMLFields) -> Limits {
    var limits = Limits()
    limits.maximumWidth = fields.optionalInteger("max_width", in: countRange)
    limits.maximumHeight = fields.optionalInteger("max_height", in: countRange)
    limits.minimumDuration = fields.optionalDouble("min_duration_s", in: 0...)
    limits.maximumDuration = fields.optionalDouble("max_duration_s", in: 0...)
    limits.maximumInputTokens = fields.optionalInteger("max_input_tokens", in: countRange)
    limits.maximumOutputTokens = fields.optionalInteger("max_output_tokens", in: countRange)
    limits.maximumCharacters = fields.optionalInteger("max_characters", in: countRange)
    limits.maximumImages = fields.optionalInteger("max_images", in: countRange)
    if let least = limits.minimumDuration, let most = limits.maximumDuration, least > most {
      fields.fail("max_duration_s", "must not be below min_duration_s (\(least))")
    }
    return limits
  }

  static func price(_ fields: YAMLFields) -> Price {
    var price = Price()
    price.perRequest = fields.optionalDouble("per_request", in: 0...) ?? 0
    price.perImage = fields.optionalDouble("per_image", in: 0...) ?? 0
    price.perMegapixel = fields.optionalDouble("per_megapixel", in: 0...) ?? 0
    price.perSecond = fields.optionalDouble("per_second", in: 0...) ?? 0
    price.perMinute = fields.optionalDouble("per_minute", in: 0...) ?? 0
    price.perMillionInputTokens = fields.optionalDouble("per_million_input_tokens", in: 0...) ?? 0
    price.perMillionOutputTokens = fields.optionalDouble("per_million_output_tokens", in: 0...) ?? 0
    price.perMillionCharacters = fields.optionalDouble("per_million_characters", in: 0...) ?? 0
    if fields.names.isEmpty {
      fields.fail(atLine: fields.line, "price is empty; a free model says per_request: 0")
    }
    return price
  }

  static func lifecycle(_ fields: YAMLFields) -> Lifecycle {
    let stage = fields.choice("stage", Lifecycle.Stage.self)
    let ends = fields.optionalParsed("ends", as: "a date such as 2026-09-24") { Instant($0) }
    let replacement = fields.optionalString("replacement")
    if stage == .draining, !fields.has("ends") {
      fields.fail("stage", "is draining, which needs the day it 'ends'")
    }
    if stage == .active, fields.has("ends") {
      fields.fail("ends", "does not go with the stage active; use draining")
    }
    return Lifecycle(stage: stage ?? .active, ends: ends, replacement: replacement)
  }

  static func prior(_ fields: YAMLFields) -> Prior {
    Prior(
      quality: fields.double("quality", in: 0...1),
      mass: fields.double("mass", in: 0...50),
      regions: (fields.optionalNumbers("regions", in: 0...1) ?? []).map {
        Prior.RegionScore(region: $0.name, quality: $0.value)
      })
  }
}

extension CatalogueFile {
  /// `; did you mean 'x'?` when a declared name is near; otherwise, if asked, the list of them.
  static func hint(_ name: String, _ declared: [String], listing: Bool = false) -> String {
    if let near = NearestName.suggestion(for: name, among: declared) { return "; did you mean '\(near)'?" }
    return listing ? "; allowed: " + declared.joined(separator: ", ") : ""
  }
}
