import Testing
import Wire

@Suite struct FieldReaderTests {
  enum Mode: String, CaseIterable { case apply, observe, off }

  struct Request: Equatable {
    var capability: String
    var cost: Double?
    var wait: Int64?
    var mode: Mode?
    var labels: [String]
    var embedding: [Float]?
    var items: [Item]
  }

  struct Item: Equatable {
    var id: String
    var weight: Double
  }

  func read(_ text: String, at pointer: String = "") throws -> Request {
    var r = try FieldReader(try JSONValue.parse(text), at: pointer)
    let capability = r.string("capability", length: 1...20)
    let limits = r.optionalObject("constraints") { c in
      (
        cost: c.optionalDouble("max_cost_usd", in: 0...),
        wait: c.optionalInteger("max_wait_ms", in: 0...600_000)
      )
    }
    let mode = r.optionalChoice("mode", Mode.self)
    let labels = r.optionalStrings("labels", count: 0...3, length: 1...8) ?? []
    let embedding = r.optionalFloats("embedding", count: 1...4)
    let items = r.objects("items") { Item(id: $0.string("id"), weight: $0.double("weight", in: 0...1)) }
    try r.finish()
    return Request(
      capability: capability, cost: limits?.cost, wait: limits?.wait, mode: mode, labels: labels,
      embedding: embedding, items: items)
  }

  func errors(_ text: String, at pointer: String = "") -> [String] {
    do {
      _ = try read(text, at: pointer)
      return []
    } catch let errors as FieldErrors {
      return errors.errors.map(\.description)
    } catch {
      return ["\(error)"]
    }
  }

  @Test("a right document is read, in any order, null counting as absent")
  func workedExample() throws {
    let request = try read(
      #"{"items":[{"weight":0.5,"id":"a"},{"id":"b","weight":1}],"mode":"off","capability":"x","labels":null,"#
        + #""constraints":{"max_wait_ms":1e3,"max_cost_usd":2},"embedding":[1,0.5]}"#)
    #expect(
      request
        == Request(
          capability: "x", cost: 2, wait: 1000, mode: .off, labels: [], embedding: [1, 0.5],
          items: [Item(id: "a", weight: 0.5), Item(id: "b", weight: 1)]))
  }

  @Test("all the errors of a document arrive together, each with its pointer")
  func allErrors() {
    #expect(
      errors(
        #"{"capability":7,"constraints":{"max_cost_usd":-1,"max_wait_ms":1.5,"max_cost_us":1},"mode":"aply","#
          + #""labels":["ok",3,""],"embedding":[1,"x",1e39],"items":[{"id":"a"},5,{"id":"b","weight":2,"z":0}],"#
          + #""capabilty":"x"}"#)
        == [
          "/capability: must be a string of 1 to 20 characters, got 7",
          "/constraints/max_cost_usd: must be a number ≥ 0, got -1",
          "/constraints/max_wait_ms: must be an integer from 0 to 600000, got 1.5",
          "/constraints/max_cost_us: unknown field; did you mean \"max_cost_usd\"?",
          "/mode: must be one of apply, observe, off, got \"aply\"; did you mean \"apply\"?",
          "/labels/1: must be a string, got 3",
          "/labels/2: must be a string of 1 to 8 characters, got \"\"",
          "/embedding/1: must be a finite 32-bit number, got \"x\"",
          "/embedding/2: must be a finite 32-bit number, got 1e+39",
          "/items/0/weight: is required (a number from 0 to 1)",
          "/items/1: must be an object, got 5",
          "/items/2/weight: must be a number from 0 to 1, got 2",
          "/items/2/z: unknown field; known: id, weight",
          "/capabilty: unknown field; did you mean \"capability\"?",
        ])
  }

