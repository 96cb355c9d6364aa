import Routing
public import Wire

extension Recipe {
  /// Reads and checks a recipe.
  ///
  /// - Throws: everything that is wrong with it, by pointer.
  public init(_ json: JSONValue) throws(FieldErrors) {
    var reader = try FieldReader(json)
    let name =
      reader.parsed("name", as: "1 to 64 lower-case letters, digits and hyphens, a letter first") {
        Recipe.isName($0, signs: "-") ? $0 : nil
      } ?? ""
    if Capability(name: name) != nil {
      reader.fail("name", "'\(name)' is a capability, whose built-in recipe has its name; choose another")
    }
    let capability = reader.capability("capability")
    let title = reader.optionalString("title", length: 0...200) ?? ""
    let isDefault = reader.optionalBool("default") ?? false
    let steps = reader.objects("steps", count: 1...Recipe.mostSteps) { RecipeStep(&$0) }
    let wanted = reader.optionalString("result")
    // What refers to what can only be said of steps that can be read.
    if reader.isClean { Recipe.check(steps, &reader) }
    var result = steps.lastIndex { $0.review == nil } ?? 0
    if let wanted {
      if let place = steps.firstIndex(where: { $0.name == wanted }) {
        result = place
        if steps[place].review != nil {
          reader.fail("result", "'\(wanted)' reviews; the result is what was made")
        }
      } else {
        reader.fail("result", "there is no step '\(wanted)'; there are \(Recipe.listed(steps))")
      }
    }
    try reader.finish()
    self.init(
      name: name, capability: capability, title: title, isDefault: isDefault, steps: steps, result: result)
  }

  static func isName(_ text: String, signs: String) -> Bool {
    guard (1...64).contains(text.utf8.count), let first = text.unicodeScalars.first,
      ("a"..."z").contains(first)
    else { return false }
    return text.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("0"..."9").contains($0) || signs.unicodeScalars.contains($0)
    }
  }

  static func listed(_ steps: [RecipeStep]) -> String { steps.map(\.name).joined(separator: ", ") }

  // MARK: How the steps fit together

  private static func check(_ steps: [RecipeStep], _ reader: inout FieldReader) {
    var errors = FieldErrors()
    for (place, step) in steps.enumerated() {
      let pointer = JSONPointer.step(place)
      if steps[..<place].contains(where: { $0.name == step.name }) {
        errors.append(FieldError(pointer: pointer + "/name", message: "'\(step.name)' is there twice"))
      }
      for (reference, field) in step.placedReferences {
        for path in reference.paths {
          guard let message = fault(path, of: reference, at: place, in: steps) else { continue }
          errors.append(FieldError(pointer: pointer + field, message: message))
        }
      }
    }
    let reviews = steps.indices.filter { steps[$0].review != nil }
    for extra in reviews.dropFirst() {
      errors.append(
        FieldError(
          pointer: JSONPointer.step(extra) + "/review",
          message: "step '\(steps[reviews[0]].name)' reviews already, and the end has one verdict"))
    }
    if reviews.count == steps.count {
      errors.append(FieldError(pointer: "", message: "need one that makes something, beside the review"))
    }
    let jobs = steps.reduce(0) { $0 + ($1.forEach?.most ?? 1) }
    if jobs > mostJobs {
      errors.append(
        FieldError(pointer: "", message: "may come to \(jobs) jobs, and at most \(mostJobs) are allowed"))
    }
    if !errors.isEmpty { reader.absorb(errors, under: JSONPointer.step("steps")) }
  }

  /// What is wrong with a path at its place; nil when nothing is.
  private static func fault(
    _ path: ReferencePath, of reference: Reference, at place: Int, in steps: [RecipeStep]
  ) -> String? {
    if path.needsElement, steps[place].forEach == nil {
      return "{\(path)} is about one element of a list, and the step has no for_each"
    }
    guard case .step(let name) = path.root else { return nil }
    guard let other = steps.firstIndex(where: { $0.name == name }) else {
      let hint = NearestName.suggestion(for: name, among: steps.map(\.name))
      return "there is no step '\(name)'"
        + (hint.map { "; did you mean '\($0)'?" } ?? "; there are \(listed(steps))")
    }
    if other == place { return "{\(path)}: a step cannot use its own result" }
    if other > place {
      return leads(from: other, to: place, in: steps)
        ? "{\(path)} closes a circle: step '\(name)' itself waits for '\(steps[place].name)'"
        : "{\(path)}: step '\(name)' comes later; put it before '\(steps[place].name)'"
    }
    if steps[other].unless != nil, !reference.isCovered {
      return
        "{\(path)}: step '\(name)' may be left out; say what to take then, as in {\(path)|…}, or {\(path)?}"
    }
    return fault(path, in: steps[other])
  }

  /// What a step's result has: see ``Generation/result(of:)``.
  private static func fault(_ path: ReferencePath, in step: RecipeStep) -> String? {
    let known =
      step.forEach == nil
      ? ["text", "url", "urls", "artefacts"] + (step.review == nil ? [] : ["score", "reason"])
      : ["each", "texts", "urls"]
    guard case .name(let name)? = path.segments.first else {
      return "{\(path)} does not say what of the step: \(known.joined(separator: ", "))"
    }
    guard known.contains(name) else {
      let kind = step.forEach == nil ? "of step" : "of step with a for_each"
      return
        "{\(path)}: '\(name)' is not known \(kind) '\(step.name)': it has \(known.joined(separator: ", "))"
    }
    return nil
  }

  private static func leads(from start: Int, to goal: Int, in steps: [RecipeStep]) -> Bool {
    var open = [start]
    var seen: Set<Int> = []
    while let next = open.popLast() {
      if next == goal { return true }
      guard seen.insert(next).inserted else { continue }
      open += steps[next].needs.compactMap { name in steps.firstIndex { $0.name == name } }
    }
    return false
  }
}

