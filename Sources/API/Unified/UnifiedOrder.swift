import Jobs
import Routing
import Serving
import Unified
import Wire

/// A unified request as an order for a job: the same rules as those of `POST /v1/jobs`, in other words.
struct UnifiedOrder {
  var order: JobOrder

  /// - Parameter roster: who serves the request's capability.
  /// - Throws: ``FieldErrors`` with pointers into the unified request, ``UnknownModel``.
  init(
    _ request: UnifiedRequest, _ roster: Roster, dimension: Int, limits: RequestLimits
  ) throws {
    let body = UnifiedOrder.body(request, only: try UnifiedOrder.only(request, roster))
    let wanted: JobRequest
    do {
      wanted = try JobRequest(body, dimension: dimension, limits: limits)
    } catch {
      throw UnifiedOrder.inItsOwnWords(error)
    }
    order = JobOrder(wanted)
    order.maximumAttempts = request.maximumRetries.map { $0 + 1 }
  }

  /// Nobody sells the model that was asked for.
  struct UnknownModel: Error {
    var message: String
  }

  /// Whom the request names; nil for whoever suits best.
  private static func only(_ request: UnifiedRequest, _ roster: Roster) throws(UnknownModel) -> String? {
    guard let provider = request.provider else { return nil }
    let theirs = roster.candidates.filter { $0.provider == provider }
    guard let model = request.model else {
      guard theirs.isEmpty else { return provider }
      let known = Set(roster.candidates.map(\.provider)).sorted().joined(separator: ", ")
      throw UnknownModel(
        message: "provider '\(provider)' has no model for \(request.capability.name)"
          + (known.isEmpty ? "" : "; these have: \(known)"))
    }
    // By the provider's own name for it, or by what stands behind the provider in the candidate's id.
    guard let candidate = theirs.first(where: { $0.model == model || $0.id == "\(provider)/\(model)" }) else {
      let known = theirs.map(\.model).joined(separator: ", ")
      throw UnknownModel(
        message: "provider '\(provider)' has no model '\(model)' for \(request.capability.name)"
          + (known.isEmpty ? "" : "; it has: \(known)"))
    }
    return candidate.id
  }

  /// The body of `POST /v1/jobs` that asks for the same.
  static func body(_ request: UnifiedRequest, only: String?) -> JSONValue {
    var input: [JSONValue.Member] = request.prompt.isEmpty ? [] : [.init("prompt", .string(request.prompt))]
    var vendor: [JSONValue.Member] = []
    for parameter in request.parameters {
      if parameter.name == "vendor", let members = parameter.value.members {
        vendor += members
      } else if WorkParameter(rawValue: parameter.name) != nil {
        input.append(parameter)
      } else {
        vendor.append(parameter)
      }
    }
    if !vendor.isEmpty { input.append(.init("vendor", .object(vendor))) }
    var body: [JSONValue.Member] = [
      .init("capability", .string(request.capability.name)), .init("input", .object(input)),
    ]
    if let only { body.append(.init("constraints", ["only": [.string(only)]])) }
    if let timeout = request.timeout {
      body.append(.init("deadline_s", .integer(Int64(timeout.wholeSeconds))))
    }
    if let url = request.callbackURL { body.append(.init("callback_url", .string(url))) }
    return .object(body)
  }

  /// Errors of a job's body with the pointers of the unified request.
  static func inItsOwnWords(_ errors: FieldErrors) -> FieldErrors {
    FieldErrors(
      errors.errors.map { FieldError(pointer: pointer(of: $0.pointer), message: $0.message) })
  }

  static func pointer(of pointer: String) -> String {
    let moved = [
      ("/input/prompt", "/prompt"), ("/input/vendor", "/parameters"), ("/input", "/parameters"),
      ("/deadline_s", "/timeout"), ("/constraints/only", "/provider"), ("/constraints", "/parameters"),
      ("/units", "/parameters"), ("/intent", "/prompt"),
    ]
    guard let (old, new) = moved.first(where: { pointer == $0.0 || pointer.hasPrefix($0.0 + "/") }) else {
      return pointer
    }
    return new + pointer.dropFirst(old.count)
  }
}
