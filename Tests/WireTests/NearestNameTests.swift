import Testing
import Wire

@Suite struct NearestNameTests {
  // By hand: kitten → sitten → sittin → sitting; a swap of neighbours is one edit; "" to abc is three.
  @Test(
    "edit distances",
    arguments: [
      ("kitten", "sitting", 3), ("price", "pric", 1), ("abcd", "abdc", 1), ("", "abc", 3), ("a", "a", 0),
      ("ca", "abc", 3),
    ])
  func distances(first: String, second: String, expected: Int) {
    #expect(NearestName.editDistance(first, second) == expected)
    #expect(NearestName.editDistance(second, first) == expected)
  }

  @Test("a suggestion is close, or there is none")
  func suggestions() {
    let allowed = ["price", "provider", "id"]
    #expect(NearestName.suggestion(for: "pric", among: allowed) == "price")
    #expect(NearestName.suggestion(for: "provdier", among: allowed) == "provider")
    #expect(NearestName.suggestion(for: "di", among: allowed) == "id")
    #expect(NearestName.suggestion(for: "zzz", among: allowed) == nil)
    #expect(NearestName.suggestion(for: "x", among: ["y"]) == nil)
    #expect(NearestName.suggestion(for: String(repeating: "p", count: 5000), among: allowed) == nil)
  }
}