  @Test("pointers start where the object stands")
  func pointerOfThePart() {
    #expect(
      errors(#"{"capability":"x"}"#, at: "/3") == ["/3/items: is required (an array of objects)"])
    #expect(errors("[]", at: "/3") == ["/3: must be an object, got an empty array"])
  }

  @Test("names in pointers escape ~ and / (RFC 6901, section 5: the keys a/b and m~n)")
  func pointerEscapes() {
    #expect(JSONPointer.step("a/b") == "/a~1b")
    #expect(JSONPointer.step("m~n") == "/m~0n")
    #expect(JSONPointer.step("~1") == "/~01")
    #expect(JSONPointer.step("") == "/")
    let found = errors(#"{"capability":"x","items":[],"a/b":1}"#)
    #expect(found.first?.hasPrefix("/a~1b: unknown field") == true)
  }

  @Test("counts of arrays are checked")
  func counts() {
    #expect(
      errors(#"{"capability":"x","items":[],"labels":["a","b","c","d"],"embedding":[]}"#)
        == [
          "/labels: must be an array of at most 3 strings, got 4",
          "/embedding: must be an array of 1 to 4 numbers, got 0",
        ])
  }

  @Test("lengths count Unicode scalars, not bytes")
  func lengths() {
    let twenty = String(repeating: "é", count: 20)
    #expect(errors(#"{"capability":"\#(twenty)","items":[]}"#) == [])
    #expect(
      errors(#"{"capability":"\#(twenty)é","items":[]}"#)
        == ["/capability: must be a string of 1 to 20 characters, got one of 21"])
    #expect(
      errors(#"{"capability":"","items":[]}"#)
        == ["/capability: must be a string of 1 to 20 characters, got one of 0"])
  }

  @Test("every range is named as it was given")
  func ranges() throws {
    var r = try FieldReader(["x": 5])
    _ = r.double("x", in: 0..<1)
    _ = r.double("x", in: ...4)
    _ = r.double("x", in: ..<5.0)
    _ = r.integer("x", in: 6...)
    _ = r.integer("x", in: 1...4)
    do {
      try r.finish()
      Issue.record("finish did not throw")
    } catch {
      #expect(
        error.errors.map(\.message) == [
          "must be a number ≥ 0 and < 1, got 5", "must be a number ≤ 4, got 5",
          "must be a number < 5, got 5", "must be an integer ≥ 6, got 5",
          "must be an integer from 1 to 4, got 5",
        ])
    }
  }

  @Test("parsed fields, faults of the caller, free maps, presence")
  func otherFields() throws {
    var r = try FieldReader(["n": "12", "bad": "x", "map": ["a": "1", "b": 2], "flag": true, "any": [1]])
    let number = r.parsed("n", as: "a number in quotes") { Int($0) }
    let bad = r.optionalParsed("bad", as: "a number in quotes") { Int($0) }
    let map = r.optionalStringMap("map")
    let flag = r.bool("flag")
    #expect(r.has("any") && !r.has("none"))
    let any = r.array("any")
    #expect(number == 12 && bad == nil && map?.count == 1 && flag && any == [1])
    r.fail("n", "is too odd")
    r.fail("n and flag exclude each other")
    do {
      try r.finish()
      Issue.record("finish did not throw")
    } catch {
      #expect(
        error.description == """
          /bad: must be a number in quotes, got "x"
          /map/b: must be a string, got 2
          /n: is too odd
          n and flag exclude each other
          """)
    }
  }

  @Test("unknown fields are found beyond the 64th member too")
  func manyMembers() throws {
    let members = (0..<100).map { JSONValue.Member("f\($0)", .integer(Int64($0))) }
    var r = try FieldReader(.object(members))
    for index in stride(from: 99, through: 0, by: -1) where index != 80 && index != 3 {
      let value = r.integer("f\(index)")
      #expect(value == Int64(index))
    }
    do {
      try r.finish()
      Issue.record("finish did not throw")
    } catch {
      #expect(error.errors.map(\.pointer) == ["/f3", "/f80"])
    }
  }

  @Test("at most a hundred errors are kept, the rest is counted")
  func manyErrors() throws {
    var r = try FieldReader(["a": .array(Array(repeating: 1, count: 250))])
    let strings = r.strings("a")
    #expect(strings.isEmpty)
    do {
      try r.finish()
      Issue.record("finish did not throw")
    } catch {
      #expect(error.errors.count == 100)
      #expect(error.omitted == 150)
      #expect(error.description.hasSuffix("/a/99: must be a string, got 1\nand 150 more"))
    }
  }
}
