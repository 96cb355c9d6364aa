public import Jobs
public import Routing
public import Serving
import Transport
public import Wire

/// Amazon Bedrock: signed calls, conversations, embeddings and pictures at once, films as asynchronous invocations.
///
/// Programmed and not declared, because every call is signed and one vendor speaks in several forms. The account is read
/// from the environment as ``BedrockVariables`` says; nothing is read from files or from an instance's metadata. Of
/// callers with an account of their own (`payment: forwarded`) the credential is written as ``BedrockAccount`` says, and
/// films are not made for them: a caller's account does not open the operator's bucket.
///
/// A film is written by Bedrock into the bucket that the environment names, and fetched from there by a signed call.
/// Where copying fails for good, the job's artefact keeps the bucket's address, which only the bucket's owner can read.
public struct BedrockAdapter: Adapter {
  public let provider: String
  let context: AdapterContext
  private let access: Access?
  private let variables: BedrockVariables
  private let kind: Provider.Kind

  /// - Parameter provider: with an ``Access`` of which ``fault(of:)`` says nothing.
  public init?(for provider: Provider, _ context: AdapterContext) {
    guard BedrockAdapter.fault(of: provider.access) == nil,
      let variables = BedrockVariables(credential: provider.access?.credential)
    else { return nil }
    self.provider = provider.id
    self.context = context
    self.variables = variables
    access = provider.access
    kind = provider.kind
  }

  /// What in a provider's entry cannot be followed; nil when all can.
  public static func fault(of access: Access?) -> String? {
    if BedrockVariables(credential: access?.credential) == nil {
      return "its credential must name a variable that ends with ACCESS_KEY_ID"
    }
    if let name = access?.bases.map(\.name).first(where: { !BedrockPlaces.names.contains($0) }) {
      return "it has no address '\(name)'; name base_urls of \(BedrockPlaces.names.joined(separator: ", "))"
    }
    return nil
  }

  // MARK: The account

  public func obstacle(for payer: CallerCredential?) -> AdapterObstacle? {
    var needed = [variables.region]
    if access?.payment == .forwarded {
      if payer == nil { return .noForwardedCredential(provider: provider) }
    } else {
      needed = [variables.accessKey, variables.secretKey] + needed
    }
    return needed.first { context.value(of: $0) == nil }
      .map { .missingCredential(provider: provider, variable: $0) }
  }

  private func account(_ payer: CallerCredential?) throws(VendorFailure) -> BedrockAccount {
    if let obstacle = obstacle(for: payer) {
      throw VendorFailure(.authCredit, cause: .found, message: obstacle.description)
    }
    let region = context.value(of: variables.region) ?? ""
    if access?.payment == .forwarded {
      guard let account = BedrockAccount(forwarded: payer?.secret ?? "", region: region) else {
        throw VendorFailure(
          .authCredit, cause: .found,
          message:
            "\(provider) takes a caller's credential as ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]")
      }
      return account
    }
    return BedrockAccount(
      accessKey: context.value(of: variables.accessKey) ?? "",
      secretKey: context.value(of: variables.secretKey) ?? "",
      sessionToken: context.value(of: variables.sessionToken), region: region)
  }

  private func places(_ account: BedrockAccount) -> BedrockPlaces {
    BedrockPlaces(region: account.region, access?.bases ?? [])
  }

  private func calls(_ account: BedrockAccount, _ service: String = "bedrock") -> VendorCalls {
    let places = places(account)
    var calls = VendorCalls(
      transport: context.transport,
      callPolicy: VendorInterpreter.policy(bases: places.calls, hosts: [], kind: kind),
      artefactPolicy: VendorInterpreter.policy(bases: places.files, hosts: [], kind: kind))
    calls.signing = account.signature(for: service)
    return calls
  }

  /// Only a bucket's URI counts.
  private var output: String? {
    context.value(of: variables.output).flatMap { text in
      let bucket = text.dropFirst(5).prefix { $0 != "/" }
      return text.hasPrefix("s3://") && !bucket.isEmpty ? text : nil
    }
  }

  // MARK: Contract and checks

  public func contract(for capability: Capability, model: String) -> VendorContract? {
    guard let family = BedrockFamily(capability, model: model) else { return nil }
    guard !family.isImmediate else { return VendorContract(submitLimit: .seconds(120), poll: nil) }
    guard access?.payment != .forwarded else { return nil }
    let floor = access?.pollFloor ?? .seconds(5)
    return VendorContract(
      submitLimit: .seconds(20), attemptLimit: .minutes(30),
      poll: PollSchedule(floor: floor, ceiling: max(floor, .seconds(30))), honoursToken: true)
  }

  public func check(_ order: WorkOrder, for candidate: Candidate) -> FieldErrors? {
    var errors = candidate.limits.faults(of: order)
    do throws(VendorFailure) {
      errors.absorb(try shape(order).faults(provider, variable: variables.output), under: "")
    } catch {
      errors.append(FieldError(pointer: "", message: error.message))
    }
    return errors.isEmpty ? nil : errors
  }

