import Credits
import Foundation
import Jobs
import Logging
import Recipes
import Routing
import Wire

/// From an element of a step to the end of its job.
extension GenerationService {
  /// Why a submission is tried again.
  private struct NotNow: Error {
    var wait: Span
  }

  /// Brings one job to its end: finds it, or submits it, waits for it, and tells its generation.
  func follow(_ place: ElementPlace, of id: Identifier) async {
    while !Task.isCancelled, let generation = current(id), generation[place].state == .running {
      do {
        try await settle(place, of: generation)
        return
      } catch let later as NotNow {
        await pause(later.wait, unlessEnding: id)
      } catch {
        if Task.isCancelled || error as? ServiceError == .stopped { return }
        logger.warning(
          "a step's job cannot be looked after now", metadata: ["id": "\(id)", "error": "\(error)"])
        await pause(jobs.settings.commitPause)
      }
    }
  }

  private nonisolated func pause(_ span: Span) async {
    try? await Task.sleep(for: .microseconds(min(max(span.microseconds, 1_000), 30_000_000)))
  }

  /// In short pieces: who calls a generation off does not wait for what it waits for.
  private func pause(_ span: Span, unlessEnding id: Identifier) async {
    let piece = Span.milliseconds(200)
    var rest = min(max(span, .milliseconds(1)), .seconds(30))
    while rest > .seconds(0), !Task.isCancelled, current(id)?.isEnding == false {
      await pause(min(rest, piece))
      rest = Span(microseconds: rest.microseconds - piece.microseconds)
    }
  }

  private nonisolated func settle(_ place: ElementPlace, of generation: Generation) async throws {
    let id = generation[place].job
    let now = router.clock.now
    if try await jobs.view(id) == nil {
      if await current(generation.id)?.isEnding ?? true {
        return try await refuse(place, of: generation, .timeout, "it was not begun: the end came before")
      }
      guard now < generation.deadline else {
        return try await refuse(place, of: generation, .timeout, "the time was over before it could begin")
      }
      guard try await submit(place, of: generation, now) else { return }
    }
    while !Task.isCancelled {
      // Again and again, where it could not be asked before.
      if await current(generation.id)?.isEnding ?? false { callOff(id) }
      // Past its deadline a job ends as soon as somebody looks at it.
      _ = try await jobs.wait(for: id, atMost: .seconds(30))
      guard let job = try await jobs.view(id)?.job else {
        return try await refuse(place, of: generation, .unknownError, "its job is gone")
      }
      if job.state.isTerminal {
        try await tell(.ended(place, ElementOutcome(job)), to: generation.id, isOurs: true)
        return
      }
      await pause(.milliseconds(20))
    }
  }

  /// - Returns: whether there is a job now; else the generation was told why not.
  private nonisolated func submit(
    _ place: ElementPlace, of generation: Generation, _ now: Instant
  ) async throws -> Bool {
    let id = generation[place].job
    do {
      let order = try await order(place, of: generation, now)
      _ = try await jobs.submit(order, id: id)
      return true
    } catch let none as NoEligibleCandidate {
      if let wait = none.retryAfter, now + wait < generation.deadline { throw NotNow(wait: wait) }
      if let providers = await keysGone(from: generation) {
        try await refuse(
          place, of: generation, .authenticationFailed,
          "the caller's own keys for \(providers) were held in memory alone and are gone since the router started "
            + "anew; send the request again with them")
        return false
      }
      let reasons = none.excluded.prefix(4).map { "\($0.candidate): \($0.reason)" }.joined(separator: "; ")
      try await refuse(
        place, of: generation, .providerError,
        "no candidate may do it" + (reasons.isEmpty ? "" : " (\(reasons))"), isRetryable: true)
    } catch JobRefusal.changing {
      throw NotNow(wait: .milliseconds(50))
    } catch JobRefusal.credits(let refusal) {
      // A budget begins again.
      if case .budget = refusal {
        try await refuse(place, of: generation, .insufficientCredits, "\(refusal)", isRetryable: true)
      } else {
        try await refuse(place, of: generation, .insufficientCredits, "\(refusal)")
      }
    } catch let refusal as JobRefusal {
      try await refuse(place, of: generation, .invalidRequest, "\(refusal)")
    } catch is KeyIsGone {
      try await refuse(
        place, of: generation, .authenticationFailed, "the key that it was asked for with was revoked")
    } catch let fault as TemplateFault {
      try await refuse(place, of: generation, .invalidRequest, fault.message)
    } catch let errors as FieldErrors {
      try await refuse(place, of: generation, .invalidRequest, "its input is not valid: \(errors)")
    } catch let fault as ArtefactOutOfReach {
      try await refuse(place, of: generation, .invalidRequest, fault.description)
    } catch let fault as JobFault {
      try await refuse(place, of: generation, .invalidRequest, "\(fault)")
    }
    return false
  }

