public import Routing
public import Wire

/// What a capability means: a short list of steps, each a job of its own, whose inputs come from the request or from
/// earlier steps. Who does a step is decided when it begins, so a recipe names no model.
public struct Recipe: Hashable, Sendable {
  /// 1 to 64 lower-case letters, digits and hyphens, a letter first; of a built-in one its capability's name.
  public let name: String
  /// What it serves.
  public let capability: Capability
  /// For people; may be empty.
  public let title: String
  /// Whether it serves its capability where nobody chose another.
  public let isDefault: Bool
  /// A step refers to earlier ones only.
  public let steps: [RecipeStep]
  /// The position of the step whose result is the recipe's.
  public let result: Int

  public static let mostSteps = 32
  /// Of a fan-out.
  public static let mostElements = 64
  /// Of all steps together.
  public static let mostJobs = 256

  /// A recipe whose parts have been checked.
  init(
    name: String, capability: Capability, title: String, isDefault: Bool, steps: [RecipeStep], result: Int
  ) {
    self.name = name
    self.capability = capability
    self.title = title
    self.isDefault = isDefault
    self.steps = steps
    self.result = result
  }

  /// What a capability without a recipe means: the request's input, given to one candidate.
  public static func builtIn(_ capability: Capability) -> Recipe {
    Recipe(
      name: capability.name, capability: capability, title: "One job", isDefault: false,
      steps: [RecipeStep(name: "work", capability: capability, intent: "{intent?}", input: "{request}")],
      result: 0)
  }

  public var isBuiltIn: Bool { Capability(name: name) != nil }

  /// The step that judges the result, if there is one.
  public var review: Int? { steps.firstIndex { $0.review != nil } }
}

/// One job of a recipe, or one for every element of a list.
public struct RecipeStep: Hashable, Sendable {
  /// 1 to 64 lower-case letters, digits, `_` and `-`, a letter first.
  public let name: String
  public let capability: Capability
  /// A template; nil to say what the input says.
  public let intent: String?
  /// A template that comes to the job's input.
  public let input: JSONValue
  public let forEach: FanOut?
  /// A template: where it has a value, the step is left out.
  public let unless: String?
  public let review: Review?

  init(
    name: String, capability: Capability, intent: String? = nil, input: JSONValue, forEach: FanOut? = nil,
    unless: String? = nil, review: Review? = nil
  ) {
    self.name = name
    self.capability = capability
    self.intent = intent
    self.input = input
    self.forEach = forEach
    self.unless = unless
    self.review = review
  }

  /// A list, for each of whose elements a step is done, all at the same time.
  public struct FanOut: Hashable, Sendable {
    /// A template that comes to a list, or to a text that is split.
    public let list: String
    public let split: TextSplit?
    /// 1 to ``Recipe/mostElements``; a longer list fails the step, before anything is spent on it.
    public let most: Int
  }

  /// The step's answer is a verdict on the result: its `score` decides what the end says.
  public struct Review: Hashable, Sendable {
    /// 0…1; a lower score rejects.
    public let least: Double
  }
}

extension Recipe {
  /// The names that the request's input may have, and those that it must have; nil when its input is passed on whole.
  public var parameters: [Parameter]? {
    var parameters: [Parameter] = []
    for step in steps {
      for reference in step.references where reference.paths.contains(where: { $0.root == .request }) {
        for path in reference.paths where path.root == .request {
          guard case .name(let name)? = path.segments.first else { return nil }
          let isRequired = !reference.isCovered && step.unless == nil
          if let known = parameters.firstIndex(where: { $0.name == name }) {
            parameters[known].isRequired = parameters[known].isRequired || isRequired
          } else {
            parameters.append(Parameter(name: name, isRequired: isRequired))
          }
        }
      }
    }
    return parameters
  }

  public struct Parameter: Hashable, Sendable {
    public var name: String
    public var isRequired: Bool
  }

  /// What is wrong with a request's input, before anything is spent: pointers start at the input.
  public func faults(of request: JSONValue) -> FieldErrors? {
    var errors = FieldErrors()
    guard let members = request.members else {
      errors.append(FieldError(pointer: "", message: "must be an object, got \(request.summary)"))
      return errors
    }
    guard let parameters else { return nil }
    let names = parameters.map(\.name)
    for member in members where !names.contains(member.name) {
      let hint =
        NearestName.suggestion(for: member.name, among: names).map { "did you mean \"\($0)\"?" }
        ?? "recipe \(name) takes \(names.isEmpty ? "nothing" : names.joined(separator: ", "))"
      errors.append(FieldError(pointer: JSONPointer.step(member.name), message: "unknown field; \(hint)"))
    }
    for parameter in parameters where parameter.isRequired {
      guard request[parameter.name].map({ !$0.isNull }) ?? false else {
        errors.append(
          FieldError(pointer: JSONPointer.step(parameter.name), message: "is required by recipe \(name)"))
        continue
      }
    }
    return errors.isEmpty ? nil : errors
  }
}

extension RecipeStep {
  /// All that it names. Its templates were read when it was made, and can be read.
  var references: [Reference] {
    let texts: [JSONValue] =
      [input] + [intent, unless, forEach?.list].compactMap { $0.map { .string($0) } }
    return texts.flatMap { (try? Template.references(in: $0).map(\.reference)) ?? [] }
  }

  /// The steps that must be over before it can begin.
  public var needs: [String] {
    var names: [String] = []
    for path in references.flatMap(\.paths) {
      if case .step(let name) = path.root, !names.contains(name) { names.append(name) }
    }
    return names
  }
}
