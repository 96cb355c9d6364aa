import Recipes
import Serving
import TestSupport
import Testing
import Wire

@Suite("Generations whose router stops", .serialized)
struct GenerationRestartTests {
  @Test(
    "A router killed after any transaction leaves a generation that the next one ends, each job bought once",
    arguments: [false, true])
  func killed(writesLast: Bool) async throws {
    // Stored; then for each job taken, accepted, delivered, and noted; and the delivery.
    let short = try await GenerationWorld.sweep(
      Sample.recipe(), ["prompt": "a fox"], elements: 2, writesLast: writesLast
    ) { MemoryLedger() }
    #expect(short >= 8)
    let wide = try await GenerationWorld.sweep(
      Sample.fanOut, ["prompt": "a fox"], elements: 5, writesLast: writesLast
    ) { MemoryLedger() }
    #expect(wide >= 12)
  }
}
