public import Logging
public import Recipes
public import Routing
public import Wire

/// The recipes of a router, and which of them serves which capability.
public struct RecipeBook: Sendable {
  let ledger: any Ledger
  let clock: any WallClock

  public init(_ ledger: any Ledger, clock: any WallClock) {
    self.ledger = ledger
    self.clock = clock
  }

  /// All that is wrong with a recipe beyond what it can say of itself: its steps' inputs have the names that a job's
  /// input has.
  public static func faults(of recipe: Recipe) -> FieldErrors? {
    let known = WorkParameter.allCases.map(\.rawValue) + ["vendor"]
    var errors = FieldErrors()
    for (place, step) in recipe.steps.enumerated() {
      for member in step.input.members ?? [] where !known.contains(member.name) {
        let hint =
          NearestName.suggestion(for: member.name, among: known).map { "did you mean \"\($0)\"?" }
          ?? "known: \(known.joined(separator: ", "))"
        errors.append(
          FieldError(
            pointer: "/steps/\(place)/input" + JSONPointer.step(member.name),
            message: "unknown field; \(hint)"
          ))
      }
    }
    return errors.isEmpty ? nil : errors
  }

  /// Puts a version of a recipe down.
  ///
  /// - Returns: what became of it, and the newest version after that.
  /// - Throws: ``FieldErrors`` when it cannot work.
  public func put(
    _ recipe: Recipe, origin: RecipeOrigin = .put, author: String, reason: String
  ) throws -> (succession: RecipeSuccession, newest: RecipeVersion) {
    if let errors = RecipeBook.faults(of: recipe) { throw errors }
    let version = RecipeVersion(recipe, origin: origin, author: author, reason: reason, at: clock.now)
    let succession = try ledger.append(recipe: version)
    return (succession, try ledger.recipe(recipe.name, version: nil) ?? version)
  }

  /// Takes in the recipes that came with the program: those that are new, and those of which an operator has no version
  /// of his own.
  public func load(_ shipped: [Recipe], logger: Logger) throws {
    for recipe in shipped {
      let (succession, newest) = try put(
        recipe, origin: .shipped, author: "pointsman", reason: "shipped with the program")
      switch succession {
      case .next(let number):
        logger.info("recipe", metadata: ["name": "\(recipe.name)", "version": "\(number)"])
      case .kept:
        logger.info(
          "a recipe of one's own stays, and the shipped one is not taken",
          metadata: ["name": "\(recipe.name)", "version": "\(newest.version)"])
      case .same: break
      }
    }
  }

  /// Chooses what serves a recipe's capability from now on.
  ///
  /// - Parameter name: of a recipe; a capability's name for the built-in one.
  /// - Returns: the choice; nil when there is no such recipe.
  public func choose(_ name: String, author: String, reason: String) throws -> RecipeChoice? {
    guard let version = try recipe(name) else { return nil }
    let choice = RecipeChoice(
      capability: version.recipe.capability, recipe: name, author: author, reason: reason, at: clock.now)
    try ledger.append(choice: choice)
    return choice
  }

  // MARK: Looking up

  /// The newest version of a name, or the one behind its `@`; nil when there is none.
  public func recipe(_ reference: String) throws -> RecipeVersion? {
    let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let number = parts.count == 2 ? Int(parts[1]) : nil
    if parts.count == 2, number == nil { return nil }
    if let capability = Capability(name: name) {
      return number ?? 0 == 0 ? RecipeBook.builtIn(capability) : nil
    }
    return try ledger.recipe(name, version: number)
  }

  /// What serves a capability: the recipe that was chosen last, else the first by name that says that it serves where
  /// nobody chose, else the built-in one.
  public func serving(_ capability: Capability) throws -> RecipeVersion {
    let chosen = try ledger.recipeChoices().last { $0.capability == capability }
    if let chosen, let version = try recipe(chosen.recipe), version.recipe.capability == capability {
      return version
    }
    let standing = try ledger.recipes().first { $0.recipe.isDefault && $0.recipe.capability == capability }
    return standing ?? RecipeBook.builtIn(capability)
  }

  static func builtIn(_ capability: Capability) -> RecipeVersion {
    RecipeVersion(
      .builtIn(capability), version: 0, origin: .shipped, author: "pointsman", reason: "built in",
      at: Instant(microseconds: 0))
  }
}
