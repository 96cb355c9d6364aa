import Wire

/// A conversation in the form of Converse: `{"messages": [{"role", "content": [{"text"}]}], "system": [{"text"}]}`.
///
/// There a user and an assistant take turns, so that what one says twice in a row becomes one turn, and what the system
/// says stands apart.
struct BedrockConversation {
  private(set) var system: [JSONValue] = []
  private(set) var turns: [(role: String, content: [JSONValue])] = []
  /// What cannot be said in Converse's form; nil when all can.
  private(set) var fault: String?

  /// - Parameter messages: as callers give them, `{"role", "content"}` with a text or a list of parts.
  init(_ messages: [JSONValue]) {
    for (place, message) in messages.enumerated() {
      let role = message["role"]?.stringValue ?? ""
      guard let texts = Self.texts(message["content"]), message["tool_calls"] == nil else {
        fault = fault ?? "has something other than text in message \(place), which is not done here"
        continue
      }
      let content = texts.filter { !$0.isEmpty }.map { JSONValue.object([.init("text", .string($0))]) }
      switch role {
      case "system", "developer": system += content
      case "user", "assistant":
        if let last = turns.indices.last, turns[last].role == role {
          turns[last].content += content
        } else if !content.isEmpty {
          turns.append((role, content))
        }
      default:
        fault = fault ?? "has a message of '\(role)'; this model knows user, assistant and system"
      }
    }
    if fault == nil, turns.first?.role != "user" { fault = "must begin with something that the user says" }
  }

  /// Nil when a part is not text.
  private static func texts(_ content: JSONValue?) -> [String]? {
    switch content {
    case .string(let text): return [text]
    case .array(let parts):
      let texts = parts.compactMap { part in
        (part["type"]?.stringValue ?? "text") == "text" ? part["text"]?.stringValue : nil
      }
      return texts.count == parts.count ? texts : nil
    default: return nil
    }
  }

  /// A body with the messages in the place of those that stand there.
  func put(into body: JSONValue) -> JSONValue {
    let messages = turns.map { turn in
      JSONValue.object([.init("role", .string(turn.role)), .init("content", .array(turn.content))])
    }
    let body = JSONPath(steps: ["messages"]).putting(.array(messages), into: body)
    return system.isEmpty ? body : JSONPath(steps: ["system"]).putting(.array(system), into: body)
  }
}
