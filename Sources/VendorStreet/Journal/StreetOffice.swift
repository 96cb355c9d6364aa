import Declarations
import HTTPTypes
import Wire

/// `/street/…`: what a test or a curious person asks the street itself.
struct StreetOffice: Sendable {
  let street: Street

  func answer(
    _ method: HTTPRequest.Method, _ path: [String], query: [(name: String, value: String)], body: [UInt8]
  ) -> Answer {
    let vendor = query.first { $0.name == "vendor" }?.value
    switch (method, path) {
    case (.get, ["journal"]): return journal(vendor)
    case (.delete, ["journal"]):
      street.desk.jobs.removeAll()
      street.desk.journal.removeAll()
      return .empty(204)
    case (.get, ["submissions"]): return submissions(query)
    case (.get, ["faults"]): return faults()
    case (.put, ["faults"]): return change(body)
    case (.delete, ["faults"]):
      street.replaceFaults([], seed: street.desk.settings.seed)
      return faults()
    case (.get, []), (.get, ["vendors"]):
      return .json(200, ["vendors": .array(Street.vendorNames.map { .string($0) })])
    default:
      return .json(
        404,
        [
          "error":
            "GET, DELETE /street/journal; GET /street/submissions; GET, PUT, DELETE /street/faults; GET /street/vendors"
        ])
    }
  }

  private func journal(_ vendor: String?) -> Answer {
    let desk = street.desk
    var writer = JSONWriter(reserving: 4_096)
    let (entries, omitted) = desk.journal.entries(of: vendor)
    let (webhooks, omittedWebhooks) = desk.journal.webhooks(of: vendor)
    writer.object { writer in
      street.report(vendor: vendor).write(to: &writer)
      writer.field("calls_omitted", omitted)
      writer.objects("calls", entries) { writer, call in
        writer.field("number", call.number)
        writer.field("at_ms", call.at / .milliseconds(1))
        writer.field("vendor", call.vendor)
        writer.field("method", call.method)
        writer.field("path", call.path)
        writer.fieldIfPresent("operation", call.operation?.rawValue)
        writer.fieldIfPresent("reference", call.reference)
        writer.fieldIfPresent("job", call.job)
        writer.fieldIfPresent("fault", call.fault?.rawValue)
        writer.field("status", call.status)
        writer.object("headers") { for header in call.headers { $0.field(header.name, header.value) } }
      }
      writer.field("webhooks_omitted", omittedWebhooks)
      writer.objects("webhooks", webhooks) { writer, webhook in
        writer.field("at_ms", webhook.at / .milliseconds(1))
        writer.field("vendor", webhook.vendor)
        writer.field("job", webhook.job)
        writer.field("event", webhook.event)
        writer.field("url", webhook.url)
        writer.field("attempt", webhook.attempt)
        writer.fieldIfPresent("status", webhook.status)
        writer.fieldIfPresent("error", webhook.error)
      }
    }
    return Answer(headers: [.contentType: "application/json"], body: .bytes(writer.bytes))
  }

  /// Every piece of work that a vendor took on, in the order of arrival, in pages: `?after=` how many were seen,
  /// `&limit=` how many at most (10,000). None is ever left out, unlike calls in the journal.
  private func submissions(_ query: [(name: String, value: String)]) -> Answer {
    func number(_ name: String, default usual: Int) -> Int? {
      guard let text = query.first(where: { $0.name == name })?.value else { return usual }
      return Int(text).flatMap { $0 >= 0 ? $0 : nil }
    }
    guard let after = number("after", default: 0), let limit = number("limit", default: 10_000) else {
      return .json(400, ["error": "after and limit are whole numbers from 0"])
    }
    let desk = street.desk
    let now = desk.clock.now
    let (jobs, total) = desk.jobs.page(after: after, limit: min(limit, 10_000))
    var writer = JSONWriter(reserving: 256 * jobs.count + 64)
    writer.object { writer in
      writer.field("total", total)
      writer.objects("submissions", jobs) { writer, job in
        writer.field("id", job.id)
        writer.field("vendor", job.vendor)
        writer.field("model", job.model)
        writer.fieldIfPresent("reference", job.reference)
        writer.fieldIfPresent("webhook", job.webhook)
        writer.field("taken_at_us", Int64((job.createdUnix * 1e6).rounded()))
        writer.field("stage", job.stage(at: now).name)
        writer.field("charged", job.isCharged(at: now))
        writer.fieldIfPresent("fault", job.fault?.rawValue)
      }
    }
    return Answer(headers: [.contentType: "application/json"], body: .bytes(writer.bytes))
  }

  private func faults() -> Answer {
    let rules = street.faultRules.map { rule -> JSONValue in
      var value: JSONValue = ["fault": .string(rule.kind?.rawValue ?? "any")]
      value = value.with("vendor", rule.vendor.map { .string($0) })
      value = value.with("on", .string(rule.operation?.rawValue ?? "any"))
      switch rule.frequency {
      case .probability(let probability): value = value.with("probability", .number(probability))
      case .every(let period): value = value.with("every", .integer(Int64(period)))
      case .calls(let calls): value = value.with("calls", .array(calls.map { .integer(Int64($0)) }))
      }
      let numbers = [
        ("delay_ms", rule.numbers.delayMilliseconds), ("retry_after_s", rule.numbers.retryAfterSeconds),
        ("status", rule.numbers.status), ("bytes", rule.numbers.bytes),
      ]
      for (name, number) in numbers { value = value.with(name, number.map { .integer(Int64($0)) }) }
      return value
    }
    return .json(200, ["faults": .array(rules)])
  }

  /// Takes the `faults` (and the `seed` of their chances) of a body in the form of the fault file, which may
  /// be JSON as well.
  private func change(_ body: [UInt8]) -> Answer {
    do {
      try street.changeFaults(to: String(decoding: body, as: UTF8.self))
      return faults()
    } catch {
      return .json(400, ["errors": .array(error.errors.map { .string($0.description) })])
    }
  }
}
