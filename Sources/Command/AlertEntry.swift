import Adapters
import Declarations
import Foundation
import Logging
import Serving
import Transport

/// A receiver of alerts as the configuration names it.
///
///     alerts:
///       - {kind: webhook, url: "https://alerts.example.com/pointsman"}
///       - {kind: telegram, token_variable: TELEGRAM_TOKEN, chat: "-1001234567"}
enum AlertEntry: Equatable, Sendable {
  case webhook(AlertAddress)
  case telegram(AlertAddress, tokenVariable: String, chat: String)

  private enum Kind: String, CaseIterable { case webhook, telegram }

  /// Nil when something is wrong, which the fields then know.
  init?(_ fields: YAMLFields) {
    let kind = fields.choice("kind", Kind.self)
    let allowsPrivate = fields.optionalBool("allow_private") ?? false
    switch kind {
    case .webhook:
      let url = fields.string("url")
      guard let address = AlertEntry.address(url, "url", allowsPrivate, fields) else { return nil }
      self = .webhook(address)
    case .telegram:
      let variable = fields.string("token_variable")
      let chat = fields.string("chat")
      let base = fields.optionalString("base_url") ?? TelegramAlerts.base
      guard variable.isEmpty || variable.wholeMatch(of: /[A-Z][A-Z0-9_]{0,99}/) != nil else {
        // It may be the token itself, so the message does not repeat it.
        fields.fail(
          "token_variable",
          "must name an environment variable in capital letters, such as TELEGRAM_TOKEN; a secret never stands in the file"
        )
        return nil
      }
      guard let address = AlertEntry.address(base, "base_url", allowsPrivate, fields) else { return nil }
      self = .telegram(address, tokenVariable: variable, chat: chat)
    case nil:
      // Already an error; the rest is read so that it is not called unknown as well.
      for name in ["url", "token_variable", "chat", "base_url"] { _ = fields.optionalString(name) }
      return nil
    }
  }

  private static func address(
    _ url: String, _ key: String, _ allowsPrivate: Bool, _ fields: YAMLFields
  ) -> AlertAddress? {
    guard !url.isEmpty else { return nil }
    do throws(AlertAddressError) {
      return try AlertAddress(url, allowsPrivate: allowsPrivate)
    } catch {
      fields.fail(key, error.description)
      return nil
    }
  }

  /// The receiver; nil when its token is not there, which the log then says.
  func sink(
    _ transport: HTTPTransport, variable: (String) -> String?, logger: Logger
  ) -> (any AlertSink)? {
    switch self {
    case .webhook(let address): return WebhookAlerts(address, transport: transport)
    case .telegram(let address, let name, let chat):
      guard let token = variable(name), !token.isEmpty else {
        logger.warning(
          "alerts to telegram chat \(chat) are skipped: the environment variable \(name) is not set")
        return nil
      }
      return TelegramAlerts(address, token: token, chat: chat, transport: transport)
    }
  }
}

/// The address under which a router is reached from outside.
enum PublicURL {
  static let wanted =
    "an https address without query, such as https://router.example.com (http only to this machine)"

  /// Without a slash at its end; nil when it is not allowed. Plain http is for trying things out on one machine.
  static func checked(_ text: String) -> String? {
    guard let url = URL(string: text), let host = url.host(), !host.isEmpty, url.user == nil,
      url.query == nil, url.fragment == nil
    else { return nil }
    let isHere = host == "localhost" || host == "::1" || host.hasPrefix("127.")
    guard url.scheme == "https" || (url.scheme == "http" && isHere) else { return nil }
    var text = text
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }
}
