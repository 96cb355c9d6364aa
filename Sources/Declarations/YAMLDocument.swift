import Foundation
import Yams

/// From a text or a file to its root node, every fault of YAML itself turned into a ``DeclarationErrors``.
enum YAMLDocument {
  /// Reads a whole file as UTF-8.
  static func text(ofFile path: String) throws(DeclarationErrors) -> String {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw DeclarationErrors([DeclarationError(file: path, line: 0, message: "cannot be read")])
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DeclarationErrors([DeclarationError(file: path, line: 0, message: "is not UTF-8")])
    }
    return text
  }

  /// Composes the one document of a text.
  static func compose(_ text: String, file: String) throws(DeclarationErrors) -> Node {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text, .basic)
    } catch {
      throw DeclarationErrors(faults(error, text: text, file: file))
    }
    guard let node else {
      throw DeclarationErrors([DeclarationError(file: file, line: 0, message: "is empty")])
    }
    return node
  }

  private static func faults(_ error: any Error, text: String, file: String) -> [DeclarationError] {
    func fault(_ line: Int, _ message: String) -> DeclarationError {
      DeclarationError(file: file, line: line, message: message)
    }
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let start = context.map { " \($0.text) (begun in line \($0.mark.line))" } ?? ""
      return [fault(mark.line, "malformed YAML: \(problem)\(start)")]
    case .reader(let problem, let offset, _, _):
      let line = offset.map { offset in text.utf8.prefix(offset).count { $0 == 0x0A } + 1 } ?? 0
      return [fault(line, "malformed YAML: \(problem)")]
    case .duplicatedKeysInMapping(let names, let context):
      // Yams stops at the first mapping that repeats a key and marks only its first key; the repetition is
      // looked for below it, at the same column, so that the message points at the line to be removed.
      return names.map { name in
        let again = repetition(of: name, from: context.mark, in: text)
        return fault(
          again ?? context.mark.line,
          "key '\(name)' stands twice in one mapping" + (again == nil ? "" : ", first above"))
      }
    default:
      return [fault(0, "\(error)")]
    }
  }

  /// The second line from the mark on that opens a block-mapping key of that name at the mark's column,
  /// before the mapping ends; nil for flow mappings.
  private static func repetition(of name: String, from mark: Mark, in text: String) -> Int? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let indent = mark.column - 1
    var found = 0
    for index in max(0, mark.line - 1)..<lines.count {
      let line = lines[index].prefix { $0 != "\r" }
      let content = line.drop { $0 == " " || $0 == "-" && index == mark.line - 1 }
      let column = line.count - content.count
      if content.isEmpty || content.first == "#" { continue }
      if column < indent { return nil }
      guard column == indent else { continue }
      let isKey = ["\(name):", "\"\(name)\":", "'\(name)':"].contains { content.hasPrefix($0) }
      if isKey { found += 1 }
      if found == 2 { return index + 1 }
    }
    return nil
  }
}
