import Jobs
import Routing
import Serving
import Wire

extension Limits {
  /// What in an order breaks a candidate's limits; a limit is never held against an assumption.
  func faults(of order: WorkOrder) -> FieldErrors {
    var errors = FieldErrors()
    func atMost(_ limit: Double?, _ parameter: WorkParameter, _ value: Double?, _ unit: String) {
      guard let limit, let value, value > limit else { return }
      errors.append(
        FieldError(
          pointer: JSONPointer.step(parameter.rawValue),
          message: "must be at most \(number(limit)) \(unit) for this model, got \(number(value))"))
    }
    let input = order.input
    atMost(maximumWidth.map(Double.init), .width, input[.width]?.doubleValue, "pixels")
    atMost(maximumHeight.map(Double.init), .height, input[.height]?.doubleValue, "pixels")
    atMost(maximumDuration, .duration, input[.duration]?.doubleValue, "seconds")
    atMost(maximumImages.map(Double.init), .count, input[.count]?.doubleValue, "pictures")
    atMost(
      maximumOutputTokens.map(Double.init), .maximumOutputTokens, input[.maximumOutputTokens]?.doubleValue,
      "tokens")
    let prompt = input[.prompt]?.stringValue ?? ""
    if order.capability == .textToSpeech || order.capability == .voiceCloning {
      atMost(maximumCharacters.map(Double.init), .prompt, Double(prompt.count), "characters")
    }
    // No text has more tokens than bytes; four bytes a token is what English has, so this refuses only what no
    // tokeniser can bring under the limit.
    let bytes = prompt.utf8.count + (input[.messages]?.serialized().count ?? 0)
    if let limit = maximumInputTokens, bytes / 16 > limit {
      errors.append(
        FieldError(
          pointer: JSONPointer.step((input[.prompt] == nil ? WorkParameter.messages : .prompt).rawValue),
          message: "is too long for this model: it reads at most \(limit) tokens, and this has \(bytes) bytes"
        ))
    }
    if let least = minimumDuration, let value = input[.duration]?.doubleValue, value < least {
      errors.append(
        FieldError(
          pointer: JSONPointer.step(WorkParameter.duration.rawValue),
          message: "must be at least \(number(least)) seconds for this model, got \(number(value))"))
    }
    return errors
  }

  private func number(_ value: Double) -> String {
    Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}

extension WorkParameter {
  /// Those that shape what is made: one that a vendor cannot take is an error, not to be ignored.
  fileprivate static let shaping: Set<WorkParameter> = [
    .aspectRatio, .width, .height, .duration, .count, .imageURL, .maskURL, .videoURL, .videoURLs, .audioURL,
    .texts, .voice, .format, .dimensions, .messages,
  ]
}

extension [FieldRule] {
  /// What a vendor whose fields these are would refuse.
  ///
  /// - Parameter name: of who refuses, for the messages.
  func faults(of values: OrderValues, by name: String) -> FieldErrors {
    var errors = FieldErrors()
    for rule in self {
      guard let fault = rule.fault(of: values) else { continue }
      let parameter = rule.reads.first { values.order.input[$0] != nil } ?? rule.reads.first
      errors.append(
        FieldError(pointer: parameter.map { JSONPointer.step($0.rawValue) } ?? "", message: fault))
    }
    // Of a conversation a vendor that takes one prompt would hear only the end.
    for parameter in [WorkParameter.messages, .texts] {
      let count = values.order.input[parameter]?.arrayValue?.count ?? 0
      if count > 1, !contains(where: { $0.names.contains(parameter.rawValue) }) {
        errors.append(
          FieldError(
            pointer: JSONPointer.step(parameter.rawValue),
            message: "has \(count) parts, and \(name) takes one prompt"))
      }
    }
    for parameter in values.order.input.given
    where WorkParameter.shaping.contains(parameter) && !contains(where: { $0.reads.contains(parameter) }) {
      if parameter == .count, values.order.input[.count]?.integerValue == 1 { continue }
      errors.append(
        FieldError(
          pointer: JSONPointer.step(parameter.rawValue),
          message: "is not something that \(name) can take; leave it out or ask another"))
    }
    return errors
  }
}