  private nonisolated func refuse(
    _ place: ElementPlace, of generation: Generation, _ code: ErrorCode, _ message: String,
    isRetryable: Bool = false
  ) async throws {
    let step = generation.recipe.steps[place.step]
    let failure = GenerationFailure(
      step: step.name, element: step.forEach == nil ? nil : place.element, code: code, message: message,
      isRetryable: isRetryable)
    try await tell(.refused(place, failure), to: generation.id, isOurs: true)
  }

  /// Asks for the end of a job; its end is awaited all the same. What cannot be asked now ends by its deadline.
  nonisolated func callOff(_ job: Identifier) {
    Task { [self] in
      do {
        _ = try await jobs.cancel(job)
      } catch {
        logger.warning("a job cannot be called off", metadata: ["job": "\(job)", "error": "\(error)"])
      }
    }
  }

  // MARK: Orders

  static let intentCharacters = 32_768

  private nonisolated func order(
    _ place: ElementPlace, of generation: Generation, _ now: Instant
  ) async throws -> JobOrder {
    let work = try generation.work(at: place)
    return try order(
      work, WorkInput(try await reachable(work.input)), at: place, of: generation, now,
      await credentials(of: generation.id))
  }

  /// The order of an element whose input is there, as vendors are to be given it.
  private nonisolated func order(
    _ work: Generation.Work, _ input: WorkInput, at place: ElementPlace, of generation: Generation,
    _ now: Instant, _ credentials: [String: CallerCredential]
  ) throws -> JobOrder {
    let capability = generation.recipe.steps[place.step].capability
    let terms = generation.terms
    let intent = Intent(
      capability: capability,
      // Where nothing is said, what is to be done says a little.
      text: work.intent ?? input.intentText(limit: GenerationService.intentCharacters) ?? generation.intent
        ?? capability.name.split(separator: "_").joined(separator: " "),
      constraints: Constraints(
        maximumCost: generation[place].allowance?.dollars, only: terms.only, exclude: terms.exclude),
      work: input.work(for: capability))
    let key = try terms.apiKey.map { id in
      guard let key = jobs.credits.keys.key(id) else { throw KeyIsGone() }
      return key
    }
    return JobOrder(
      intent: intent, input: input, inputJSON: input.canonicalJSON, budget: generation.deadline - now,
      priority: terms.priority, tenant: terms.tenant, fallbackOnModeration: terms.fallbackOnModeration,
      apiKey: key, credentials: credentials)
  }

  /// The providers whose keys the caller sent, and which a restart has lost; nil where none were.
  private func keysGone(from generation: Generation) -> String? {
    guard !generation.terms.ownKeys.isEmpty, credentials(of: generation.id).isEmpty else { return nil }
    return generation.terms.ownKeys.map { "'\($0)'" }.joined(separator: ", ")
  }

  // MARK: Before anything is stored

