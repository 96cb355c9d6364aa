import Foundation
import Testing
import Wire

@Suite struct JSONParserTests {
  @Test("a document keeps its order, its integers and its structure")
  func workedExample() throws {
    let value = try JSONValue.parse(#" {"b":[1,-2.5,true,null],"a":{"é":"\u00e9\n"},"n":9007199254740993} "#)
    #expect(
      value
        == .object([
          .init("b", .array([.integer(1), .number(-2.5), .bool(true), .null])),
          .init("a", .object([.init("é", .string("é\n"))])),
          .init("n", .integer(9_007_199_254_740_993)),  // 2^53 + 1: lost by a reader through binary64
        ]))
  }

  @Test("numbers keep their kind: integers to the ends of Int64, everything else binary64")
  func numberKinds() throws {
    #expect(try JSONValue.parse("9223372036854775807") == .integer(.max))
    #expect(try JSONValue.parse("-9223372036854775808") == .integer(.min))
    #expect(try JSONValue.parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try JSONValue.parse("1.0") == .number(1))
    #expect(try JSONValue.parse("1e3") == .number(1000))
    #expect(try JSONValue.parse("0.1e1") == .number(1))
    #expect(try JSONValue.parse("-0").doubleValue?.sign == .minus)
    #expect(try JSONValue.parse("1.7976931348623157e308") == .number(.greatestFiniteMagnitude))
    #expect(try JSONValue.parse("5e-324") == .number(.leastNonzeroMagnitude))
    #expect(try JSONValue.parse("1e-400") == .number(0))
  }

  // Halfway cases. 2^53 + 1 = 9007199254740993 lies between two binary64 and goes to the even one; a digit
  // more in the 19th place tips it up. 1 + 2^-53 = 1.00000000000000011102230246251565404… is the tie
  // between 1 and its successor: its first 19 digits are below it, the same with the last digit raised
  // above it.
  @Test("rounding is to nearest, ties to even, in the fast path and in the slow one")
  func rounding() throws {
    #expect(try JSONValue.parse("9007199254740993.0") == .number(9_007_199_254_740_992))
    #expect(try JSONValue.parse("9007199254740993.001") == .number(9_007_199_254_740_994))
    #expect(try JSONValue.parse("9007199254740995.0") == .number(9_007_199_254_740_996))
    #expect(try JSONValue.parse("1.000000000000000111") == .number(1))
    #expect(try JSONValue.parse("1.000000000000000112") == .number(1.0.nextUp))
    #expect(try JSONValue.parse("1.00000000000000011102230246251565404") == .number(1))
    #expect(try JSONValue.parse("1.00000000000000011102230246251565405") == .number(1.0.nextUp))
  }

  // Each lies above the tie between two binary64 by less than one part in 2^64, so that only the remainder of
  // the division tells it from the tie; the even neighbour is the lower one. Found with Python's fractions,
  // the expected value is float(Fraction(m, 10**k)).
  @Test(
    "what lies barely above a tie is rounded up",
    arguments: [
      ("9268451502519257665e-10", 926845150.2519258), ("9936790813187785716e-15", 9936.790813187787),
      ("9572517888930396346e-18", 9.572517888930397), ("9479803690609667766e-19", 0.9479803690609668),
      ("9086177898595224783e-22", 0.0009086177898595225), ("9744035431308249580e-25", 9.74403543130825e-07),
      ("9144327477159362869e-27", 9.144327477159364e-09),
    ])
  func barelyAboveTie(text: String, expected: Double) throws {
    #expect(try JSONValue.parse(text) == .number(expected))
  }

  @Test("random decimals of 1 to 21 digits and powers −40…25 read as the C library reads them")
  func decimalsAgreeWithStrtod() throws {
    var generator = SplitMix(state: 11)
    for _ in 0..<60_000 {
      let digits = Int.random(in: 1...21, using: &generator)
      var text = String(Int.random(in: 1...9, using: &generator))
      for _ in 1..<digits { text += String(Int.random(in: 0...9, using: &generator)) }
      let point = Int.random(in: 1...digits, using: &generator)
      if point < digits { text.insert(".", at: text.index(text.startIndex, offsetBy: point)) }
      text += "e\(Int.random(in: -40...25, using: &generator))"
      #expect(try JSONValue.parse(text).doubleValue == strtod(text, nil), "\(text)")
    }
  }

