import Foundation
import Jobs
import Routing
import Serving
import Transport
import Wire

/// From answers to readings.
extension VendorInterpreter {
  /// The answer to a submission.
  ///
  /// - Throws: a refusal; or, where the vendor may have taken the job all the same, a failure that says so.
  func submitted(_ answer: VendorAnswer, _ operation: VendorOperation, at now: Instant) throws(VendorFailure)
    -> Reading
  {
    guard answer.isGood else { throw failure(answer, at: now) }
    if operation.isImmediate { return try immediate(answer, operation, at: now) }
    let json = try json(answer, .ambiguous)
    guard let id = operation.answer.id.text(in: json) else {
      if let found = found(json, answer) { throw found }
      throw VendorFailure(
        .ambiguous, httpStatus: answer.status, message: "the vendor accepted the job without naming it")
    }
    // Some acceptances have no state; the cost may stand there all the same.
    var reading =
      reading(json, operation.answer, operation, answer)
      ?? Reading(state: .queued, cost: cost(json, operation.answer))
    reading.job = job(id, json, operation.answer)
    if case .succeeded(nil) = reading.state { reading.state = .running(progress: nil) }
    return reading
  }

  /// An answer that is the finished work.
  private func immediate(
    _ answer: VendorAnswer, _ operation: VendorOperation, at now: Instant
  ) throws(VendorFailure) -> Reading {
    if let file = file(answer, operation.answer) {
      return Reading(state: settled(file))
    }
    let json = try json(answer, .ambiguous)
    let shape = operation.answer
    var state: Reading.State =
      if let found = found(json, answer) { .failed(found) } else { output(json, shape) }
    // A vendor that names states says with them why there is nothing.
    switch reading(json, shape, operation, answer, fetches: false)?.state {
    case .failed(let failure)? where failure.cause != .found: state = .failed(failure)
    case .canceled?: state = .canceled
    case .expired?: state = .expired
    default: break
    }
    return Reading(
      state: state, job: shape.id.text(in: json).map { VendorJob(id: $0) }, cost: cost(json, shape),
      usage: usage(json, shape))
  }

  /// The answer to a status call.
  ///
  /// - Throws: when it says nothing about the job.
  func seen(_ answer: VendorAnswer, _ operation: VendorOperation, at now: Instant) throws(VendorFailure)
    -> Reading
  {
    guard answer.isGood else { throw failure(answer, at: now) }
    // An asynchronous vendor may answer with the file itself (Stability: 202 while it works, 200 and the bytes).
    if let file = file(answer, operation.answer) { return Reading(state: settled(file)) }
    let json = try json(answer, .unknown)
    guard var reading = reading(json, operation.answer, operation, answer) else {
      throw VendorFailure(
        .unknown, httpStatus: answer.status, message: "the answer does not say how the job stands")
    }
    reading.job = operation.answer.id.text(in: json).map { job($0, json, operation.answer) }
    reading.isSuspect =
      declaration.failures.code.text(in: json) != nil || declaration.failures.message.text(in: json) != nil
    return reading
  }

  /// The answer to the call that fetches the output of a job that is over.
  ///
  /// - Parameter isFailed: whether the status held an error: then a bad status here is the job's, whatever it is.
  /// - Throws: when it is about the call and not about the job.
  func fetched(
    _ answer: VendorAnswer, _ operation: VendorOperation, isFailed: Bool, at now: Instant
  ) throws(VendorFailure) -> Reading {
    guard answer.isGood else {
      let failure = failure(answer, at: now)
      // A server error without the vendor's own code may be its gateway's, and the output is still there.
      let isOfTheCall = [401, 403, 404, 408, 410, 425, 429].contains(answer.status) || answer.status >= 500
      let isNamed = failure.vendorCode != nil && answer.status != 429
      guard isFailed || isNamed || (answer.status >= 400 && !isOfTheCall) else { throw failure }
      return Reading(state: .failed(aboutJob(failure)))
    }
    if let file = file(answer, operation.answer) { return Reading(state: settled(file)) }
    let json = try json(answer, .unknown)
    let state: Reading.State =
      if let found = found(json, answer) { .failed(found) } else { output(json, operation.answer) }
    return Reading(
      state: state, cost: cost(json, operation.answer), usage: usage(json, operation.answer))
  }