  private func shape(_ order: WorkOrder) throws(VendorFailure) -> BedrockOrder {
    BedrockOrder(
      family: try family(order.capability, order.model),
      values: OrderValues(order: order, now: context.clock.now), output: output)
  }

  private func family(_ capability: Capability, _ model: String) throws(VendorFailure) -> BedrockFamily {
    guard let family = BedrockFamily(capability, model: model) else {
      throw VendorFailure(
        .callerError, cause: .found, message: "\(provider) has no way to do \(capability) with '\(model)'")
    }
    return family
  }

  // MARK: The work

  public func submit(_ order: WorkOrder) async throws(VendorFailure) -> Acceptance {
    let shape = try shape(order)
    guard shape.family.isImmediate || (shape.output != nil && access?.payment != .forwarded) else {
      throw VendorFailure(.local, cause: .found, message: "\(variables.output) does not name a bucket")
    }
    return try await signed(order.credential) { account, answers throws(VendorFailure) in
      let answer = try await calls(account).answer(
        shape.call(answers.places), limit: order.limit, spends: true)
      guard shape.family.isImmediate else { return .accepted(try answers.started(answer), cost: nil) }
      let reading = try answers.finished(answer, shape.family)
      return .finished(await context.report(reading), usage: reading.usage)
    }
  }

  public func status(of work: VendorWork) async throws(VendorFailure) -> VendorReport {
    guard try !family(work.capability, work.model).isImmediate else {
      throw VendorFailure(.local, cause: .found, message: "\(provider) has no status call for this work")
    }
    return try await signed(work.credential) { account, answers throws(VendorFailure) in
      let arn = Template.encoded(work.job.id, keepingSlashes: false)
      let call = CallDescription(method: "GET", url: "\(answers.places.runtime)/async-invoke/\(arn)")
      let answer = try await calls(account).answer(call, limit: DeclaredAdapter.shortLimit)
      return await context.report(try answers.invocation(answer))
    }
  }

  /// There is no such call.
  public func cancel(_ work: VendorWork) async throws(VendorFailure) -> CancelAnswer { .refused }

  /// Submits again under the order's token: AWS answers with the invocation that it has, or begins the one that it
  /// never got, and in either case there is one.
  public func reconcile(_ order: WorkOrder, by inquiry: Inquiry, since: Instant) async -> Reconciliation {
    do throws(VendorFailure) {
      if inquiry == .token, try !family(order.capability, order.model).isImmediate,
        case .accepted(let job, _) = try await submit(order)
      {
        return .found(job)
      }
      return .unclear(
        VendorFailure(.ambiguous, cause: .found, message: "whether the vendor has the job cannot be told"))
    } catch {
      return .unclear(error)
    }
  }

  /// Reads Bedrock's own answers and says nothing of the account in what it throws.
  private func signed<Value: Sendable>(
    _ payer: CallerCredential?,
    _ work: (BedrockAccount, BedrockAnswers) async throws(VendorFailure) -> Value
  ) async throws(VendorFailure) -> Value {
    let account = try account(payer)
    do throws(VendorFailure) {
      return try await work(account, BedrockAnswers(places: places(account), now: context.clock.now))
    } catch {
      throw error.redacted(account.secrets)
    }
  }

  // MARK: Files

  public func download(
    _ artefact: Artefact, to descriptor: Int32
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    try await download(artefact, to: descriptor, for: nil)
  }

  public func download(
    _ artefact: Artefact, to descriptor: Int32, for payer: CallerCredential?
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    try await signed(payer) { account, _ throws(VendorFailure) in
      try await calls(account, "s3").download(artefact.url, to: descriptor)
    }
  }

  // MARK: The models

  /// A short list of models. An account that may not list them, and may use them all the same, is well.
  public func health() async -> VendorFailure? {
    guard access?.payment != .forwarded else { return nil }
    do throws(VendorFailure) {
      _ = try await listed("?byOutputModality=EMBEDDING")
      return nil
    } catch {
      return error.message.contains("not authorized to perform") ? nil : error
    }
  }

  public func discover() async throws(VendorFailure) -> [DiscoveredModel] { try await listed("") }

  private func listed(_ query: String) async throws(VendorFailure) -> [DiscoveredModel] {
    try await signed(nil) { account, answers throws(VendorFailure) in
      let call = CallDescription(method: "GET", url: answers.places.control + "/foundation-models" + query)
      return try answers.models(try await calls(account).answer(call, limit: DeclaredAdapter.shortLimit))
    }
  }

  // MARK: What Bedrock does not have

  /// Its event stream is a binary form of its own, which is not read here.
  public func stream(
    _ order: WorkOrder
  ) async throws(VendorFailure) -> any AsyncSequence<TextDelta, VendorFailure> & Sendable {
    throw VendorFailure(.callerError, cause: .found, message: "\(provider) does not stream this work")
  }

  public func verify(_ call: WebhookCall, at now: Instant) async throws(WebhookRefusal) -> WebhookNotice {
    throw .notExpected
  }

  public func report(in notice: WebhookNotice, about work: VendorWork) async -> VendorReport? { nil }

  /// Only tokens are told, with the answer.
  public func cost(of work: VendorWork) async throws(VendorFailure) -> Money? { nil }
}
