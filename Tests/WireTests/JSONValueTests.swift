import Testing
import Wire

@Suite struct JSONValueTests {
  @Test("an integer is one that is whole and exact, however it is written")
  func integers() throws {
    #expect(JSONValue.integer(.max).integerValue == .max)
    #expect(JSONValue.number(1000).integerValue == 1000)
    #expect(JSONValue.number(0.5).integerValue == nil)
    #expect(JSONValue.number(9_007_199_254_740_992).integerValue == 9_007_199_254_740_992)
    // Above 2^53 the literal may have been rounded on its way into binary64.
    #expect(JSONValue.number(9_007_199_254_740_994).integerValue == nil)
    #expect(JSONValue.string("1").integerValue == nil)
  }

  @Test("members and elements are reached by subscript, and nothing else is")
  func subscripts() throws {
    let value: JSONValue = ["a": [1, 2.5, nil], "b": true]
    #expect(value["a"]?[1]?.doubleValue == 2.5)
    #expect(value["a"]?[2]?.isNull == true)
    #expect(value["a"]?[3] == nil)
    #expect(value["c"] == nil)
    #expect(value["b"]?.boolValue == true)
    #expect(value["b"]?["x"] == nil)
  }

  @Test("a summary shows short values and counts long ones")
  func summaries() {
    #expect(JSONValue.string("a\"b").summary == #""a\"b""#)
    #expect(JSONValue.string(String(repeating: "x", count: 50)).summary.unicodeScalars.count == 43)
    #expect(JSONValue.array([1, 2]).summary == "an array of 2")
    #expect(JSONValue.object([]).summary == "an empty object")
    #expect(JSONValue.number(-1.5).summary == "-1.5")
  }
}
