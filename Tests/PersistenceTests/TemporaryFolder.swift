import Foundation

/// A folder of its own for every test, removed afterwards.
final class TemporaryFolder {
  let path: String
  var file: String { path + "/ledger.sqlite" }

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
