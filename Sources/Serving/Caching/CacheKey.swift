import Crypto
import Jobs
import Routing
import Wire

extension CacheTicket {
  /// The ticket of an order, by a caller's wish.
  ///
  /// Two orders are the same when they agree in capability, in who may serve (one candidate, or `auto`, and the lists of
  /// the constraints), in tenant and in their input. Not looked at is what only steers the choice or the waiting: cost,
  /// latency, the intent's own text, priority, deadline.
  init(_ order: JobOrder, _ wish: CacheWish) {
    let constraints = order.intent.constraints
    let only = constraints.only.map { Array(Set($0)).sorted() }
    let candidate = only.flatMap { $0.count == 1 ? $0[0] : nil } ?? "auto"
    func digest(withPrompt: Bool) -> String {
      var writer = JSONWriter(reserving: 1_024)
      writer.object { writer in
        writer.field("capability", order.intent.capability.name)
        writer.field("candidate", candidate)
        writer.fieldIfPresent("tenant", order.tenant)
        if let only { writer.array("only") { list in for id in only { list.value(id) } } }
        writer.array("exclude") { list in
          for id in Set(constraints.exclude).sorted() { list.value(id) }
        }
        writer.object("input") { writer in
          for parameter in order.input.given where withPrompt || parameter != .prompt {
            writer.field(parameter.rawValue, order.input[parameter].map { Normal.form(of: $0) })
          }
          if !order.input.vendor.isEmpty {
            writer.field("vendor", Normal.form(of: .object(order.input.vendor)))
          }
        }
      }
      return SHA256.hash(data: writer.bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    let prompt = order.input[.prompt]?.stringValue ?? order.intent.text ?? ""
    self.init(
      key: digest(withPrompt: true), kin: digest(withPrompt: false),
      label: "\(order.intent.capability.name):\(candidate):"
        + String(String.UnicodeScalarView(prompt.unicodeScalars.prefix(CacheTicket.labelledScalars))),
      lifetime: wish.lifetime, isSemantic: wish.mode == .semantic)
  }

  /// Characters of a prompt that patterns are held against; what comes behind them is not in the label.
  static let labelledScalars = 1_000
}

/// JSON in the one form that all spellings of it have: members by name, whole numbers as such, texts without white
/// space around them and with plain line ends.
enum Normal {
  static func form(of value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(
        members.map { .init($0.name, form(of: $0.value)) }.sorted { $0.name < $1.name })
    case .array(let items): .array(items.map { form(of: $0) })
    case .string(let text): .string(form(of: text))
    default: value.doubleValue.flatMap { Int64(exactly: $0) }.map { .integer($0) } ?? value
    }
  }

  private static func form(of text: String) -> String {
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false).joined(separator: "\n")
    let scalars = lines.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(String.UnicodeScalarView(scalars[first...last]))
  }
}
