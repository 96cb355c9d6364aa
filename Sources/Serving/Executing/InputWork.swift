public import Routing
import Wire

extension WorkInput {
  /// The text that says what is wanted: the prompt; of a conversation the last thing that its user says; of several
  /// texts the first. Nil when there is none that is more than white space.
  ///
  /// - Parameter limit: characters; what comes after them is left out.
  public func intentText(limit: Int) -> String? {
    let text =
      self[.prompt]?.stringValue ?? self[.messages]?.arrayValue.flatMap(WorkInput.lastSaid)
      ?? self[.texts]?[0]?.stringValue
    guard let text, text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { return nil }
    guard text.utf8.count > limit else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
  }

  /// The amounts of work that the input itself states. Tokens read are taken at four bytes each; what the input does
  /// not say stays unsaid.
  public func work(for capability: Capability) -> Work {
    var work = Work(
      outputTokens: whole(.maximumOutputTokens), images: whole(.count), width: whole(.width),
      height: whole(.height), duration: self[.duration]?.doubleValue)
    switch capability {
    case .textGeneration, .embedding, .qualityReview:
      let bytes = [.prompt, .messages, .texts].reduce(0) { $0 + WorkInput.textBytes(self[$1]) }
      if bytes > 0 { work.inputTokens = max(1, bytes / 4) }
    case .textToSpeech, .voiceCloning:
      work.characters = self[.prompt]?.stringValue?.count
    default: break
    }
    return work
  }

  /// The input as it is stored: known parameters in the order of ``WorkParameter``, then the vendor's own.
  public var canonicalJSON: [UInt8] {
    var writer = JSONWriter(reserving: 512)
    writer.object { writer in
      for parameter in given { writer.field(parameter.rawValue, self[parameter]) }
      if !vendor.isEmpty { writer.field("vendor", JSONValue.object(vendor)) }
    }
    return writer.bytes
  }

  private func whole(_ parameter: WorkParameter) -> Int? {
    self[parameter]?.integerValue.flatMap { Int(exactly: $0) }
  }

  private static func lastSaid(_ messages: [JSONValue]) -> String? {
    let last = messages.last { $0["role"]?.stringValue == "user" } ?? messages.last
    guard let content = last?["content"] else { return nil }
    if let text = content.stringValue { return text }
    // Parts of a message: `[{"type": "text", "text": …}, {"type": "image_url", …}]`.
    let parts = content.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
    return parts.isEmpty ? nil : parts.joined(separator: "\n")
  }

  /// Of text alone: a picture inside a message costs tokens too, but not by the length of its data.
  private static func textBytes(_ value: JSONValue?) -> Int {
    switch value {
    case .string(let text)?: text.utf8.count
    case .array(let items)?: items.reduce(0) { $0 + textBytes($1) }
    case .object?: textBytes(value?["content"]) + textBytes(value?["text"])
    default: 0
    }
  }
}
