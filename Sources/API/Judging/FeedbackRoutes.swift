import HTTPTypes
import Hummingbird
import Routing
import Serving
import Wire

/// `POST /v1/feedback` and `DELETE /v1/feedback/{id}`. Answers leave when what they acknowledge is on disk.
struct FeedbackRoutes {
  let service: RoutingService
  let limits: RequestLimits

  func add(to router: some RouterMethods<RouterContext>) {
    router.post("v1/feedback", use: submit)
    router.delete("v1/feedback/:id", use: revoke)
  }

  private func submit(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let body = try await request.bytes(limit: limits.largeBody)
    let now = service.clock.now
    let mint = { "auto:\(service.mintIdentifier())" }
    let (items, isSingle) = try isNDJSON(request) ? (lines(body), false) : document(body)
    guard items.count <= limits.feedback else { throw Problem.tooMany(items.count, limit: limits.feedback) }
    var read: [Result<Submission, FieldErrors>] = []
    read.reserveCapacity(items.count)
    for item in items {
      switch item {
      case .failure(let error):
        read.append(.failure(FieldErrors([FieldError(pointer: "", message: "is not JSON: \(error)")])))
      case .success(let value):
        do throws(FieldErrors) {
          read.append(.success(try FeedbackRequest.read(value, now: now, mint: mint)))
        } catch {
          read.append(.failure(error))
        }
      }
    }
    if isSingle, case .failure(let errors)? = read.first { throw errors }
    let foreign = try await Caller.current.foreign(in: read.compactMap { try? $0.get() }, service)
    if isSingle, let id = foreign.min() { throw Problem.unknownDecision(id) }
    if !foreign.isEmpty { read = read.map { FeedbackRoutes.refused($0, about: foreign) } }
    let receipts = try await service.judge(read.compactMap { try? $0.get() })
    return try FeedbackRoutes.answer(read, receipts, isSingle: isSingle)
  }

  private func revoke(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = context.pathParameter("id")
    let now = service.clock.now
    let submission = Submission(
      id: id, decision: Identifier(high: 0, low: 0), content: .revocation, at: now, received: now)
    guard try await Caller.current.foreign(in: [submission], service).isEmpty else {
      throw Problem.notFound("no feedback with id '\(id)'")
    }
    let receipt = try await service.judge([submission])[0]
    if case .rejected(let reason) = receipt { throw Problem.notFound(reason) }
    return .json {
      $0.field("id", id)
      $0.field("revoked", true)
    }
  }

  /// An item about another tenant's decision is refused as if there were none.
  private static func refused(
    _ item: Result<Submission, FieldErrors>, about foreign: Set<Identifier>
  ) -> Result<Submission, FieldErrors> {
    guard case .success(let submission) = item else { return item }
    let pointers = [
      ("/decision_id", submission.decision), ("/other_decision_id", submission.other ?? submission.decision),
    ]
    guard let (pointer, id) = pointers.first(where: { foreign.contains($0.1) }) else { return item }
    return .failure(FieldErrors([FieldError(pointer: pointer, message: "no decision has the id \(id)")]))
  }

  /// Counts by receipt; refused items with their index and reason.
  static func answer(
    _ read: [Result<Submission, FieldErrors>], _ receipts: [Receipt], isSingle: Bool
  ) throws -> Response {
    if isSingle, case .rejected(let reason)? = receipts.first {
      throw Problem(.conflict, "feedback-rejected", "The feedback cannot be taken", reason)
    }
    var next = receipts.makeIterator()
    var counts = (accepted: 0, duplicates: 0, parked: 0)
    var rejected: [(index: Int, error: String)] = []
    for (index, item) in read.enumerated() {
      switch item {
      case .failure(let errors):
        rejected.append((index, errors.errors.map { "\($0)" }.joined(separator: "; ")))
      case .success:
        switch next.next() {
        case .accepted?: counts.accepted += 1
        case .duplicate?: counts.duplicates += 1
        case .parked?: counts.parked += 1
        case .rejected(let reason)?: rejected.append((index, reason))
        case nil: break
        }
      }
    }
    return .json(.accepted) { writer in
      writer.field("accepted", counts.accepted)
      writer.field("duplicates", counts.duplicates)
      writer.field("parked", counts.parked)
      writer.objects("rejected", rejected) { writer, item in
        writer.field("index", item.index)
        writer.field("error", item.error)
      }
    }
  }

  private func isNDJSON(_ request: Request) -> Bool {
    request.headers[.contentType]?.lowercased().hasPrefix("application/x-ndjson") ?? false
  }

  /// One object, or `{"feedback": […]}`.
  private func document(_ body: [UInt8]) throws -> ([Result<JSONValue, JSONError>], isSingle: Bool) {
    let value = try JSONValue.parse(body)
    guard case .object(let members) = value, members.contains(where: { $0.name == "feedback" }) else {
      return ([.success(value)], true)
    }
    var reader = try FieldReader(value)
    let items = reader.array("feedback")
    try reader.finish()
    return (items.map { .success($0) }, false)
  }

  private func lines(_ body: [UInt8]) -> [Result<JSONValue, JSONError>] {
    body.split(whereSeparator: { $0 == UInt8(ascii: "\n") }).compactMap { line in
      let trimmed = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard !trimmed.isEmpty else { return nil }
      do throws(JSONError) { return .success(try JSONValue.parse(Array(trimmed))) } catch {
        return .failure(error)
      }
    }
  }
}

extension JSONWriter {
  /// The members of one recorded judgement.
  ///
  /// - Parameter signals: gives an event the reward that it stands for.
  mutating func feedback(_ entry: RecordedFeedback, _ signals: SignalRules) {
    let submission = entry.submission
    field("id", submission.id)
    field("decision_id", submission.decision.description)
    switch submission.content {
    case .signal(let kind, let reward, _, let other):
      field("signal", kind.name)
      switch submission.value {
      case .number(let number): field("value", number)
      case .word(let word): field("value", word)
      case .nothing: null("value")
      }
      if kind.hasConfigurableValue {
        field("reward", signals[value: kind])
      } else {
        field("reward", entry.isOtherHalf ? 1 - reward : reward)
      }
      fieldIfPresent("other_decision_id", other?.description)
    case .outcome(let outcome):
      field("signal", "outcome.\(outcome.state.rawValue)")
      field("candidate", outcome.candidate)
    case .revocation:
      field("signal", "revocation")
    }
    field("rater", submission.rater)
    field("at", submission.at.description)
    field("received_at", submission.received.description)
    field("comment", submission.comment)
    field("superseded", entry.isSuperseded)
  }

  mutating func outcome(_ outcome: Outcome, at: Instant) {
    field("candidate", outcome.candidate)
    field("state", outcome.state.rawValue)
    field("ended_at", at.description)
    field("latency_ms", outcome.latency.map { Double($0.microseconds) / 1_000 })
    field("cost_usd", outcome.cost?.dollars)
  }
}
