import Jobs
import Routing
import Serving
import Wire

/// Answers to cancellations and inquiries.
extension VendorInterpreter {
  /// - Throws: when the answer tells nothing about the cancellation.
  func canceled(
    _ answer: VendorAnswer, _ operation: VendorOperation, at now: Instant
  ) throws(VendorFailure) -> CancelAnswer {
    if answer.isGood {
      guard let json = try? JSONValue.parse(answer.body), let word = operation.answer.state.text(in: json)
      else {
        return .requested
      }
      switch operation.answer.states.first(where: { $0.word == word })?.meaning {
      case .canceled, .expired: return .canceled
      case .succeeded, .failed, .moderated: return .alreadyEnded
      case .queued, .running, nil: return .requested
      }
    }
    let failure = failure(answer, at: now)
    if [404, 409, 410].contains(answer.status) { return .alreadyEnded }
    let text = String(decoding: answer.body.prefix(2_000), as: UTF8.self).lowercased()
    if answer.status < 500, ["already", "not running", "finished"].contains(where: { text.contains($0) }) {
      return .alreadyEnded
    }
    if [400, 405, 422].contains(answer.status) { return .refused }
    throw failure
  }

  /// Our job in the vendor's list; nil when it is not there.
  func listed(
    _ answer: VendorAnswer, _ list: ListShape, _ operation: VendorOperation, token: String, at now: Instant
  ) throws(VendorFailure) -> VendorJob? {
    guard answer.isGood else { throw failure(answer, at: now) }
    let items = list.items.value(in: try json(answer, .unknown))?.arrayValue ?? []
    for item in items {
      guard list.token.value(in: item)?.scalarText?.contains(token) == true,
        let id = operation.answer.id.text(in: item)
      else { continue }
      return job(id, item, operation.answer)
    }
    return nil
  }
}
