import Declarations
import Testing

@Suite struct YAMLFieldsTests {
  enum Mode: String, CaseIterable { case apply, observe, off }

  /// Reads a text with `body` and returns the errors, one string each.
  func errors(_ text: String, _ body: (YAMLFields) -> Void) -> [String] {
    do {
      let root = try YAMLFields(text, file: "x.yaml", kind: "thing")
      body(root)
      try root.finish()
      return []
    } catch {
      return error.errors.map(\.description)
    }
  }

  @Test("a string is what is written, whatever YAML 1.1 would make of it")
  func strings() {
    let text = """
      a: 1.0
      b: no
      c: 2026-09-24
      d: "null"
      e: 0x10
      f: text with spaces  # and a comment
      g: |
        two
        lines
      h: 12:30:45
      """
    let found = errors(text) { root in
      let values = ["a", "b", "c", "d", "e", "f", "g", "h"].map { root.string($0) }
      #expect(
        values == ["1.0", "no", "2026-09-24", "null", "0x10", "text with spaces", "two\nlines\n", "12:30:45"])
    }
    #expect(found == [])
  }

  @Test("numbers and truth values are unquoted and written as in JSON")
  func numbers() {
    let text = """
      a: 1.5
      b: -2e3
      c: 12
      d: true
      e: 1_000
      f: .5
      g: "5"
      h: .inf
      i: yes
      j: "true"
      k: 1.5
      l: 0x10
      """
    let found = errors(text) { root in
      let doubles = [root.double("a"), root.double("b"), root.double("c")]
      #expect(doubles == [1.5, -2000, 12] && root.bool("d"))
      for name in ["e", "f", "g", "h"] { _ = root.double(name) }
      _ = root.bool("i")
      _ = root.optionalBool("j")
      _ = root.integer("k")
      _ = root.optionalInteger("l", in: 1...)
    }
    #expect(
      found == [
        "x.yaml:5: 'e' in thing must be a number, got '1_000'",
        "x.yaml:6: 'f' in thing must be a number, got '.5'",
        "x.yaml:7: 'g' in thing must be a number, got '5'",
        "x.yaml:8: 'h' in thing must be a number, got '.inf'",
        "x.yaml:9: 'i' in thing must be true or false, got 'yes'",
        "x.yaml:10: 'j' in thing must be true or false, got 'true'",
        "x.yaml:11: 'k' in thing must be an integer, got '1.5'",
        "x.yaml:12: 'l' in thing must be an integer ≥ 1, got '0x10'",
      ])
  }

  @Test("all errors of a file arrive together, by line, nested mappings and unknown keys included")
  func allErrors() {
    let text = """
      items:
        - id: a
          pric: 3
        - 5
        - id: b
          price: -1
      mode: aply
      mod: off
      labels: [x, ~, 3]
      """
    let found = errors(text) { root in
      for item in root.objects("items", kind: "item") {
        _ = item.string("id")
        _ = item.double("price", in: 0...)
      }
      _ = root.choice("mode", Mode.self)
      _ = root.strings("labels", count: 1...2)
      _ = root.string("name")
    }
    #expect(
      found == [
        "x.yaml:1: thing lacks the key 'name' (a string)",
        "x.yaml:2: item lacks the key 'price' (a number ≥ 0)",
        "x.yaml:3: unknown key 'pric' in item; allowed: id, price; did you mean 'price'?",
        "x.yaml:4: item must be a mapping, got '5'",
        "x.yaml:6: 'price' in item must be a number ≥ 0, got '-1'",
        "x.yaml:7: 'mode' in thing must be one of apply, observe, off, got 'aply'; did you mean 'apply'?",
        "x.yaml:8: unknown key 'mod' in thing; allowed: items, mode, labels, name; did you mean 'mode'?",
        "x.yaml:9: 'labels' in thing must be a list of 1 to 2 strings, got 3",
        "x.yaml:9: an element of 'labels' in thing must be a string that is not empty, got null",
      ])
  }

  @Test("null counts as absent for an optional key and as wrong for a required one")
  func nulls() {
    let found = errors("a: ~\nb: null\nc:\nd:\n") { root in
      #expect(root.optionalString("a") == nil && root.optionalDouble("b") == nil && !root.has("b"))
      #expect(root.optionalObject("c") == nil)
      _ = root.string("d")
    }
    #expect(found == ["x.yaml:4: 'd' in thing must be a string, got nothing"])
  }

  @Test("a repeated key is refused with the line of the repetition")
  func repeatedKeys() {
    #expect(
      errors("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n") { _ in }
        == ["x.yaml:5: key 'c' stands twice in one mapping, first above"])
    #expect(
      errors("items:\n  - id: x\n    n: 1\n    id: y\n") { _ in }
        == ["x.yaml:4: key 'id' stands twice in one mapping, first above"])
    #expect(errors("a: {b: 1, b: 2}\n") { _ in } == ["x.yaml:1: key 'b' stands twice in one mapping"])
    // The repetition is looked for in the same mapping only.
    #expect(
      errors("a:\n  - {b: 1, b: 2}\nc:\n     b: 1\nd:\n     b: 2\n") { _ in }
        == ["x.yaml:2: key 'b' stands twice in one mapping"])
    #expect(
      errors("1: a\n\"1\": b\n") { _ in } == ["x.yaml:2: key '1' stands twice in one mapping, first above"])
    // Yams holds these two apart for their tags.
    #expect(
      errors("!!str a: 1\n!!int a: 2\n") { root in _ = root.integer("a") }
        == ["x.yaml:2: key 'a' stands twice in thing"])
  }

  @Test(
    "malformed YAML is refused with its line",
    arguments: [
      ("a: 1\nb: [1, 2\nc: 3\n", 3, "malformed YAML"), ("a: 1\n\tb: 2\n", 2, "malformed YAML"),
      ("a: \"open\n", 2, "malformed YAML"), ("a: *nobody\n", 1, "malformed YAML: found undefined alias"),
      ("a: 1\n---\nb: 2\n", 2, "malformed YAML: but found another document"),
      ("a: \u{1}\n", 1, "malformed YAML"), ("- 1\n", 1, "thing must be a mapping, got a list of 1"),
      ("", 0, "is empty"), ("# only a comment\n", 0, "is empty"),
    ])
  func malformed(text: String, line: Int, start: String) throws {
    let thrown = #expect(throws: DeclarationErrors.self) {
      try YAMLFields(text, file: "x.yaml", kind: "thing")
    }
    let error = try #require(thrown?.errors.first)
    #expect(thrown?.errors.count == 1)
    #expect(error.line == line)
    #expect(error.message.hasPrefix(start), "\(error)")
  }

  @Test("lines are found along a path, as far as it goes")
  func lines() throws {
    let root = try YAMLFields("a: 1\nb:\n  c:\n    d: 1\n", file: "x.yaml", kind: "thing")
    #expect(root.line(of: "b") == 2)
    #expect(root.line(of: "b", "c", "d") == 4)
    #expect(root.line(of: "b", "x", "d") == 2)
    #expect(root.line(of: "z") == 1)
  }

  @Test("free mappings of numbers keep their order and lines")
  func freeNumbers() {
    let found = errors("m:\n  z: 0.5\n  a: 1\n  q: 2\n") { root in
      let numbers = root.optionalNumbers("m", in: 0...1)
      #expect(numbers?.map(\.name) == ["z", "a"])
      #expect(numbers?.map(\.line) == [2, 3])
    }
    #expect(found == ["x.yaml:4: 'q' in m must be a number from 0 to 1, got '2'"])
  }
}
