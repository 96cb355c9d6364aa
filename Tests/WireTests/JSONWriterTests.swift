import Testing
import Wire

@Suite struct JSONWriterTests {
  @Test("objects, arrays and fields get their commas")
  func workedExample() {
    let missing: Double? = nil
    var writer = JSONWriter()
    writer.object {
      $0.field("id", "d-1")
      $0.array("items") { items in for item in 1...3 { items.value(item) } }
      $0.object("empty") { _ in }
      $0.array("none", [String]())
      $0.objects("pairs", [1, 2]) { pair, item in
        pair.field("n", item)
        pair.field("even", item % 2 == 0)
      }
      $0.field("null", missing)
      $0.fieldIfPresent("absent", missing)
      $0.rawField("raw", Array(#"{"x":1}"#.utf8))
      $0.field("last", 1.0)
    }
    #expect(
      writer.text
        == #"{"id":"d-1","items":[1,2,3],"empty":{},"none":[],"pairs":[{"n":1,"even":false},{"n":2,"even":true}],"#
        + #""null":null,"raw":{"x":1},"last":1.0}"#)
  }

  @Test("an error inside a closure passes through with its type")
  func typedErrors() {
    struct Stop: Error {}
    var writer = JSONWriter()
    #expect(throws: Stop.self) { try writer.array { _ throws(Stop) in throw Stop() } }
  }

  @Test("strings escape what RFC 8259 requires and nothing else")
  func escapes() {
    #expect(
      JSONValue.string("a\"b\\c/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é😀\u{2028}").serialized()
        == Array(#""a\"b\\c/\b\f\n\r\t\u0000\u001f"#.utf8) + Array("\u{7F}é😀\u{2028}\"".utf8))
  }

  @Test("numbers: shortest for their width, whole ones with .0, non-finite ones as null")
  func numbers() {
    var writer = JSONWriter()
    writer.array {
      $0.value(0.1)
      $0.value(Float(0.1))
      $0.value(1.0)
      $0.value(1e300)
      $0.value(-0.0)
      $0.value(Double.nan)
      $0.value(Double.infinity)
      $0.value(-Float.infinity)
      $0.value(Int64.min)
      $0.value(UInt64.max)
      $0.value(0)
    }
    #expect(
      writer.text
        == "[0.1,0.1,1.0,1e+300,-0.0,null,null,null,-9223372036854775808,18446744073709551615,0]")
  }

  @Test("the buffer can be emptied and used again")
  func reuse() {
    var writer = JSONWriter()
    writer.value("x")
    writer.removeAll()
    writer.value(2)
    #expect(writer.text == "2")
  }

  @Test("pretty text has one member a line and reads back as the same value")
  func pretty() throws {
    let value: JSONValue = ["a": [1, ["b": []]], "c": [:], "d": nil]
    let text = String(decoding: value.serialized(pretty: true), as: UTF8.self)
    #expect(
      text == """
        {
          "a": [
            1,
            {
              "b": []
            }
          ],
          "c": {},
          "d": null
        }
        """)
    #expect(try JSONValue.parse(text) == value)
  }

  @Test("every finite binary64 and binary32 pattern reads back as itself")
  func doublesRoundTrip() throws {
    var generator = SplitMix(state: 5)
    for _ in 0..<50_000 {
      let bits = generator.next()
      let double = Double(bitPattern: bits)
      if double.isFinite {
        let back = try JSONValue.parse(JSONValue.number(double).serialized())
        #expect(back.doubleValue?.bitPattern == bits)
      }
      let float = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
      guard float.isFinite else { continue }
      var writer = JSONWriter()
      writer.value(float)
      #expect(try JSONValue.parse(writer.bytes).doubleValue.map(Float.init) == float)
    }
  }

  @Test("random doubles of everyday size read back as themselves")
  func everydayDoublesRoundTrip() throws {
    var generator = SplitMix(state: 6)
    for _ in 0..<50_000 {
      let double =
        Double.random(in: -1...1, using: &generator) * [1e-3, 1, 1e3, 1e9].randomElement(using: &generator)!
      #expect(try JSONValue.parse(JSONValue.number(double).serialized()).doubleValue == double)
    }
  }

  @Test("random strings of any scalars read back as themselves")
  func stringsRoundTrip() throws {
    var generator = SplitMix(state: 7)
    for _ in 0..<5_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...40, using: &generator) {
        let most: UInt32 = [0x7F, 0xFF, 0xFFFF, 0x10FFFF].randomElement(using: &generator)!
        if let scalar = Unicode.Scalar(UInt32.random(in: 0...most, using: &generator)) {
          text.unicodeScalars.append(scalar)
        }
      }
      let back = try JSONValue.parse(JSONValue.string(text).serialized()).stringValue
      #expect(back.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }
  }
}
