public import Recipes
public import Routing

/// Recipes and generations in the ledger. A version of a recipe is a record that never changes; a generation is written
/// through ``LedgerBatch``, on condition that the stored revision is the one that was read.
public protocol RecipeLedger: Sendable {
  /// Puts a version down, or finds that there is nothing to put (``RecipeVersion/follows(_:)``); its own number is not
  /// looked at.
  func append(recipe: RecipeVersion) throws -> RecipeSuccession

  /// - Parameter version: nil for the newest.
  func recipe(_ name: String, version: Int?) throws -> RecipeVersion?

  /// The newest of every name, by name.
  func recipes() throws -> [RecipeVersion]

  /// All versions of a name, the oldest first.
  func recipeHistory(_ name: String) throws -> [RecipeVersion]

  func append(choice: RecipeChoice) throws

  /// All that was chosen, the oldest first: for a capability the last counts.
  func recipeChoices() throws -> [RecipeChoice]

  func generation(_ id: Identifier) throws -> Generation?

  /// Every generation that is not over, by id.
  func unfinishedGenerations(_ body: (Generation) throws -> Void) throws

  /// The latest first, by id.
  ///
  /// - Parameters:
  ///   - states: nil for all.
  ///   - tenant: whose; nil for everybody's.
  ///   - before: only those with lower ids; nil for the first page.
  func generations(
    states: Set<GenerationState>?, tenant: String?, before: Identifier?, limit: Int
  ) throws -> [Generation]

  /// Drops the generations that ended before an instant. Returns how many there were.
  func dropGenerations(endedBefore: Instant) throws -> Int
}

extension RecipeLedger {
  /// Everybody's.
  public func generations(
    states: Set<GenerationState>?, before: Identifier?, limit: Int
  ) throws -> [Generation] {
    try generations(states: states, tenant: nil, before: before, limit: limit)
  }
}

/// A generation as it is after a change.
public struct GenerationChange: Hashable, Sendable {
  public var generation: Generation
  /// The revision that must be stored at present; nil for a generation that is not there yet.
  public var before: Int?

  public init(_ generation: Generation, before: Int?) {
    self.generation = generation
    self.before = before
  }
}