  static let refused: [(text: String, message: String)] = [
    ("", "expected a value, found the end of the text at byte 0 (line 1)"),
    ("  ", "expected a value, found the end of the text at byte 2 (line 1)"),
    ("{\"a\":1\n \"b\":2}", "expected ',' or '}', found '\"' at byte 8 (line 2)"),
    ("[1,]", "expected a value, found ']' at byte 3 (line 1)"),
    ("[1 2]", "expected ',' or ']', found '2' at byte 3 (line 1)"),
    ("{\"a\":1,}", "expected a name in quotes, found '}' at byte 7 (line 1)"),
    ("{a:1}", "expected a name in quotes, found 'a' at byte 1 (line 1)"),
    ("{\"a\" 1}", "expected ':', found '1' at byte 5 (line 1)"),
    ("{\"a\":1,\"b\":2,\"a\":3}", "the name \"a\" stands twice in one object at byte 13 (line 1)"),
    ("1 x", "expected the end of the text, found 'x' at byte 2 (line 1)"),
    ("01", "a number does not start with 0 and another digit at byte 0 (line 1)"),
    ("-", "expected a digit, found the end of the text at byte 1 (line 1)"),
    ("+1", "expected a value, found '+' at byte 0 (line 1)"),
    (".5", "expected a value, found '.' at byte 0 (line 1)"),
    ("1.", "expected a digit after the decimal point, found the end of the text at byte 2 (line 1)"),
    ("1.e3", "expected a digit after the decimal point, found 'e' at byte 2 (line 1)"),
    ("1e", "expected a digit in the exponent, found the end of the text at byte 2 (line 1)"),
    ("1e+", "expected a digit in the exponent, found the end of the text at byte 3 (line 1)"),
    ("[1e400]", "a number beyond the largest finite binary64 at byte 1 (line 1)"),
    ("NaN", "expected a value, found 'N' at byte 0 (line 1)"),
    ("Infinity", "expected a value, found 'I' at byte 0 (line 1)"),
    ("nul", "expected 'null' at byte 0 (line 1)"),
    ("True", "expected a value, found 'T' at byte 0 (line 1)"),
    ("\"abc", "the string opened at byte 0 is never closed at byte 4 (line 1)"),
    ("\"a\\\"", "the string opened at byte 0 is never closed at byte 4 (line 1)"),
    ("\"a\\", "the string opened at byte 0 is never closed at byte 3 (line 1)"),
    ("\"a\nb\"", "a control character must be escaped inside a string at byte 2 (line 1)"),
    ("\"\u{1F}\"", "a control character must be escaped inside a string at byte 1 (line 1)"),
    ("\"\\n\u{1F}\"", "a control character must be escaped inside a string at byte 3 (line 1)"),
    ("\"\\x\"", "no such escape: only \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX at byte 2 (line 1)"),
    ("\"\\u12g4\"", "a \\u escape needs four hexadecimal digits at byte 5 (line 1)"),
    ("\"\\ud800\"", "a surrogate escape without its partner at byte 1 (line 1)"),
    ("\"\\ud800\\u0041\"", "a surrogate escape without its partner at byte 1 (line 1)"),
    ("\"\\udc00\\ud800\"", "a surrogate escape without its partner at byte 1 (line 1)"),
    ("\u{FEFF}1", "expected a value, found a byte-order mark at byte 0 (line 1)"),
    ("\u{B}1", "expected a value, found the byte 0xB at byte 0 (line 1)"),
    ("1\u{C}", "expected the end of the text, found the byte 0xC at byte 1 (line 1)"),
    ("// x\n1", "expected a value, found '/' at byte 0 (line 1)"),
    ("\u{A0}1", "expected a value, found the byte 0xC2 at byte 0 (line 1)"),
  ]

  @Test("each fault is named with its byte and line", arguments: refused)
  func refusals(text: String, message: String) {
    let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
    #expect(error?.description == message)
  }

