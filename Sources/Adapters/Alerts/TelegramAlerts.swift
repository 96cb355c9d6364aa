import Jobs
import Routing
public import Serving
public import Transport
import Wire

/// Tells a Telegram chat: `POST https://api.telegram.org/bot<token>/sendMessage` with `chat_id` and `text`.
///
/// Source: core.telegram.org/bots/api, "Making requests" and `sendMessage`: texts of 1 to 4096 characters; a failure
/// says `ok: false` with `error_code`, `description` and, when there were too many, `parameters.retry_after` seconds.
public struct TelegramAlerts: AlertSink {
  public let name: String
  private let door: AlertDoor
  private let token: String
  private let chat: String

  public static let base = "https://api.telegram.org"
  private static let maximumText = 4_096

  /// - Parameters:
  ///   - token: of the bot; appears nowhere but in the call.
  ///   - chat: its number, or `@name` of a channel.
  public init(_ address: AlertAddress, token: String, chat: String, transport: HTTPTransport) {
    door = AlertDoor(address: address, transport: transport)
    self.token = token
    self.chat = chat
    name = "telegram chat \(chat)"
  }

  public func send(_ alert: Alert) async throws(AlertFailure) {
    let message: JSONValue = [
      "chat_id": .string(chat), "text": .string(TelegramAlerts.text(alert)),
      "disable_web_page_preview": true,
    ]
    let answer = try await door.post(message, path: "/bot\(token)/sendMessage")
    let said = try? JSONValue.parse(answer.body)
    if said?["ok"]?.boolValue == true { return }
    guard var failure = door.failure(answer) else {
      throw AlertFailure("\(name): the answer is not Telegram's", isPassing: true)
    }
    if let reason = said?["description"]?.stringValue {
      failure.message =
        "\(name): \(reason.split(separator: token, omittingEmptySubsequences: false).joined(separator: "…"))"
    }
    if let seconds = said?["parameters"]?["retry_after"]?.integerValue, failure.isPassing {
      failure.retryAfter = .seconds(min(max(seconds, 0), 3_600))
    }
    throw failure
  }

  /// The level, the message, and when.
  static func text(_ alert: Alert) -> String {
    let text = "\(alert.level.rawValue.uppercased()): \(alert.message)\n\(alert.at)"
    return text.count <= maximumText ? text : text.prefix(maximumText - 1) + "…"
  }
}
