import Routing
public import Wire

extension Job {
  /// Reads the stored form, and holds what it reads against ``check()``.
  ///
  /// - Throws: what is wrong with the text, with its place; another version is named.
  public init(stored bytes: [UInt8]) throws(JobFault) {
    let value: JSONValue
    do { value = try JSONValue.parse(bytes) } catch { throw JobFault("a stored job is no JSON: \(error)") }
    try self.init(stored: value)
  }

  /// The same from a value that has been parsed.
  public init(stored value: JSONValue) throws(JobFault) {
    guard let version = value["v"]?.integerValue else { throw JobFault("a stored job has no version `v`") }
    guard version == Job.storedVersion else {
      throw JobFault("a stored job of version \(version); this program reads version \(Job.storedVersion)")
    }
    var reader: FieldReader
    do { reader = try FieldReader(value) } catch { throw JobFault("a stored job: \(error)") }
    try self.init(&reader)
  }

  private init(_ reader: inout FieldReader) throws(JobFault) {
    _ = reader.integer("v")
    let id = reader.parsed("id", as: "an identifier") { Identifier($0) }
    let revision = reader.count("revision")
    let state = reader.choice("state", JobState.self)
    let decision = reader.parsed("decision", as: "an identifier") { Identifier($0) }
    let capability = reader.parsed("capability", as: "a capability") { Capability(name: $0) }
    let input = reader.object("input") {
      JobInput(reference: $0.string("reference"), byteCount: $0.count("bytes"))
    }
    let created = reader.instant("created")
    let deadline = reader.instant("deadline")
    let priority = reader.choice("priority", JobPriority.self)
    let tenant = reader.optionalString("tenant")
    let callback = reader.optionalString("callback")
    let fallsBack = reader.optionalBool("fallback_on_moderation") ?? false
    let mostAttempts = reader.optionalCount("maximum_attempts")
    let copies = reader.optionalBool("copies") ?? false
    let ticket = reader.optionalObject("cache") { CacheTicket(&$0) }
    let origin = reader.optionalObject("cached") { CacheOrigin(&$0) } ?? nil
    let key = reader.optionalParsed("key", as: "an identifier") { Identifier($0) }
    let isBilled = reader.optionalBool("billed") ?? false
    let plan = reader.objects("plan") { PlannedCandidate(&$0) }
    let attempts = reader.objects("attempts") { Attempt(&$0) }
    let turn = reader.optionalObject("turn") {
      Turn(candidate: $0.count("candidate"), notBefore: $0.instant("not_before"))
    }
    let blocks = reader.optionalObjects("blocks") { Block(&$0) } ?? []
    let result = reader.optionalObject("result") { JobResult(&$0) }
    let winner = reader.optionalCount("winner")
    let failure = reader.optionalObject("failure") { VendorFailure(&$0) }
    let cancelAsked = reader.optionalInstant("cancel_asked")
    let wake = reader.optionalInstant("wake")
    let ended = reader.optionalInstant("ended")
    let cost = reader.integer("cost")
    do { try reader.finish() } catch { throw JobFault("a stored job: \(error)") }
    guard let id, let state, let decision, let capability, let input, let priority else {
      throw JobFault("a stored job lacks a part")
    }
    try self.init(
      id: id, decision: decision, capability: capability, input: input, plan: plan, created: created,
      budget: deadline - created, priority: priority, tenant: tenant, callbackURL: callback,
      fallbackOnModeration: fallsBack, maximumAttempts: mostAttempts, copiesArtefacts: copies,
      cacheTicket: ticket, apiKey: key, isBilled: isBilled)
    cacheOrigin = origin
    self.state = state
    self.attempts = attempts
    self.turn = turn
    self.blocks = blocks
    self.result = result
    self.winner = winner
    self.failure = failure
    self.cancelAsked = cancelAsked
    self.wake = wake
    self.ended = ended
    self.revision = revision
    try check()
    guard self.cost.micros == cost else {
      throw JobFault(
        "job \(id): its cost is stored as \(cost), and its attempts add up to \(self.cost.micros)")
    }
  }
}

extension PlannedCandidate {
  fileprivate init(_ reader: inout FieldReader) {
    self.init(
      candidate: reader.string("candidate"), provider: reader.string("provider"),
      estimatedCost: reader.optionalMoney("estimate"),
      contract: reader.object("contract") { VendorContract(&$0) } ?? VendorContract(),
      payment: reader.optionalChoice("payment", PaymentModel.self) ?? .onDemand)
  }
}

