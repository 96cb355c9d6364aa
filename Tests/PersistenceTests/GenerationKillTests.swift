import Foundation
import Persistence
import Recipes
import Serving
import TestSupport
import Testing
import Wire

@Suite("Generations in SQLite whose router is killed", .serialized)
struct GenerationKillTests {
  @Test(
    "A router killed after any transaction leaves a generation that the next one ends, each job bought once",
    arguments: [false, true])
  func killed(writesLast: Bool) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kill-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let commits = try await GenerationWorld.sweep(
      Sample.fanOut, ["prompt": "a fox"], elements: 5, writesLast: writesLast
    ) { try SQLiteLedger(path: folder.appending(path: "\(UUID().uuidString).db").path) }
    #expect(commits >= 12)
  }
}
