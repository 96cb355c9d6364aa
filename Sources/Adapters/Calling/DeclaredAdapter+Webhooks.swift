public import Jobs
public import Routing
public import Serving
import Wire

extension DeclaredAdapter {
  public func verify(_ call: WebhookCall, at now: Instant) async throws(WebhookRefusal) -> WebhookNotice {
    let shape = interpreter.webhook
    let seal = WebhookSeal(shape: shape, now: now)
    var isSigned = true
    switch shape.scheme {
    case .none: throw .notExpected
    case .hintOnly: isSigned = false
    case .ed25519JWKS:
      guard let keys else { throw .notExpected }
      do {
        try seal.verify(call, keys: try await keys.current(at: now))
      } catch WebhookRefusal.wrongSignature {
        guard let renewed = await keys.renewed(at: now) else { throw .wrongSignature }
        try seal.verify(call, keys: renewed)
      }
    case .standardWebhooks, .hmacHex, .tV1:
      let secrets = shape.secrets.compactMap { context.value(of: $0) }
      guard !secrets.isEmpty else {
        throw .missingSecret(variable: shape.secrets.first ?? "of \(provider)'s webhooks")
      }
      try seal.verify(call, secrets: secrets)
    }
    let json: JSONValue
    do {
      json = try JSONValue.parse(call.body)
    } catch {
      throw .malformed("\(error)")
    }
    guard let id = shape.id.text(in: json) else { throw .malformed("it names no job") }
    let deliveryHeader = shape.deliveryHeader ?? (shape.scheme == .standardWebhooks ? "webhook-id" : nil)
    return WebhookNotice(
      vendorID: id, deliveryID: deliveryHeader.flatMap { call[$0] }, isSigned: isSigned, body: json)
  }

  public func report(in notice: WebhookNotice, about work: VendorWork) async -> VendorReport? {
    guard notice.isSigned, notice.vendorID == work.job.id,
      let operation = interpreter.declaration.operation(for: work.capability, model: work.model),
      var reading = interpreter.told(notice.body, operation)
    else { return nil }
    // A webhook may be the first to name the job.
    reading.job = interpreter.job(notice.vendorID, notice.body, operation.answer)
    return await report(reading)
  }

  static func fetchKeys(
    _ template: Template, _ interpreter: VendorInterpreter, _ calls: VendorCalls
  ) async throws(WebhookRefusal) -> [[UInt8]] {
    let shape = CallShape(
      method: "GET", urls: [template], query: [], headers: [], body: .none, under: .root, fields: [],
      fixed: [])
    do throws(VendorFailure) {
      // Public keys need no credential: what would hold it is left out.
      let description = try interpreter.call(shape, VendorInterpreter.Filling())
      let answer = try await calls.answer(description, limit: .seconds(10))
      guard answer.isGood else {
        throw VendorFailure(httpStatus: answer.status, message: "HTTP \(answer.status)")
      }
      return WebhookSeal.keys(ofSet: try interpreter.json(answer, .unknown))
    } catch {
      throw .keysUnavailable(error.message)
    }
  }
}