extension RecipeStep {
  fileprivate init(_ reader: inout FieldReader) {
    let name =
      reader.parsed("name", as: "1 to 64 lower-case letters, digits, _ and -, a letter first") {
        Recipe.isName($0, signs: "_-") ? $0 : nil
      } ?? ""
    let capability = reader.capability("capability")
    let intent = reader.template("intent")
    let input = reader.json("input") ?? .null
    if input.members == nil, input != "{request}" {
      reader.fail("input", "must be an object of the job's input, or \"{request}\", got \(input.summary)")
    }
    do throws(FieldErrors) {
      _ = try Template.references(in: input)
    } catch {
      reader.absorb(error, under: JSONPointer.step("input"))
    }
    let forEach = reader.optionalObject("for_each") { FanOut(&$0) }
    let unless = reader.template("unless")
    let review = reader.optionalObject("review") { Review(least: $0.double("least", in: 0...1)) }
    if review != nil, forEach != nil {
      reader.fail("review", "cannot be given together with for_each: the end has one verdict")
    }
    if review != nil, unless != nil {
      reader.fail("review", "cannot be given together with unless: the end has a verdict always")
    }
    if review != nil, capability != .qualityReview {
      reader.fail("review", "is for steps of the capability quality_review")
    }
    self.init(
      name: name, capability: capability, intent: intent, input: input, forEach: forEach, unless: unless,
      review: review)
  }

  /// All that it names, with the pointers of the templates.
  fileprivate var placedReferences: [(Reference, String)] {
    var texts: [(JSONValue, String)] = [(input, "/input")]
    if let intent { texts.append((.string(intent), "/intent")) }
    if let unless { texts.append((.string(unless), "/unless")) }
    if let forEach { texts.append((.string(forEach.list), "/for_each/in")) }
    return texts.flatMap { (try? Template.references(in: $0, at: $1)) ?? [] }.map {
      ($0.reference, $0.pointer)
    }
  }
}

extension RecipeStep.FanOut {
  fileprivate init(_ reader: inout FieldReader) {
    list = reader.template("in") ?? ""
    if !reader.has("in") { reader.fail("in", "is required: such as \"{steps.script.text}\"") }
    if let references = try? Template.references(in: .string(list)).map(\.reference),
      references.contains(where: { $0.paths.contains(where: \.needsElement) })
    {
      reader.fail("in", "is the list itself, so it can name no element of it")
    }
    let value = reader.json("split") ?? .null
    split = RecipeStep.FanOut.split(value)
    if !value.isNull, split == nil {
      reader.fail(
        "split",
        "must be \"lines\", or {\"characters\": N} with N ≥ \(TextSplit.leastCharacters), got \(value.summary)"
      )
    }
    most = Int(reader.integer("most", in: 1...Int64(Recipe.mostElements)))
  }

  private static func split(_ value: JSONValue) -> TextSplit? {
    if value == "lines" { return .lines }
    guard let members = value.members, members.count == 1, members[0].name == "characters",
      let limit = members[0].value.integerValue, (Int64(TextSplit.leastCharacters)...100_000).contains(limit)
    else { return nil }
    return .characters(Int(limit))
  }
}

extension FieldReader {
  fileprivate mutating func capability(_ name: String) -> Capability {
    parsed(name, as: "one of \(Capability.listing)") { Capability(name: $0) } ?? .textGeneration
  }

  /// An optional text with references.
  fileprivate mutating func template(_ name: String) -> String? {
    guard let text = optionalString(name, length: 1...32_768) else { return nil }
    do throws(TemplateFault) {
      _ = try Template(text)
    } catch {
      fail(name, error.message)
    }
    return text
  }
}
