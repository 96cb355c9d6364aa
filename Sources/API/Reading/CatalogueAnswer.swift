public import Routing
public import Wire

extension JSONWriter {
  /// The members of a catalogue as its file has them, so that what is read here can be changed and put back.
  mutating func catalogue(_ catalogue: Catalogue) {
    field("version", 1)
    objects("providers", catalogue.providers) { writer, provider in
      writer.field("id", provider.id)
      writer.field("name", provider.name)
      writer.field("kind", provider.kind.rawValue)
      if let access = provider.access { writer.access(access) }
    }
    objects("models", catalogue.candidates) { $0.model($1) }
    guard !catalogue.regions.isEmpty else { return }
    objects("regions", catalogue.regions) { writer, region in
      writer.field("id", region.id)
      writer.fieldIfPresent("capability", region.capability?.name)
      writer.array("examples", region.examples)
    }
  }

  private mutating func access(_ access: Access) {
    fieldIfPresent("adapter", access.adapter)
    if !access.bases.isEmpty {
      object("base_urls") { writer in
        for base in access.bases { writer.field(base.name, base.url) }
      }
    }
    fieldIfPresent("credential", access.credential)
    fieldIfPresent("concurrency", access.concurrency)
    if !access.rates.isEmpty {
      objects("rates", access.rates) { writer, rate in
        writer.field("count", rate.count)
        writer.field("per", rate.period.description)
      }
    }
    field("payment", access.payment.rawValue)
    fieldIfPresent("webhook", access.webhook?.rawValue)
    if !access.webhookSecrets.isEmpty { array("webhook_secrets", access.webhookSecrets) }
    fieldIfPresent("poll_floor", access.pollFloor?.description)
    if !access.hosts.isEmpty { array("hosts", access.hosts) }
  }

  private mutating func model(_ candidate: Candidate) {
    field("id", candidate.id)
    field("model", candidate.model)
    array("capabilities", candidate.capabilities.map(\.name))
    let limits = candidate.limits.named
    if !limits.isEmpty { object("limits") { $0.amounts(limits) } }
    if let price = candidate.price { object("price") { $0.amounts(price.named) } }
    object("lifecycle") { writer in
      writer.field("stage", candidate.lifecycle.stage.rawValue)
      writer.fieldIfPresent("ends", candidate.lifecycle.ends.map { String($0.description.prefix(10)) })
      writer.fieldIfPresent("replacement", candidate.lifecycle.replacement)
    }
    if let prior = candidate.prior {
      object("prior") { writer in
        writer.field("quality", prior.quality)
        writer.field("mass", prior.mass)
        if !prior.regions.isEmpty {
          writer.object("regions") { writer in
            for score in prior.regions { writer.field(score.region, score.quality) }
          }
        }
      }
    }
    field("bid", candidate.bid)
    field("priority", candidate.priority)
    field("weight", candidate.weight)
    fieldIfPresent("latency_p90", candidate.latencyP90?.description)
    field("enabled", candidate.isEnabled)
    if candidate.isOnlyByName { field("only_by_name", true) }
  }

  /// Whole numbers without a fraction: the file's counts are integers.
  private mutating func amounts(_ amounts: [(name: String, value: Double)]) {
    for (name, value) in amounts {
      if let whole = Int64(exactly: value) { field(name, whole) } else { field(name, value) }
    }
  }

  /// One candidate's changes from one version of the catalogue to the next.
  mutating func change(_ change: CandidateChange) {
    field("candidate", change.candidate)
    field("kind", change.kind.rawValue)
    objects("fields", change.fields) { writer, field in
      writer.field("name", field.name)
      writer.field("before", field.before)
      writer.field("after", field.after)
    }
  }
}

extension CatalogueField.Value: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    switch self {
    case .number(let number): writer.number(number)
    case .text(let text): writer.string(text)
    case .flag(let flag): writer.bool(flag)
    case .list(let list): list.write(to: &writer)
    }
  }
}
