import Jobs
import Serving
import Wire

/// One order as Bedrock is to be asked for it. Pure.
struct BedrockOrder {
  let family: BedrockFamily
  let values: OrderValues
  /// `s3://bucket/folder`, where films are to be written.
  let output: String?

  private var order: WorkOrder { values.order }

  /// All that is wrong with it.
  ///
  /// - Parameters:
  ///   - provider: for the messages.
  ///   - variable: the one that should name the bucket.
  func faults(_ provider: String, variable: String) -> FieldErrors {
    var errors = family.fields.faults(of: values, by: "\(provider)'s \(family.rawValue)")
    if family == .conversation, let fault = conversation?.fault {
      errors.append(FieldError(pointer: "/messages", message: fault))
    }
    if family == .embedding, let count = values.json("texts")?.arrayValue?.count, count > 1 {
      errors.append(
        FieldError(pointer: "/texts", message: "has \(count) texts, and \(provider) embeds one a call"))
    }
    if family == .film, output == nil {
      errors.append(
        FieldError(
          pointer: "",
          message: "cannot be done: \(provider) writes films into a bucket, and the environment variable"
            + " \(variable) does not name one (s3://bucket/folder)"))
    }
    return errors
  }

  private var conversation: BedrockConversation? {
    values.json("messages")?.arrayValue.map { BedrockConversation($0) }
  }

  func call(_ places: BedrockPlaces) -> CallDescription {
    let model = Template.encoded(order.model, keepingSlashes: false)
    let url =
      switch family {
      case .conversation: "/model/\(model)/converse"
      case .embedding, .picture: "/model/\(model)/invoke"
      case .film: "/async-invoke"
      }
    return CallDescription(
      method: "POST", url: places.runtime + url,
      headers: [CallDescription.Header(name: "Accept", value: "application/json")], body: .json(body))
  }

  private var body: JSONValue {
    var body = JSONValue.object([])
    for rule in family.fields {
      if let value = rule.value(of: values) { body = rule.target.putting(value, into: body) }
    }
    if family == .conversation, let conversation { body = conversation.put(into: body) }
    if family == .embedding, let text = values.json("texts")?[0] {
      body = JSONPath(steps: ["inputText"]).putting(text, into: body)
    }
    for member in order.input.vendor {
      body = JSONPath(steps: [member.name]).putting(member.value, into: body)
    }
    guard family == .film else { return body }
    // The same for the same attempt, to the last byte: another body under the token is a conflict.
    return [
      "clientRequestToken": .string(order.token), "modelId": .string(order.model), "modelInput": body,
      "outputDataConfig": ["s3OutputDataConfig": ["s3Uri": .string(output ?? "")]],
    ]
  }
}
