import Foundation
import GRDB
public import Recipes
public import Routing
import Serving
import Wire

extension SQLiteLedger {
  // MARK: Recipes

  public func append(recipe: RecipeVersion) throws -> RecipeSuccession {
    try write { db in
      let newest = try SQLiteLedger.versions(
        "WHERE name = ? ORDER BY version DESC LIMIT 1", [recipe.recipe.name], db)
      let succession = recipe.follows(newest.first)
      guard case .next(let number) = succession else { return succession }
      try db.run(
        "INSERT INTO recipe VALUES (?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, CAST(? AS TEXT))",
        [
          recipe.recipe.name, number, recipe.origin.rawValue, StoredText.value(recipe.author),
          StoredText.value(recipe.reason), recipe.at.microseconds, Data(recipe.recipe.bytes),
        ])
      return succession
    }
  }

  public func recipe(_ name: String, version: Int?) throws -> RecipeVersion? {
    try read { db in
      guard let version else {
        return try SQLiteLedger.versions("WHERE name = ? ORDER BY version DESC LIMIT 1", [name], db).first
      }
      return try SQLiteLedger.versions("WHERE name = ? AND version = ?", [name, version], db).first
    }
  }

  public func recipes() throws -> [RecipeVersion] {
    try read {
      try SQLiteLedger.versions(
        "r WHERE version = (SELECT MAX(version) FROM recipe WHERE name = r.name) ORDER BY name", [], $0)
    }
  }

  public func recipeHistory(_ name: String) throws -> [RecipeVersion] {
    try read { try SQLiteLedger.versions("WHERE name = ? ORDER BY version", [name], $0) }
  }

  private static func versions(
    _ clause: String, _ arguments: StatementArguments, _ db: Database
  ) throws -> [RecipeVersion] {
    var versions: [RecipeVersion] = []
    let rows = try db.rows(
      "SELECT json, version, origin, author, reason, at FROM recipe \(clause)", arguments)
    while let row = try rows.next() {
      guard let origin = RecipeOrigin(rawValue: row[2]), let author = try StoredText.read(row, 3),
        let reason = try StoredText.read(row, 4)
      else { throw LedgerError.damaged(what: "a recipe") }
      let recipe: Recipe
      do {
        recipe = try Recipe(stored: try JSONValue.parse(try bytes(row, 0)))
      } catch {
        throw LedgerError.damaged(what: "a recipe: \(error)")
      }
      versions.append(
        RecipeVersion(
          recipe, version: row[1], origin: origin, author: author, reason: reason,
          at: Instant(microseconds: row[5])))
    }
    return versions
  }

  public func append(choice: RecipeChoice) throws {
    try write {
      try $0.run(
        """
        INSERT INTO recipe_choice (capability, recipe, author, reason, at)
        VALUES (?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?)
        """,
        [
          choice.capability.name, choice.recipe, StoredText.value(choice.author),
          StoredText.value(choice.reason),
          choice.at.microseconds,
        ])
    }
  }

  public func recipeChoices() throws -> [RecipeChoice] {
    try read { db in
      var choices: [RecipeChoice] = []
      let rows = try db.rows("SELECT capability, recipe, author, reason, at FROM recipe_choice ORDER BY seq")
      while let row = try rows.next() {
        guard let capability = Capability(name: row[0]), let author = try StoredText.read(row, 2),
          let reason = try StoredText.read(row, 3)
        else { throw LedgerError.damaged(what: "a choice of a recipe") }
        choices.append(
          RecipeChoice(
            capability: capability, recipe: row[1], author: author, reason: reason,
            at: Instant(microseconds: row[4])))
      }
      return choices
    }
  }

  // MARK: Generations

  /// Within the transaction of ``append(_:)``.
  static func store(_ change: GenerationChange, _ db: Database) throws {
    let generation = change.generation
    let id = Data(generation.id)
    let stored = try db.first("SELECT revision FROM generation WHERE id = ?", [id]) { $0[0] as Int }
    guard stored == change.before else {
      throw LedgerConflict.generationChanged(generation.id, stored: stored, expected: change.before)
    }
    try db.run(
      """
      INSERT INTO generation VALUES (?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT)) ON CONFLICT (id) DO UPDATE
      SET state = excluded.state, revision = excluded.revision, ended = excluded.ended, json = excluded.json
      """,
      [
        id, generation.state.rawValue, generation.revision, generation.ended?.microseconds,
        Data(generation.stored), StoredText.value(generation.terms.tenant),
      ])
    guard stored == nil else { return }
    try db.run(
      "INSERT INTO generation_input VALUES (?, CAST(? AS TEXT))", [id, Data(generation.request.serialized())])
  }

  private static let selection = """
    SELECT g.json, i.body, g.id FROM generation g JOIN generation_input i ON i.generation = g.id
    """

  public func generation(_ id: Identifier) throws -> Generation? {
    try read {
      try $0.first("\(SQLiteLedger.selection) WHERE g.id = ?", [Data(id)], SQLiteLedger.generation)
    }
  }

  public func unfinishedGenerations(_ body: (Generation) throws -> Void) throws {
    try read { db in
      let rows = try db.rows("\(SQLiteLedger.selection) WHERE g.ended IS NULL ORDER BY g.id")
      while let row = try rows.next() { try body(SQLiteLedger.generation(row)) }
    }
  }

  public func generations(
    states: Set<GenerationState>?, tenant: String?, before: Identifier?, limit: Int
  ) throws -> [Generation] {
    let parts = SQLiteLedger.listing(states, ofTenant: tenant != nil)
    guard !parts.isEmpty else { return [] }
    return try read { db in
      var generations: [Generation] = []
      let rows = try db.rows(
        SQLiteLedger.merged(parts), SQLiteLedger.arguments(parts.count, before, tenant, limit: limit))
      while let row = try rows.next() { generations.append(try SQLiteLedger.generation(row)) }
      return generations
    }
  }

  /// As for jobs: one query per state, in the order of ids.
  static func listing(_ states: Set<GenerationState>?, ofTenant: Bool) -> [String] {
    let select = selection + " WHERE g.id < ?" + (ofTenant ? " AND g.tenant = CAST(? AS TEXT)" : "")
    guard let states = states ?? (ofTenant ? Set(GenerationState.allCases) : nil) else { return [select] }
    return states.map(\.rawValue).sorted().map { "\(select) AND g.state = '\($0)'" }
  }

  private static func generation(_ row: Row) throws -> Generation {
    do {
      return try Generation(
        stored: try bytes(row, 0), request: try JSONValue.parse(try bytes(row, 1)))
    } catch {
      throw LedgerError.damaged(what: "a generation: \(error)")
    }
  }

  private static func bytes(_ row: Row, _ column: Int) throws -> [UInt8] {
    try row.withUnsafeData(atIndex: column) { $0.map { [UInt8]($0) } ?? [] }
  }

  /// In steps, so that writers wait for none of them long.
  public func dropGenerations(endedBefore: Instant) throws -> Int {
    let step = 500
    var dropped = 0
    while true {
      let found = try write { db in
        var ids: [Data] = []
        let rows = try db.rows(
          "SELECT id FROM generation WHERE ended < ? ORDER BY ended LIMIT ?",
          [endedBefore.microseconds, step])
        while let row = try rows.next() { ids.append(row[0]) }
        for id in ids {
          try db.run("DELETE FROM generation_input WHERE generation = ?", [id])
          try db.run("DELETE FROM generation WHERE id = ?", [id])
        }
        return ids.count
      }
      dropped += found
      if found < step { return dropped }
    }
  }
}
