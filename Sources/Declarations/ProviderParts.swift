import Foundation
import Routing

/// What a catalogue file says of a provider beyond its name.
enum ProviderParts {
  /// Nil when the file says nothing of it, so that a catalogue of before reads, and is stored, as before.
  static func access(_ fields: YAMLFields, kind: Provider.Kind) -> Access? {
    let access = Access(
      adapter: fields.optionalString("adapter"),
      bases: bases(fields, kind: kind),
      credential: variable(fields, "credential"),
      concurrency: fields.optionalInteger("concurrency", in: 1...100_000),
      rates: (fields.optionalObjects("rates", kind: "rate") ?? []).map(rate),
      payment: fields.optionalChoice("payment", PaymentModel.self) ?? .onDemand,
      webhook: fields.optionalChoice("webhook", WebhookScheme.self),
      webhookSecrets: (fields.optionalStrings("webhook_secrets", count: 1...8) ?? []).compactMap {
        isVariable($0.text) ? $0.text : notAVariable(fields, "webhook_secrets", $0.line)
      },
      pollFloor: fields.optionalParsed("poll_floor", as: "a span such as 500ms or 5s") { Span($0) },
      hosts: hosts(fields, "hosts"))
    return access == Access() && !fields.has("payment") ? nil : access
  }

  private static func rate(_ fields: YAMLFields) -> Access.Rate {
    let count = fields.integer("count", in: 1...1_000_000_000)
    let period = fields.parsed("per", as: "a span such as 1s, 1m or 24h") { text in
      Span(text).flatMap { $0 > .seconds(0) ? $0 : nil }
    }
    return Access.Rate(count, per: period ?? .seconds(1))
  }

  // MARK: Addresses

  /// `base_url`, the one called `api`, and `base_urls`, by their names.
  private static func bases(_ fields: YAMLFields, kind: Provider.Kind) -> [Access.Base] {
    var bases: [Access.Base] = []
    let wanted =
      "an https URL without query and password"
      + (kind == .local ? " (http is allowed for a local provider)" : " (http only to this machine)")
    if let url = fields.optionalParsed("base_url", as: wanted, { base($0, kind) }) {
      bases.append(Access.Base(name: "api", url: url))
    }
    if let named = fields.optionalObject("base_urls", kind: "base_urls") {
      for name in named.names {
        if name == "api", !bases.isEmpty {
          named.fail(name, "is given by base_url already")
        }
        if let url = named.parsed(name, as: wanted, { base($0, kind) }) {
          bases.append(Access.Base(name: name, url: url))
        }
      }
    }
    return bases
  }

  /// Without a slash at its end; nil when it is not allowed.
  static func base(_ text: String, _ kind: Provider.Kind) -> String? {
    guard let url = URL(string: text), let host = url.host(), !host.isEmpty, url.user == nil,
      url.query == nil,
      url.fragment == nil
    else { return nil }
    let isHere = host == "localhost" || host == "::1" || host.hasPrefix("127.")
    guard url.scheme == "https" || (url.scheme == "http" && (kind == .local || isHere)) else { return nil }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// Host names, each perhaps with `*.` before it.
  static func hosts(_ fields: YAMLFields, _ key: String) -> [String] {
    (fields.optionalStrings(key, count: 1...256) ?? []).compactMap { text, line in
      let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
      let isHost =
        !name.isEmpty && !name.hasPrefix(".") && !name.hasSuffix(".")
        && name.utf8.allSatisfy {
          (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
        }
      guard isHost, !text.hasPrefix("*.") || name.contains(".") else {
        fields.fail(
          atLine: line,
          "an element of '\(key)' must be a host in lower case, such as api.example.com or *.example.com, got '\(text)'"
        )
        return nil
      }
      return text
    }
  }

  // MARK: Credentials

  private static func variable(_ fields: YAMLFields, _ key: String) -> String? {
    guard let text = fields.optionalString(key) else { return nil }
    return isVariable(text) ? text : notAVariable(fields, key, fields.line(of: key))
  }

  static func isVariable(_ text: String) -> Bool {
    guard let first = text.utf8.first, (0x41...0x5A).contains(first), text.utf8.count <= 100 else {
      return false
    }
    return text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
  }

  /// The text itself may be a secret that somebody put here, so no message repeats it.
  private static func notAVariable(_ fields: YAMLFields, _ key: String, _ line: Int) -> String? {
    fields.fail(
      atLine: line,
      "'\(key)' in \(fields.kind) must name an environment variable in capital letters, such as ACME_API_KEY; "
        + "a secret never stands in the file")
    return nil
  }
}
