import Foundation

/// Reference vectors made elsewhere (by the WordLlama package, and by a Python script for the hashing), read
/// from `../shared/data` beside the repository where that is.
struct Golden: Decodable {
  var text: String
  var wordllama_ids: [Int]
  var wordllama256: [Float]
  var hash256: [Float]

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let file = root.deletingLastPathComponent().appendingPathComponent(
    "shared/data/embedding_golden.json")

  /// Where `make setup` puts the table.
  static let tableFolder = root.appendingPathComponent(".cache/embedding").path

  static let exists = FileManager.default.fileExists(atPath: file.path)
  static let hasTable = FileManager.default.fileExists(atPath: tableFolder + "/l2_supercat_256.safetensors")

  static func load() throws -> [Golden] {
    try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
  }
}
