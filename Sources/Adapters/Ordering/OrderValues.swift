import Routing
import Serving
import Wire

/// What an order says under every name that a declaration may use: its parameters, what follows from them, and what
/// belongs to the attempt.
struct OrderValues {
  let order: WorkOrder
  let now: Instant

  /// Names beyond those of ``WorkParameter``.
  enum Derived: String, CaseIterable {
    /// `1024x1024`
    case size
    case model
    /// Of `owner/name:version`, what stands behind the colon.
    case version
    /// The first two parts of the model's name.
    case modelRoot = "model_root"
    case token
    case webhook
    /// Whole seconds until the deadline, at least 1.
    case secondsLeft = "seconds_left"
  }

  static let names = WorkParameter.allCases.map(\.rawValue) + Derived.allCases.map(\.rawValue)

  /// The parameters of the input that a name depends on.
  static func parameters(behind name: String) -> [WorkParameter] {
    switch name {
    case "size", "width", "height", "aspect_ratio": [.width, .height, .aspectRatio]
    case "prompt", "messages", "texts": [.prompt, .messages, .texts]
    default: WorkParameter(rawValue: name).map { [$0] } ?? []
    }
  }

  func json(_ name: String) -> JSONValue? {
    if let derived = Derived(rawValue: name) { return text(derived).map { .string($0) } }
    guard let parameter = WorkParameter(rawValue: name) else { return nil }
    if let value = order.input[parameter] { return value }
    switch parameter {
    case .prompt: return lastWords
    case .messages: return order.input[.prompt].map { [["role": "user", "content": $0]] }
    case .texts: return order.input[.prompt].map { .array([$0]) }
    case .aspectRatio:
      return sides.flatMap { AspectRatio(width: $0.0, height: $0.1) }.map { .string("\($0)") }
    case .width: return sides.map { .integer(Int64($0.0)) }
    case .height: return sides.map { .integer(Int64($0.1)) }
    default: return nil
    }
  }

  /// Only what the order's input itself says.
  func given(_ name: String) -> JSONValue? {
    WorkParameter(rawValue: name).flatMap { order.input[$0] }
  }

  func place(_ name: String) -> Template.Value? {
    if name == Derived.model.rawValue || name == Derived.modelRoot.rawValue {
      return json(name)?.scalarText.map { .path($0) }
    }
    return json(name)?.scalarText.map { .word($0) }
  }

  private func text(_ name: Derived) -> String? {
    switch name {
    case .size: sides.map { "\($0.0)x\($0.1)" }
    case .model: order.model
    case .version: order.model.lastIndex(of: ":").map { String(order.model[order.model.index(after: $0)...]) }
    case .modelRoot: order.model.split(separator: "/").prefix(2).joined(separator: "/")
    case .token: order.token
    case .webhook: order.webhookURL
    case .secondsLeft: order.deadline.map { "\(max(1, ($0 - now).microseconds / 1_000_000))" }
    }
  }

  /// Width and height as given; with one of them and a ratio the other follows, with a ratio alone about a megapixel in
  /// multiples of 16.
  private var sides: (Int, Int)? {
    let width = order.input[.width]?.integerValue.map(Int.init)
    let height = order.input[.height]?.integerValue.map(Int.init)
    if let width, let height { return (width, height) }
    guard let ratio = order.input[.aspectRatio]?.stringValue.flatMap({ AspectRatio($0) }) else { return nil }
    if let width { return (width, max(1, Int((Double(width) / ratio.value).rounded()))) }
    if let height { return (max(1, Int((Double(height) * ratio.value).rounded())), height) }
    func sixteenths(_ side: Double) -> Int { max(16, Int((side / 16).rounded()) * 16) }
    let tall = (1_048_576 / ratio.value).squareRoot()
    return (sixteenths(tall * ratio.value), sixteenths(tall))
  }

  /// The text of the last message of a user.
  private var lastWords: JSONValue? {
    let message = order.input[.messages]?.arrayValue?.last { $0["role"]?.stringValue == "user" }
    switch message?["content"] {
    case .string(let text): return .string(text)
    case .array(let parts):
      return .string(parts.compactMap { $0["text"]?.stringValue }.joined(separator: "\n"))
    default: return nil
    }
  }
}