  /// What a signed webhook says; nil when it does not tell how the job stands.
  func told(_ json: JSONValue, _ operation: VendorOperation) -> Reading? {
    var shape = operation.answer
    if !webhook.state.isEmpty { shape.state = webhook.state }
    if !webhook.states.isEmpty { shape.states = webhook.states }
    let inner = webhook.output
    shape.urls = shape.urls.map { inner.appending($0) }
    shape.base64 = shape.base64.map { inner.appending($0) }
    shape.text = shape.text.map { inner.appending($0) }
    shape.cost = shape.cost.map { inner.appending($0) }
    guard let word = shape.state.text(in: json) else { return nil }
    guard var reading = reading(json, shape, operation, VendorAnswer(status: 200, body: []), fetches: false)
    else {
      return nil
    }
    // What a webhook leaves out is not yet missing; the result call has the last word.
    if case .failed(let failure) = reading.state, failure.cause == .found { return nil }
    if case .unrecognised = reading.state { reading.state = .unrecognised(word) }
    return reading
  }

  // MARK: Parts

  /// Nil when the state is not there.
  private func reading(
    _ json: JSONValue, _ shape: AnswerShape, _ operation: VendorOperation, _ answer: VendorAnswer,
    fetches: Bool = true
  ) -> Reading? {
    guard let (word, meaning) = state(json, shape) else { return nil }
    var reading = Reading(state: .unrecognised(word), cost: cost(json, shape), usage: usage(json, shape))
    switch meaning {
    case nil: break
    case .queued: reading.state = .queued
    case .running: reading.state = .running(progress: progress(json, shape))
    case .canceled: reading.state = .canceled
    case .expired: reading.state = .expired
    case .failed: reading.state = .failed(jobFailure(json, answer))
    case .moderated:
      let failure = jobFailure(json, answer)
      reading.state = .failed(
        VendorFailure(.moderated, vendorCode: failure.vendorCode ?? word, message: failure.message))
    case .succeeded:
      if let found = found(json, answer) {
        reading.state = .failed(found)
      } else if fetches, operation.result != nil {
        reading.state = .succeeded(nil)
      } else {
        reading.state = output(json, shape)
      }
    }
    return reading
  }

  /// The vendor's word and what it means, where anybody knows; nil when the answer tells no state.
  private func state(_ json: JSONValue, _ shape: AnswerShape) -> (word: String, meaning: StateMeaning?)? {
    if let word = shape.state.text(in: json) {
      let known =
        shape.states.first { $0.word == word }
        ?? shape.states.first { $0.word.lowercased() == word.lowercased() }
      return (word, known?.meaning)
    }
    let sign = shape.signs.first { sign in
      sign.at?.values(in: json).contains(where: VendorInterpreter.isSomething) ?? true
    }
    return sign.map { ($0.meaning.rawValue, $0.meaning) }
  }

  func job(_ id: String, _ json: JSONValue, _ shape: AnswerShape) -> VendorJob {
    VendorJob(
      id: id, statusURL: shape.statusURL.text(in: json).flatMap(callable),
      resultURL: shape.resultURL.text(in: json).flatMap(callable),
      cancelURL: shape.cancelURL.text(in: json).flatMap(callable))
  }

  /// - Parameter kind: what an answer that cannot be read amounts to.
  func json(_ answer: VendorAnswer, _ kind: FailureClass) throws(VendorFailure) -> JSONValue {
    do {
      return try JSONValue.parse(answer.body)
    } catch {
      let isPage = answer.mediaType == "text/html" || answer.body.first { $0 > 0x20 } == UInt8(ascii: "<")
      throw VendorFailure(
        kind, httpStatus: answer.status,
        message: isPage
          ? "the vendor answered with an HTML page where JSON belongs"
          : "the vendor's answer is not JSON: \(error)")
    }
  }

  private func progress(_ json: JSONValue, _ shape: AnswerShape) -> Double? {
    shape.progress.first(in: json)?.doubleValue.map { min(max($0 > 1 ? $0 / 100 : $0, 0), 1) }
  }

  func cost(_ json: JSONValue, _ shape: AnswerShape) -> Money? {
    let value = shape.cost.first(in: json)
    let number = value?.doubleValue ?? value?.stringValue.flatMap { Double($0) }
    return number.flatMap { $0 >= 0 ? Money(dollars: $0 * shape.costUnit) : nil }
  }

  func usage(_ json: JSONValue, _ shape: AnswerShape) -> TokenUsage? {
    let input = shape.inputTokens.first(in: json)?.integerValue
    let output = shape.outputTokens.first(in: json)?.integerValue
    guard input != nil || output != nil else { return nil }
    return TokenUsage(input: Int(input ?? 0), output: Int(output ?? 0), cost: cost(json, shape))
  }
}
