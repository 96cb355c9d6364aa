public import Declarations
import Routing
import Wire

/// A vendor's declaration as a person writes it: `data/vendors/NAME.yaml`.
///
/// One file makes a working adapter. README's "Add a provider" shows a complete one.
public enum VendorFile {
  /// Reads and checks a file.
  ///
  /// - Throws: every fault found, by line.
  public static func load(path: String) throws(DeclarationErrors) -> VendorDeclaration {
    try read(YAMLFields(ofFile: path, kind: "vendor"))
  }

  /// Reads and checks a text.
  ///
  /// - Parameter file: how the errors name it.
  /// - Throws: every fault found, by line.
  public static func parse(_ text: String, file: String) throws(DeclarationErrors) -> VendorDeclaration {
    try read(YAMLFields(text, file: file, kind: "vendor"))
  }

  private static func read(_ root: YAMLFields) throws(DeclarationErrors) -> VendorDeclaration {
    _ = root.integer("version", in: 1...1)
    let vendor = root.string("vendor")
    let credential = variable(root, "credential")
    let bases = bases(root)
    let variables = variables(root)
    let reader = VendorParts(bases: bases.map(\.name), variables: variables.map(\.name))
    let answer = root.optionalObject("answer").map { reader.answer($0, over: AnswerShape()) } ?? AnswerShape()
    let shared = VendorParts.Shared(
      answer: answer, status: root.optionalObject("status").map { reader.call($0, "GET") },
      result: root.optionalObject("result").map { reader.call($0, "GET") },
      cancel: root.optionalObject("cancel").map { reader.call($0, "POST") },
      list: root.optionalObject("list").map { reader.list($0) })
    let operations = root.objects("operations", kind: "operation").map { reader.operation($0, shared) }
    let declaration = VendorDeclaration(
      vendor: vendor, credential: credential, variables: variables, bases: bases,
      callHosts: hosts(root, "call_hosts"),
      hosts: hosts(root, "hosts"),
      headers: reader.templates(root, "headers"),
      webhook: root.optionalObject("webhook").map { reader.webhook($0) } ?? WebhookShape(),
      failures: root.optionalObject("failures").map { reader.failures($0) } ?? FailureRules(),
      operations: operations,
      health: root.optionalObject("health").map { reader.call($0, "GET") },
      discovery: (root.optionalObjects("discovery", kind: "discovery") ?? []).map { reader.discovery($0) })
    if operations.isEmpty, root.has("operations") { root.fail("operations", "must declare at least one") }
    try root.finish()
    return declaration
  }

  private static func bases(_ root: YAMLFields) -> [Access.Base] {
    guard let fields = root.object("bases") else { return [] }
    let bases = fields.names.compactMap { name in
      fields.parsed(name, as: "an https URL, or an http one of a local service") { text in
        ["https://", "http://"].contains { text.hasPrefix($0) } && !text.contains("{") ? text : nil
      }.map { Access.Base(name: name, url: $0.hasSuffix("/") ? String($0.dropLast()) : $0) }
    }
    if fields.names.isEmpty { root.fail("bases", "must name at least one address, such as api: https://…") }
    return bases
  }

  /// `project: GOOGLE_CLOUD_PROJECT`, or with a value for when it is not set, `{variable: NAME, default: text}`.
  private static func variables(_ root: YAMLFields) -> [AccountVariable] {
    guard let fields = root.optionalObject("variables") else { return [] }
    return fields.names.compactMap { name in
      guard fields.isMapping(name) else {
        return variable(fields, name).map { AccountVariable(name: name, variable: $0) }
      }
      guard let parts = fields.optionalObject(name, kind: "variable") else { return nil }
      if !parts.has("variable") { parts.fail("variable", "must name the environment variable") }
      let fallback = parts.optionalString("default")
      return variable(parts, "variable").map {
        AccountVariable(name: name, variable: $0, fallback: fallback)
      }
    }
  }

  private static func hosts(_ root: YAMLFields, _ key: String) -> [String] {
    (root.optionalStrings(key, count: 0...256) ?? []).compactMap { text, line in
      let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
      guard name.contains("."), !name.contains(where: { "*/:@ ".contains($0) }), text == text.lowercased()
      else {
        root.fail(
          atLine: line,
          "an element of '\(key)' must be a host such as cdn.example.com or *.example.com, got '\(text)'")
        return nil
      }
      return text
    }
  }

  static func variable(_ fields: YAMLFields, _ key: String) -> String? {
    fields.optionalParsed(key, as: "the name of an environment variable in capital letters, never a secret") {
      isVariable($0) ? $0 : nil
    }
  }

  static func isVariable(_ text: String) -> Bool {
    text.utf8.first.map { (0x41...0x5A).contains($0) } == true
      && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
  }
}