  /// Refuses a generation whose first jobs cannot be paid. Nothing is set aside: that is each job's own, and who spends
  /// at the same time may stop it yet.
  nonisolated func checkFunds(
    of generation: Generation, _ credentials: [String: CallerCredential], at now: Instant
  ) async throws {
    let terms = generation.terms
    let key = terms.apiKey.flatMap { jobs.credits.keys.key($0) }
    guard key?.dailyBudget != nil || jobs.credits.isBilled(terms.tenant) else { return }
    var needed = Money.zero
    for place in generation.running {
      let work = try generation.work(at: place)
      let input = try WorkInput(GenerationService.placeheld(work.input))
      let order = try order(work, input, at: place, of: generation, now, credentials)
      needed = needed + (await jobs.reservation(for: order, at: now))
    }
    if let refusal = jobs.credits.refusal(of: needed, by: key, for: terms.tenant) {
      throw GenerationRefusal.credits(refusal)
    }
  }

  /// Whether the input of a first step is one that a job can have; the caller is told before anything is stored.
  nonisolated func checkInput(of generation: Generation, at place: ElementPlace) throws {
    let step = generation.recipe.steps[place.step]
    do {
      let work = try generation.work(at: place)
      do throws(FieldErrors) {
        _ = try WorkInput(GenerationService.placeheld(work.input))
      } catch {
        if generation.recipe.isBuiltIn { throw GenerationRefusal.input(error) }
        throw GenerationRefusal.start(
          GenerationFailure(
            step: step.name, code: .invalidRequest, message: "its input is not valid: \(error)"))
      }
    } catch let fault as TemplateFault {
      throw GenerationRefusal.start(
        GenerationFailure(step: step.name, code: .invalidRequest, message: fault.message))
    }
  }

  /// The largest file that is put into an order.
  static let mostInlined = 24 << 20

  /// An input in which addresses without a host, that is of our own artefacts, have become the files themselves, and
  /// others of ours carry the signature that lets a vendor in.
  private nonisolated func reachable(_ value: JSONValue) async throws -> JSONValue {
    switch value {
    case .string(let text) where text.hasPrefix(GenerationService.ownPath): return try await inlined(text)
    case .string(let text):
      guard let links = jobs.links, links.isRequired, let link = links.link(to: text) else { return value }
      return .string(link.address)
    case .array(let elements):
      var changed: [JSONValue] = []
      for element in elements { changed.append(try await reachable(element)) }
      return .array(changed)
    case .object(let members):
      var changed: [JSONValue.Member] = []
      for member in members { changed.append(.init(member.name, try await reachable(member.value))) }
      return .object(changed)
    default: return value
    }
  }

  private static let ownPath = "/v1/artefacts/"

  /// The same with something in the place of our own artefacts.
  private static func placeheld(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text) where text.hasPrefix(ownPath): "data:,"
    case .array(let elements): .array(elements.map { placeheld($0) })
    case .object(let members): .object(members.map { .init($0.name, placeheld($0.value)) })
    default: value
    }
  }

  private nonisolated func inlined(_ address: String) async throws -> JSONValue {
    let name = String(address.dropFirst(GenerationService.ownPath.count).prefix { $0 != "?" })
    guard let artefacts, let artefact = try await artefacts.artefact(named: name) else {
      throw ArtefactOutOfReach(description: "the artefact \(address) is not there any more")
    }
    guard artefact.byteCount <= GenerationService.mostInlined else {
      throw ArtefactOutOfReach(
        description: "the artefact \(address) has \(artefact.byteCount) bytes, too many to be sent inside an "
          + "order (\(GenerationService.mostInlined)); set public_url, so that vendors can fetch it")
    }
    let bytes = try await artefacts.read(artefact, 0..<artefact.byteCount)
    return .string("data:\(artefact.contentType);base64,\(Data(bytes).base64EncodedString())")
  }
}

/// A file that a vendor cannot be given.
struct ArtefactOutOfReach: Error, CustomStringConvertible {
  var description: String
}

/// Nobody answers any more for what a generation spends.
private struct KeyIsGone: Error {}
