import Testing

@testable import Embedding

struct TokenTableTests {
  private func table(_ bytes: [UInt8]) throws -> TokenTable {
    try bytes.withUnsafeBytes { try TokenTable(safetensors: $0, tensor: "embedding.weight") }
  }

  @Test("rows are summed, in whole groups of eight columns and in the columns left over")
  func sumsRows() throws {
    let one = SafetensorsFile.one
    // Nine columns: 1 everywhere; 2 in the first and −4 in the last.
    var second = [UInt16](repeating: 0, count: 9)
    second[0] = SafetensorsFile.two
    second[8] = SafetensorsFile.minusFour
    let table = try table(SafetensorsFile(rows: [Array(repeating: one, count: 9), second]).bytes)
    #expect(table.rows == 2 && table.columns == 9)
    let sum = [0, 1, 1].withUnsafeBufferPointer { table.sum($0) }
    #expect(sum == [5, 1, 1, 1, 1, 1, 1, 1, -7])
    #expect([].withUnsafeBufferPointer { table.sum($0) } == Array(repeating: 0, count: 9))
  }

  @Test("every finite half-precision number keeps its value")
  func widensHalves() {
    for bits in 0...UInt16.max {
      let exponent = Int(bits >> 10 & 31)
      guard exponent < 31 else { continue }
      // (−1)ˢ · 2^(e − 25) · (1024 + m), and of subnormals 2⁻²⁴ · m
      let mantissa = Double(bits & 1023)
      let magnitude = exponent == 0 ? mantissa * 0x1p-24 : (1024 + mantissa) * Self.power(of: exponent - 25)
      let value = TokenTable.widened(SIMD8(repeating: bits))[7]
      if Double(value) != (bits >> 15 == 0 ? magnitude : -magnitude)
        || (value.sign == .minus) != (bits >> 15 == 1)
      {
        Issue.record("\(bits) became \(value)")
      }
    }
  }

  private static func power(of exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }

  @Test("a file that does not hold what its header says is refused with its reason")
  func refuses() {
    func reason(_ bytes: [UInt8]) -> String? {
      let error = #expect(throws: (any Error).self) { try table(bytes) }
      return error.map { "\($0)" }
    }
    let good = SafetensorsFile(rows: [[1, 2], [3, 4]])
    #expect(reason([1, 2, 3]) == "shorter than its own header")
    #expect(reason([255, 255, 255, 255, 255, 255, 255, 255, 123]) == "shorter than its own header")
    #expect(
      reason(good.bytes.dropLast())
        == "tensor embedding.weight does not have the size that its shape asks for")
    #expect(
      reason(SafetensorsFile(rows: good.rows, type: "F32").bytes)
        == "no tensor embedding.weight of type F16 with two dimensions")
    #expect(
      reason(SafetensorsFile(rows: []).bytes)
        == "tensor embedding.weight does not have the size that its shape asks for")
    #expect(reason([2, 0, 0, 0, 0, 0, 0, 0, 123, 59]) == "expected a string at byte 1")
  }
}
