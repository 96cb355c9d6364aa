import Hummingbird
import Routing
import Serving
import Wire

/// Who sells: candidates, as the catalogue in force has them.
struct CandidateRoutes {
  let service: RoutingService

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/candidates", use: candidates)
  }

  private func candidates(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery("capability")
    let capability = try request.capability()
    let catalogue = service.snapshot.catalogue
    return .json(reserving: 16_384) { writer in
      writer.field("catalogue_version", catalogue.version)
      writer.array("candidates") { writer in
        for candidate in catalogue.value.candidates
        where capability.map({ candidate.capabilities.contains($0) }) ?? true {
          writer.object { $0.candidate(candidate) }
        }
      }
    }
  }
}

extension JSONWriter {
  mutating func candidate(_ candidate: Candidate) {
    field("candidate", candidate.id)
    field("provider", candidate.provider)
    field("model", candidate.model)
    array("capabilities", candidate.capabilities.map(\.name))
    field("enabled", candidate.isEnabled)
    field("only_by_name", candidate.isOnlyByName)
    field("bid", candidate.bid)
    field("priority", candidate.priority)
    field("weight", candidate.weight)
    object("lifecycle") {
      $0.field("stage", candidate.lifecycle.stage.rawValue)
      $0.field("ends", candidate.lifecycle.ends.map { String($0.description.prefix(10)) })
      $0.field("replacement", candidate.lifecycle.replacement)
    }
    if let price = candidate.price { object("price") { $0.price(price) } } else { null("price") }
    object("limits") { $0.limits(candidate.limits) }
    field("latency_p90_ms", candidate.latencyP90.map { Double($0.microseconds) / 1_000 })
    if let prior = candidate.prior {
      object("prior") {
        $0.field("quality", prior.quality)
        $0.field("mass", prior.mass)
      }
    } else {
      null("prior")
    }
  }

  private mutating func price(_ price: Price) {
    let parts = [
      ("per_request", price.perRequest), ("per_image", price.perImage), ("per_megapixel", price.perMegapixel),
      ("per_second", price.perSecond), ("per_minute", price.perMinute),
      ("per_million_input_tokens", price.perMillionInputTokens),
      ("per_million_output_tokens", price.perMillionOutputTokens),
      ("per_million_characters", price.perMillionCharacters),
    ]
    for (name, value) in parts where value != 0 { field(name, value) }
  }

  private mutating func limits(_ limits: Limits) {
    fieldIfPresent("max_width", limits.maximumWidth)
    fieldIfPresent("max_height", limits.maximumHeight)
    fieldIfPresent("min_duration_s", limits.minimumDuration)
    fieldIfPresent("max_duration_s", limits.maximumDuration)
    fieldIfPresent("max_input_tokens", limits.maximumInputTokens)
    fieldIfPresent("max_output_tokens", limits.maximumOutputTokens)
    fieldIfPresent("max_characters", limits.maximumCharacters)
    fieldIfPresent("max_images", limits.maximumImages)
  }
}
