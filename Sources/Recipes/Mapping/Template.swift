import Wire

/// A text with references in it. `{{` and `}}` are braces.
struct Template: Hashable, Sendable {
  enum Part: Hashable, Sendable {
    case text(String)
    case reference(Reference)
  }

  private(set) var parts: [Part] = []

  /// - Throws: what is wrong with the text, to be put behind its pointer.
  init(_ text: String) throws(TemplateFault) {
    var literal = ""
    var rest = text[...]
    while let sign = rest.popFirst() {
      switch sign {
      case "{" where rest.first == "{", "}" where rest.first == "}":
        rest.removeFirst()
        literal.append(sign)
      case "{":
        guard let end = rest.firstIndex(of: "}") else {
          throw TemplateFault("has a { without its }; a brace itself is written {{")
        }
        let inside = rest[..<end]
        guard let reference = Reference(inside) else {
          throw TemplateFault(
            "does not understand {\(inside)}: it takes {request.NAME}, {steps.NAME.text}, "
              + "{steps.NAME.artefacts[0].url}, {intent}, {item} and {index}, several with | between them, "
              + "and a ? at the end where it may be missing; a brace itself is written {{")
        }
        rest = rest[rest.index(after: end)...]
        if !literal.isEmpty { parts.append(.text(literal)) }
        literal = ""
        parts.append(.reference(reference))
      case "}": throw TemplateFault("has a } without its {; a brace itself is written }}")
      default: literal.append(sign)
      }
    }
    if !literal.isEmpty || parts.isEmpty { parts.append(.text(literal)) }
  }

  var references: [Reference] {
    parts.compactMap { if case .reference(let reference) = $0 { reference } else { nil } }
  }

  /// The only thing in it, when that is a reference: then its value stands for the whole, whatever its kind.
  var only: Reference? {
    if parts.count == 1, case .reference(let reference) = parts[0] { reference } else { nil }
  }

  /// Every reference in a value and in all that it holds, with the pointers of their texts.
  ///
  /// - Throws: every text that cannot be read.
  static func references(
    in value: JSONValue, at pointer: String = ""
  ) throws(FieldErrors) -> [(reference: Reference, pointer: String)] {
    var found: [(reference: Reference, pointer: String)] = []
    var errors = FieldErrors()
    collect(value, pointer, &found, &errors)
    guard errors.isEmpty else { throw errors }
    return found
  }

  private static func collect(
    _ value: JSONValue, _ pointer: String, _ found: inout [(reference: Reference, pointer: String)],
    _ errors: inout FieldErrors
  ) {
    switch value {
    case .string(let text):
      do throws(TemplateFault) {
        found += try Template(text).references.map { ($0, pointer) }
      } catch {
        errors.append(FieldError(pointer: pointer, message: error.message))
      }
    case .array(let elements):
      for (place, element) in elements.enumerated() {
        collect(element, pointer + JSONPointer.step(place), &found, &errors)
      }
    case .object(let members):
      for member in members {
        collect(member.value, pointer + JSONPointer.step(member.name), &found, &errors)
      }
    case .null, .bool, .integer, .number: break
    }
  }
}

/// Why a template cannot be read or filled.
public struct TemplateFault: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: String

  init(_ message: String) { self.message = message }

  public var description: String { message }
}
