import Foundation
public import Jobs
public import Routing
public import Serving
import Transport
public import Wire

/// An adapter made from a vendor's declaration and the provider's entry in the catalogue.
public struct DeclaredAdapter: Adapter {
  public let provider: String
  let interpreter: VendorInterpreter
  let context: AdapterContext
  let access: Access?
  public let isOwnService: Bool
  let calls: VendorCalls
  let keys: KeySet?

  public init(_ declaration: VendorDeclaration, for provider: Provider, _ context: AdapterContext) {
    self.provider = provider.id
    self.context = context
    access = provider.access
    isOwnService = provider.kind == .local && declaration.health != nil
    let known = declaration.variables.compactMap { item in
      context.value(of: item.variable).map { (item.name, $0) }
    }
    let interpreter = VendorInterpreter(
      declaration, for: provider, variables: Dictionary(known) { first, _ in first })
    let calls = VendorCalls(
      transport: context.transport, callPolicy: interpreter.callPolicy,
      artefactPolicy: interpreter.artefactPolicy)
    self.interpreter = interpreter
    self.calls = calls
    keys = interpreter.webhook.keys.map { template in
      KeySet { () async throws(WebhookRefusal) in
        try await DeclaredAdapter.fetchKeys(template, interpreter, calls)
      }
    }
  }

  /// How long calls that do not submit may take.
  static let shortLimit = Span.seconds(30)
  /// Of a call for a list of models: they can be long.
  static let listLimit = Span.seconds(60)

  // MARK: Credentials

  private var variable: String? { access?.credential ?? interpreter.declaration.credential }

  public func obstacle(for payer: CallerCredential?) -> AdapterObstacle? {
    let missing = interpreter.declaration.variables.first { interpreter.variables[$0.name] == nil }
    var needed = missing.map { [$0.variable] } ?? []
    if let variable {
      if access?.payment == .forwarded {
        if payer == nil { return .noForwardedCredential(provider: provider) }
      } else if context.value(of: variable) == nil {
        needed.insert(variable, at: 0)
      }
    }
    return needed.first.map { .missingCredential(provider: provider, variable: $0) }
  }

  func credential(_ payer: CallerCredential?) -> String? {
    access?.payment == .forwarded ? payer?.secret : variable.flatMap { context.value(of: $0) }
  }

  private func readyCredential(_ payer: CallerCredential?) throws(VendorFailure) -> String? {
    if let obstacle = obstacle(for: payer) {
      throw VendorFailure(.authCredit, cause: .found, message: obstacle.description)
    }
    return credential(payer)
  }

  /// The account's address and headers, for a step that makes its own calls to the same vendor: nothing is submitted.
  ///
  /// - Throws: when the credential is missing.
  public func authorisation(
    for payer: CallerCredential? = nil
  ) throws(VendorFailure) -> (baseURL: String, headers: [WebhookCall.Field]) {
    let filling = VendorInterpreter.Filling(credential: try readyCredential(payer))
    let headers = interpreter.declaration.headers.compactMap { named in
      named.template.filled { $0 == "credential" ? filling.credential.map { .word($0) } : nil }
        .map { WebhookCall.Field(named.name, $0) }
    }
    return (interpreter.bases.first?.url ?? "", headers)
  }

  // MARK: Contract and checks

  public func contract(for capability: Capability, model: String) -> VendorContract? {
    interpreter.declaration.operation(for: capability, model: model).map {
      interpreter.contract(of: $0, access: access, receivesWebhooks: context.receivesWebhooks)
    }
  }

  public func check(_ order: WorkOrder, for candidate: Candidate) -> FieldErrors? {
    guard let operation = interpreter.declaration.operation(for: order.capability, model: order.model) else {
      return FieldErrors([
        FieldError(
          pointer: "", message: "\(provider) has no way to do \(order.capability) with '\(order.model)'")
      ])
    }
    var errors = candidate.limits.faults(of: order)
    let values = OrderValues(order: order, now: context.clock.now)
    errors.absorb(interpreter.faults(of: values, operation), under: "")
    return errors.isEmpty ? nil : errors
  }

  // MARK: Submitting

