public import Recipes
public import Routing

/// The recipes and generations of a ``MemoryLedger``.
struct MemoryRecipes: Sendable {
  /// By name, each in the order of its versions.
  private(set) var versions: [String: [RecipeVersion]] = [:]
  private(set) var choices: [RecipeChoice] = []
  private(set) var generations: [Identifier: Generation] = [:]

  mutating func append(_ recipe: RecipeVersion) -> RecipeSuccession {
    let name = recipe.recipe.name
    let succession = recipe.follows(versions[name]?.last)
    if case .next(let number) = succession {
      var recipe = recipe
      recipe.version = number
      versions[name, default: []].append(recipe)
    }
    return succession
  }

  mutating func append(_ choice: RecipeChoice) { choices.append(choice) }

  /// Holds changes against what is there, and against each other.
  func check(_ changes: [GenerationChange]) throws(LedgerConflict) {
    var revisions: [Identifier: Int] = [:]
    for change in changes {
      let id = change.generation.id
      let stored = revisions[id] ?? generations[id]?.revision
      guard stored == change.before else {
        throw .generationChanged(id, stored: stored, expected: change.before)
      }
      revisions[id] = change.generation.revision
    }
  }

  /// Takes in a change that was checked.
  mutating func apply(_ change: GenerationChange) { generations[change.generation.id] = change.generation }

  /// - Returns: how many.
  mutating func drop(endedBefore: Instant) -> Int {
    let dropped = generations.values.filter { $0.ended.map { $0 < endedBefore } ?? false }
    for generation in dropped { generations[generation.id] = nil }
    return dropped.count
  }
}

extension MemoryLedger {
  public func recipe(_ name: String, version: Int?) throws -> RecipeVersion? {
    let versions = current.recipes.versions[name] ?? []
    return version.map { number in versions.first { $0.version == number } } ?? versions.last
  }

  public func recipes() throws -> [RecipeVersion] {
    current.recipes.versions.values.compactMap(\.last).sorted { $0.recipe.name < $1.recipe.name }
  }

  public func recipeHistory(_ name: String) throws -> [RecipeVersion] {
    current.recipes.versions[name] ?? []
  }

  public func recipeChoices() throws -> [RecipeChoice] { current.recipes.choices }

  public func generation(_ id: Identifier) throws -> Generation? { current.recipes.generations[id] }

  public func unfinishedGenerations(_ body: (Generation) throws -> Void) throws {
    let open = current.recipes.generations.values.filter { !$0.state.isTerminal }
    for generation in open.sorted(by: { $0.id < $1.id }) { try body(generation) }
  }

  public func generations(
    states: Set<GenerationState>?, tenant: String?, before: Identifier?, limit: Int
  ) throws -> [Generation] {
    let matching = current.recipes.generations.values.filter { generation in
      (states?.contains(generation.state) ?? true) && tenant.map { generation.terms.tenant == $0 } ?? true
        && before.map { generation.id < $0 } ?? true
    }
    return Array(matching.sorted { $0.id > $1.id }.prefix(limit))
  }
}
