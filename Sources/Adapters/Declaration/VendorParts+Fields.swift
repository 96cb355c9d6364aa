import Declarations
import Serving
import Wire

/// From the `fields` of a call to rules: `vendor's name: our name`, or a mapping that says more.
extension VendorParts {
  func fieldRules(_ fields: YAMLFields) -> [FieldRule] {
    fields.names.compactMap { name in
      guard let target = target(name) else {
        fields.fail(name, "is no JSON pointer: '~' must be followed by 0 or 1")
        return nil
      }
      if fields.isMapping(name) {
        return fields.object(name, kind: "field").map { rule($0, target) }
      }
      return known(fields, name).map { FieldRule(target: target, source: .name($0)) }
    }
  }

  private func rule(_ fields: YAMLFields, _ target: JSONPath) -> FieldRule {
    var source = FieldRule.Source.name("prompt")
    if fields.has("from") == fields.has("template") {
      fields.fail(atLine: fields.line, "field needs either 'from' or 'template'")
    }
    if fields.has("template") {
      if let template = template(fields, "template") { source = .template(template) }
    } else if let name = known(fields, "from") {
      source = .name(name)
    }
    let rule = FieldRule(
      target: target, source: source, form: fields.optionalChoice("as", FieldRule.Form.self),
      isRequired: fields.optionalBool("required") ?? false, fallback: fields.optionalJSON("default"),
      map: map(fields), nearest: list(fields, "nearest"), oneOf: list(fields, "one_of"),
      minimum: fields.optionalDouble("min"), maximum: fields.optionalDouble("max"),
      longest: fields.optionalInteger("max_characters", in: 1...10_000_000),
      isAsGiven: fields.optionalBool("as_given") ?? false)
    let areSides = rule.nearest.allSatisfy {
      $0.doubleValue != nil || $0.stringValue.flatMap(Sides.init) != nil
    }
    if !areSides { fields.fail("nearest", "must be a list of sizes (1024x1024), ratios (16:9) or numbers") }
    if let least = rule.minimum, let most = rule.maximum, least > most {
      fields.fail("max", "must not be below min")
    }
    return rule
  }

  private func known(_ fields: YAMLFields, _ key: String) -> String? {
    fields.choice(key, among: OrderValues.names)
  }

  private func map(_ fields: YAMLFields) -> [JSONValue.Member] {
    guard let value = fields.optionalJSON("map") else { return [] }
    guard let members = value.members, !members.isEmpty else {
      fields.fail("map", "must be a mapping of our values to the vendor's")
      return []
    }
    return members
  }

  private func list(_ fields: YAMLFields, _ key: String) -> [JSONValue] {
    guard let value = fields.optionalJSON(key) else { return [] }
    guard let elements = value.arrayValue, !elements.isEmpty, elements.allSatisfy({ $0.scalarText != nil })
    else {
      fields.fail(key, "must be a list of words or numbers")
      return []
    }
    return elements
  }
}