extension VendorContract {
  fileprivate init(_ reader: inout FieldReader) {
    self.init(
      submitLimit: reader.span("submit_limit"), attemptLimit: reader.optionalSpan("attempt_limit"),
      poll: reader.optionalObject("poll") {
        PollSchedule(
          floor: $0.span("floor"), ceiling: $0.span("ceiling"), growth: $0.double("growth"),
          jitter: $0.double("jitter"))
      }, honoursToken: reader.optionalBool("token") ?? false, lists: reader.optionalBool("lists") ?? false,
      webhookWindow: reader.optionalSpan("webhook_window"), cancels: reader.optionalBool("cancels") ?? false)
  }
}

extension Attempt {
  fileprivate init(_ reader: inout FieldReader) {
    self.init(candidate: reader.count("candidate"), started: Instant(microseconds: 0), estimatedCost: nil)
    state = reader.choice("state", AttemptState.self) ?? .submitting
    started = reader.instant("started")
    accepted = reader.optionalInstant("accepted")
    ended = reader.optionalInstant("ended")
    vendor = reader.optionalObject("vendor") {
      VendorJob(
        id: $0.string("id"), statusURL: $0.optionalString("status_url"),
        resultURL: $0.optionalString("result_url"), cancelURL: $0.optionalString("cancel_url"))
    }
    progress = reader.optionalDouble("progress", in: 0...1)
    failure = reader.optionalObject("failure") { VendorFailure(&$0) }
    estimatedCost = reader.optionalMoney("estimate")
    statedCost = reader.optionalMoney("stated")
    possibleDoubleSpend = reader.optionalBool("possible_double_spend") ?? false
    isReported = reader.optionalBool("reported") ?? false
    cancelAsked = reader.optionalInstant("cancel_asked")
    unknownSince = reader.optionalInstant("unknown_since")
    polls = reader.optionalCount("polls") ?? 0
    polled = reader.optionalInstant("polled")
    missing = reader.optionalCount("missing") ?? 0
    reconciliations = reader.optionalCount("reconciliations") ?? 0
    copies = reader.optionalCount("copies") ?? 0
  }
}

extension Block {
  fileprivate init(_ reader: inout FieldReader) {
    self.init(
      candidate: reader.count("candidate"), reason: reader.choice("reason") ?? .circuitOpen,
      until: reader.optionalInstant("until"), at: reader.instant("at"))
  }
}

extension VendorFailure {
  fileprivate init(_ reader: inout FieldReader) {
    self.init(
      reader.choice("class") ?? .unknown, cause: reader.choice("cause") ?? .found,
      httpStatus: reader.optionalCount("status"), vendorCode: reader.optionalString("code"),
      message: reader.string("message"), retryAfter: reader.optionalSpan("retry_after"),
      scope: reader.optionalChoice("scope"))
  }
}

extension JobResult {
  init(_ reader: inout FieldReader) {
    let artefacts = reader.optionalObjects("artefacts") {
      Artefact(
        url: $0.string("url"), contentType: $0.optionalString("content_type"),
        byteCount: $0.optionalCount("bytes"), expires: $0.optionalInstant("expires"),
        isCopied: $0.optionalBool("copied") ?? false)
    }
    self.init(artefacts: artefacts ?? [], text: reader.optionalString("text"))
  }
}

extension FieldReader {
  /// Wide enough for any job, and narrow enough to be added up.
  private static let times = 0...(Int64(1) << 60)

  fileprivate mutating func count(_ name: String) -> Int { Int(integer(name, in: Int64(0)...)) }
  fileprivate mutating func optionalCount(_ name: String) -> Int? {
    optionalInteger(name, in: Int64(0)...).map { Int($0) }
  }
  mutating func instant(_ name: String) -> Instant {
    Instant(microseconds: integer(name, in: FieldReader.times))
  }
  fileprivate mutating func optionalInstant(_ name: String) -> Instant? {
    optionalInteger(name, in: FieldReader.times).map { Instant(microseconds: $0) }
  }
  mutating func span(_ name: String) -> Span {
    Span(microseconds: integer(name, in: FieldReader.times))
  }
  fileprivate mutating func optionalSpan(_ name: String) -> Span? {
    optionalInteger(name, in: FieldReader.times).map { Span(microseconds: $0) }
  }
  fileprivate mutating func optionalMoney(_ name: String) -> Money? {
    optionalInteger(name, in: 0...Attempt.mostCost.micros).map { Money(micros: $0) }
  }
}
