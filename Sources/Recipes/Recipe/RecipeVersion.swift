public import Routing

/// A recipe as it was put down: a record that never changes. All of a name, in order, are its history.
public struct RecipeVersion: Hashable, Sendable {
  public var recipe: Recipe
  /// From 1 for each name; 0 for a built-in one.
  public var version: Int
  public var origin: RecipeOrigin
  public var author: String
  /// Why, for those who come later.
  public var reason: String
  public var at: Instant

  public init(
    _ recipe: Recipe, version: Int = 0, origin: RecipeOrigin, author: String, reason: String, at: Instant
  ) {
    self.recipe = recipe
    self.version = version
    self.origin = origin
    self.author = author
    self.reason = reason
    self.at = at
  }

  /// What this one means where another of its name is the newest.
  ///
  /// - Parameter newest: nil when there is none of the name.
  public func follows(_ newest: RecipeVersion?) -> RecipeSuccession {
    guard let newest else { return .next(1) }
    if newest.recipe == recipe { return .same }
    // What an operator has changed is not undone by an update of the program.
    if origin == .shipped, newest.origin != .shipped { return .kept }
    return .next(newest.version + 1)
  }
}

/// What becomes of a version that somebody puts down.
public enum RecipeSuccession: Hashable, Sendable {
  /// A new version, of this number.
  case next(Int)
  /// It says what is there already.
  case same
  /// An operator's own stays.
  case kept
}

public enum RecipeOrigin: String, CaseIterable, Hashable, Sendable {
  /// Came with the program.
  case shipped
  /// Put by somebody.
  case put
}

/// Which recipe serves a capability, as somebody chose.
public struct RecipeChoice: Hashable, Sendable {
  public var capability: Capability
  /// A recipe's name; the capability's own for the built-in one.
  public var recipe: String
  public var author: String
  public var reason: String
  public var at: Instant

  public init(capability: Capability, recipe: String, author: String, reason: String, at: Instant) {
    self.capability = capability
    self.recipe = recipe
    self.author = author
    self.reason = reason
    self.at = at
  }
}
