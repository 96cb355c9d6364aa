import HTTPTypes
import Hummingbird
import Recipes
import Routing
import Serving
import Wire

/// `/v1/recipes`: what capabilities mean, who changed it, when and why.
struct RecipeRoutes {
  let book: RecipeBook
  let ledger: any Ledger
  let limits: RequestLimits

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/recipes", use: list)
    router.get("v1/recipes/:name", use: read)
    router.put("v1/recipes/:name", use: put)
    router.post("v1/recipes/:name/default", use: choose)
  }

  // MARK: Reading

  private func list(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let recipes = try ledger.recipes()
    let serving = try Capability.allCases.map { ($0, try book.serving($0)) }
    return .json(reserving: recipes.count * 512 + 2_048) { writer in
      writer.objects("recipes", recipes) { writer, version in
        writer.field("name", version.recipe.name)
        writer.field("capability", version.recipe.capability.name)
        writer.field("title", version.recipe.title)
        writer.field("steps", version.recipe.steps.count)
        writer.version(version)
      }
      writer.objects("serving", serving) { writer, entry in
        writer.field("capability", entry.0.name)
        writer.field("recipe", entry.1.recipe.name)
        writer.field("version", entry.1.version)
      }
    }
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    return try answer(.ok, try known(context))
  }

  private func answer(_ status: HTTPResponse.Status, _ version: RecipeVersion) throws -> Response {
    let name = version.recipe.name
    let history = version.recipe.isBuiltIn ? [version] : try ledger.recipeHistory(name)
    let choices = try ledger.recipeChoices().filter { $0.capability == version.recipe.capability }
    let serves = try book.serving(version.recipe.capability).recipe.name == name
    return .json(status, reserving: 4_096) {
      $0.field("name", name)
      $0.field("capability", version.recipe.capability.name)
      $0.field("serves", serves)
      $0.version(version)
      $0.field("recipe", version.recipe)
      $0.objects("history", history) { $0.version($1) }
      $0.objects("choices", choices) { $0.choice($1) }
    }
  }

  private func known(_ context: RouterContext) throws -> RecipeVersion {
    let name = context.pathParameter("name")
    guard let version = try book.recipe(name) else {
      throw Problem.notFound("there is no recipe '\(name)'; GET /v1/recipes lists them")
    }
    return version
  }

  // MARK: Changing

  private func put(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let name = context.pathParameter("name")
    let body = try await request.bytes(limit: limits.smallBody)
    var reader = try FieldReader(try JSONValue.parse(body))
    let (author, reason) = RecipeRoutes.signature(&reader)
    var recipe: Recipe?
    do throws(FieldErrors) {
      let read = try Recipe(reader.json("recipe") ?? .null)
      if let errors = RecipeBook.faults(of: read) { throw errors }
      if read.name != name {
        throw FieldErrors([
          FieldError(pointer: "/name", message: "is '\(read.name)', and the path says '\(name)'")
        ])
      }
      recipe = read
    } catch {
      reader.absorb(error, under: "/recipe")
    }
    try reader.finish()
    guard let recipe else { throw FieldErrors([FieldError(pointer: "/recipe", message: "is required")]) }
    let (succession, newest) = try book.put(recipe, author: author, reason: reason)
    if case .next = succession { return try answer(.created, newest) }
    return try answer(.ok, newest)
  }

  private func choose(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let name = try known(context).recipe.name
    let body = try await request.bytes(limit: limits.smallBody)
    var reader = try FieldReader(try JSONValue.parse(body))
    let (author, reason) = RecipeRoutes.signature(&reader)
    try reader.finish()
    guard let choice = try book.choose(name, author: author, reason: reason) else {
      throw Problem.notFound("there is no recipe '\(name)'")
    }
    return .json { $0.choice(choice) }
  }

  private static func signature(_ reader: inout FieldReader) -> (author: String, reason: String) {
    let author = reader.string("author", length: 1...200)
    let reason = reader.string("reason", length: 1...2_000)
    if reader.isClean, reason.allSatisfy(\.isWhitespace) {
      reader.fail("reason", "must say why, for those who come later")
    }
    return (author, reason)
  }
}

extension JSONWriter {
  /// Who put a version down, when and why.
  fileprivate mutating func version(_ version: RecipeVersion) {
    field("version", version.version)
    field("origin", version.recipe.isBuiltIn ? "built_in" : version.origin.rawValue)
    field("author", version.author)
    field("reason", version.reason)
    field("at", version.recipe.isBuiltIn ? nil : version.at.description)
  }

  fileprivate mutating func choice(_ choice: RecipeChoice) {
    field("capability", choice.capability.name)
    field("recipe", choice.recipe)
    field("author", choice.author)
    field("reason", choice.reason)
    field("at", choice.at.description)
  }
}
