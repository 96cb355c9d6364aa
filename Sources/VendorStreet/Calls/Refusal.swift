/// Why a vendor does not do what it was asked; each vendor puts it into its own words and envelope.
struct Refusal: Error, Sendable {
  enum Reason: Sendable, Hashable {
    case unauthorized
    case outOfCredit
    case throttled(retryAfter: Int)
    case server
    case retired
    case moderated
    case notFound
    case noSuchPath
    case methodNotAllowed
    case invalid
    case conflict
    case gone
  }

  var reason: Reason
  /// The usual one for the reason; a vendor that uses another sets it in its envelope.
  var status: Int
  var message: String
  /// The offending field, in the vendor's spelling.
  var field: String?

  init(_ reason: Reason, _ message: String, field: String? = nil, status: Int? = nil) {
    self.reason = reason
    self.message = message
    self.field = field
    self.status = status ?? Refusal.usualStatus(reason)
  }

  private static func usualStatus(_ reason: Reason) -> Int {
    switch reason {
    case .unauthorized: 401
    case .outOfCredit: 402
    case .throttled: 429
    case .server: 503
    case .retired, .notFound, .noSuchPath: 404
    case .methodNotAllowed: 405
    case .moderated, .invalid: 400
    case .conflict: 409
    case .gone: 410
    }
  }

  /// The refusal that a fault orders; nil for faults of another kind.
  init?(_ fault: Fault, model: String?) {
    switch fault.kind {
    case .tooManyRequests:
      let pause = fault.retryAfterSeconds ?? 1
      self.init(
        .throttled(retryAfter: pause), "Request was throttled. Your rate limit resets in ~\(pause)s.")
    case .serverError:
      self.init(.server, "The service is temporarily unavailable.", status: fault.status ?? 503)
    case .retired:
      let name = model.map { "\($0) " } ?? ""
      self.init(.retired, "The model \(name)is no longer available.", status: fault.status)
    case .unauthorized: self.init(.unauthorized, "Invalid credentials.")
    case .outOfCredit: self.init(.outOfCredit, "Insufficient credit.")
    default: return nil
    }
  }
}