  public func submit(_ order: WorkOrder) async throws(VendorFailure) -> Acceptance {
    let operation = try operation(order.capability, order.model)
    let filling = try filling(order)
    let reading: Reading
    do throws(VendorFailure) {
      let description = try interpreter.call(operation.submit, filling)
      let answer = try await calls.answer(description, limit: order.limit, spends: true)
      reading = try interpreter.submitted(answer, operation, at: context.clock.now)
    } catch {
      throw redacted(error, filling.credential)
    }
    switch reading.state {
    case .queued, .running, .unrecognised:
      guard let job = reading.job else {
        throw VendorFailure(.ambiguous, message: "the vendor accepted the job without naming it")
      }
      return .accepted(job, cost: reading.cost)
    case .succeeded, .failed, .canceled, .expired:
      return .finished(await report(reading), usage: reading.usage)
    }
  }

  func filling(_ order: WorkOrder) throws(VendorFailure) -> VendorInterpreter.Filling {
    var order = order
    if !context.receivesWebhooks || interpreter.webhook.scheme == .none { order.webhookURL = nil }
    return VendorInterpreter.Filling(
      order: OrderValues(order: order, now: context.clock.now),
      credential: try readyCredential(order.credential))
  }

  func operation(_ capability: Capability, _ model: String) throws(VendorFailure) -> VendorOperation {
    guard let operation = interpreter.declaration.operation(for: capability, model: model) else {
      throw VendorFailure(
        .callerError, cause: .found, message: "\(provider) has no way to do \(capability) with '\(model)'")
    }
    return operation
  }

  // MARK: Watching

  public func status(of work: VendorWork) async throws(VendorFailure) -> VendorReport {
    let operation = try operation(work.capability, work.model)
    guard let shape = operation.status else {
      throw VendorFailure(.local, cause: .found, message: "\(provider) has no status call for this work")
    }
    let filling = try filling(work)
    do throws(VendorFailure) {
      let answer = try await calls.answer(
        try interpreter.call(shape, filling), limit: DeclaredAdapter.shortLimit)
      var reading = try interpreter.seen(answer, operation, at: context.clock.now)
      if case .succeeded(nil) = reading.state, let result = operation.result {
        let told = reading
        let answer = try await calls.answer(
          try interpreter.call(result, filling), limit: DeclaredAdapter.shortLimit)
        reading = try interpreter.fetched(
          answer, operation, isFailed: told.isSuspect, at: context.clock.now)
        reading.cost = reading.cost ?? told.cost
        reading.job = told.job
      }
      return await report(reading)
    } catch {
      throw redacted(error, filling.credential)
    }
  }

  private func filling(_ work: VendorWork) throws(VendorFailure) -> VendorInterpreter.Filling {
    VendorInterpreter.Filling(
      job: work.job, model: work.model, credential: try readyCredential(work.credential))
  }

  public func cost(of work: VendorWork) async throws(VendorFailure) -> Money? {
    try await status(of: work).cost
  }

  public func cancel(_ work: VendorWork) async throws(VendorFailure) -> CancelAnswer {
    let operation = try operation(work.capability, work.model)
    guard let shape = operation.cancel else { return .refused }
    let filling = try filling(work)
    do throws(VendorFailure) {
      let answer = try await calls.answer(
        try interpreter.call(shape, filling), limit: DeclaredAdapter.shortLimit)
      return try interpreter.canceled(answer, operation, at: context.clock.now)
    } catch {
      throw redacted(error, filling.credential)
    }
  }

  public func reconcile(_ order: WorkOrder, by inquiry: Inquiry, since: Instant) async -> Reconciliation {
    do throws(VendorFailure) {
      let operation = try operation(order.capability, order.model)
      switch inquiry {
      case .token:
        guard operation.honoursToken else { break }
        if case .accepted(let job, _) = try await submit(order) { return .found(job) }
      case .listing:
        guard let list = operation.list else { break }
        let filling = try filling(order)
        let answer = try await calls.answer(
          try interpreter.call(list.call, filling), limit: DeclaredAdapter.shortLimit)
        if let job = try interpreter.listed(
          answer, list, operation, token: order.token, at: context.clock.now)
        {
          return .found(job)
        }
      }
      // Not to be found is not the same as not there: lists lag, and end.
      return .unclear(
        VendorFailure(.ambiguous, cause: .found, message: "whether the vendor has the job cannot be told"))
    } catch {
      return .unclear(redacted(error, credential(order.credential)))
    }
  }

  // MARK: Reports

  func report(_ reading: Reading) async -> VendorReport { await context.report(reading) }

  /// A failure whose message does not repeat the credential, should the vendor have done so.
  func redacted(_ failure: VendorFailure, _ credential: String?) -> VendorFailure {
    failure.redacted(credential.map { [$0] } ?? [])
  }
}
