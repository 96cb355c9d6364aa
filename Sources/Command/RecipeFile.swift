import Declarations
import Foundation
import Recipes
import Serving
import Wire

/// Recipes as files: YAML or JSON, which is YAML too.
enum RecipeFile {
  /// - Throws: what is wrong with the file, by line where that is known.
  static func read(_ path: String) throws -> Recipe {
    let fields = try YAMLFields(ofFile: path, kind: "recipe")
    let members = fields.rest()
    try fields.finish()
    do throws(FieldErrors) {
      let recipe = try Recipe(.object(members.map { .init($0.name, $0.value) }))
      if let errors = RecipeBook.faults(of: recipe) { throw errors }
      return recipe
    } catch {
      throw DeclarationErrors(
        error.errors.map { fault in
          let key = fault.pointer.split(separator: "/").first.map(String.init)
          let line = members.first { $0.name == key }?.line ?? 0
          return DeclarationError(file: path, line: line, message: "\(fault)")
        })
    }
  }

  /// Those that come with the program, by name. A folder that was named must be there; the usual one may be missing.
  static func shipped(_ settings: ServeSettings) throws -> [Recipe] {
    let folder = settings.recipes ?? ServeSettings.standardRecipes
    guard settings.recipes != nil || FileManager.default.fileExists(atPath: folder) else { return [] }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    return try files.filter { $0.hasSuffix(".yaml") }.sorted().map { try read("\(folder)/\($0)") }
  }
}