  // The ill-formed sequences of the Unicode Standard, section 3.9: overlong forms, a surrogate, beyond
  // U+10FFFF, a lone continuation, a truncated sequence.
  @Test(
    "bytes that are not UTF-8 are refused inside strings and outside",
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82], [0xFF], [0xE1, 0x80, 0x41],
    ] as [[UInt8]])
  func illFormed(sequence: [UInt8]) {
    #expect(String(validating: sequence, as: UTF8.self) == nil)
    for escape in ["", "\\n"] {
      let error = #expect(throws: JSONError.self) {
        try JSONValue.parse([UInt8]("\"a\(escape)".utf8) + sequence + [UInt8(ascii: "\"")])
      }
      #expect(error?.message == "not UTF-8")
      #expect(error?.offset == 2 + escape.utf8.count)
    }
    #expect(throws: JSONError.self) { try JSONValue.parse(sequence) }
  }

  @Test("escapes: all eight short ones, a pair of surrogates, and U+0000")
  func escapes() throws {
    #expect(
      try JSONValue.parse(#""\"\\\/\b\f\n\r\t""#) == .string("\"\\/\u{8}\u{C}\n\r\t"))
    #expect(try JSONValue.parse(#""x\ud83d\uDE00y\u0000""#) == .string("x😀y\0"))
    #expect(try JSONValue.parse("\"\u{7F}\"") == .string("\u{7F}"))
  }

  @Test("64 open containers are read, 65 are refused where the last opens")
  func depth() throws {
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try JSONValue.parse(deep).arrayValue?.count == 1)
    let error = #expect(throws: JSONError.self) { try JSONValue.parse("[\(deep)]") }
    #expect(error?.description == "nested deeper than 64 levels at byte 64 (line 1)")
    #expect(throws: JSONError.self) { try JSONValue.parse(#"{"a":[]}"#, maximumDepth: 1) }
    #expect(throws: Never.self) { try JSONValue.parse(#"{"a":1}"#, maximumDepth: 1) }
  }

  @Test("a name that stands twice is found among three members and among three hundred")
  func duplicateNames() throws {
    for count in [3, 23, 24, 25, 300] {
      let members = (0..<count).map { "\"name \($0)\":\($0)" }
      let text = members.joined(separator: ",")
      #expect(try JSONValue.parse("{\(text)}").members?.count == count)
      for twin in [0, count / 2, count - 1] {
        #expect(throws: JSONError.self) { try JSONValue.parse("{\(text),\(members[twin])}") }
      }
    }
  }

  @Test("numbers under one name are read apart, and nothing else about the text changes")
  func packing() throws {
    func read(_ text: String) throws -> (JSONValue, [Float]?) {
      var text = text
      let result = try text.withUTF8 { try JSONValue.parse(UnsafeRawBufferPointer($0), packing: "e") }
      return (result.value, result.floats)
    }
    let (value, floats) = try read(#"{"a": 1, "e": [0.5, -2, 1e-3 ,3 ], "b": {"e": [4]}}"#)
    #expect(floats == [0.5, -2, 0.001, 3])
    #expect(value == ["a": 1, "e": [], "b": ["e": [4]]])
    // What is no array of finite numbers stays where it is.
    for text in [
      #"{"e": []}"#, #"{"e": [1, null]}"#, #"{"e": [1, [2]]}"#, #"{"e": [1e39]}"#, #"{"e": "x"}"#, "[1]", "7",
      #"{"f": [1]}"#,
    ] {
      let (whole, none) = try read(text)
      let plain = try JSONValue.parse(text)
      #expect(none == nil && whole == plain, "\(text)")
    }
    // Faults are those of the plain reading.
    for text in [
      #"{"e": [1,]}"#, #"{"e": [1"#, #"{"e": [1 2]}"#, #"{"e": [01]}"#, #"{"e": [1], "e": [2]}"#,
      #"{"e": [1e999]}"#,
      #"{"e": [1]} x"#, "",
    ] {
      let plain = #expect(throws: JSONError.self, "\(text)") { try JSONValue.parse(text) }
      let packed = #expect(throws: JSONError.self, "\(text)") { try read(text) }
      #expect(plain == packed, "\(text)")
    }
  }
}
