/// One vector of half-precision numbers a token: the first tensor of a safetensors file.
struct TokenTable: Sendable {
  /// The number of tokens.
  let rows: Int
  /// D.
  let columns: Int
  /// IEEE 754 binary16, row-major. Kept at half its size in single precision: half the memory, half the cache
  /// lines a token, and widening costs less than fetching the other half.
  private let halves: [UInt16]

  /// Reads tensor `name`, which must be F16 of shape [rows, columns].
  ///
  /// The format: 8 bytes little-endian length of the header; the header, JSON, name → {dtype, shape,
  /// data_offsets}; the data, little-endian. See https://huggingface.co/docs/safetensors.
  ///
  /// - Throws: ``JSONScanError`` or ``MalformedFile``.
  init(safetensors file: UnsafeRawBufferPointer, tensor name: String) throws {
    guard file.count >= 8 else { throw MalformedFile("shorter than its own header") }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(file.count - 8) else { throw MalformedFile("shorter than its own header") }
    let data = UnsafeRawBufferPointer(rebasing: file[(8 + Int(length))...])
    let header = UnsafeRawBufferPointer(rebasing: file[8..<8 + Int(length)])

    var type: [UInt8] = []
    var shape: [Int] = []
    var range: [Int] = []
    try header.withMemoryRebound(to: UInt8.self) { header in
      var scanner = JSONScanner(header)
      try scanner.object { scanner, key in
        guard key == Array(name.utf8) else { return try scanner.skipValue() }
        try scanner.object { scanner, key in
          switch key {
          case Array("dtype".utf8): try scanner.string(into: &type)
          case Array("shape".utf8): try scanner.array { try shape.append($0.count()) }
          case Array("data_offsets".utf8): try scanner.array { try range.append($0.count()) }
          default: try scanner.skipValue()
          }
        }
      }
    }
    guard type == Array("F16".utf8), shape.count == 2, range.count == 2 else {
      throw MalformedFile("no tensor \(name) of type F16 with two dimensions")
    }
    let (elements, overflow) = shape[0].multipliedReportingOverflow(by: shape[1])
    guard !overflow, elements > 0, range[0] <= range[1], range[1] <= data.count,
      range[1] - range[0] == 2 * elements, elements < Int.max / 2
    else { throw MalformedFile("tensor \(name) does not have the size that its shape asks for") }
    rows = shape[0]
    columns = shape[1]
    let tensor = data[range[0]..<range[1]]
    halves = [UInt16](unsafeUninitializedCapacity: elements) { halves, count in
      UnsafeMutableRawBufferPointer(halves).copyMemory(from: UnsafeRawBufferPointer(rebasing: tensor))
      if UInt16(littleEndian: 1) != 1 {
        for index in halves.indices { halves[index] = halves[index].byteSwapped }
      }
      count = elements
    }
  }

  /// The sum of the rows of `tokens`, in their order, in single precision: D elements.
  func sum(_ tokens: UnsafeBufferPointer<UInt16>) -> [Float] {
    [Float](unsafeUninitializedCapacity: columns) { sum, count in
      guard let first = sum.baseAddress else { return }
      sum.initialize(repeating: 0)
      let sums = UnsafeMutableRawPointer(first)
      halves.withUnsafeBytes { halves in
        for token in tokens {
          let row = Int(token) * columns
          var column = 0
          while column + 8 <= columns {
            let half = halves.loadUnaligned(fromByteOffset: 2 * (row + column), as: SIMD8<UInt16>.self)
            let sum = sums.loadUnaligned(fromByteOffset: 4 * column, as: SIMD8<Float>.self)
            sums.storeBytes(of: sum + Self.widened(half), toByteOffset: 4 * column, as: SIMD8<Float>.self)
            column += 8
          }
          while column < columns {
            let half = halves.loadUnaligned(fromByteOffset: 2 * (row + column), as: UInt16.self)
            sum[column] += Self.widened(SIMD8(repeating: half))[0]
            column += 1
          }
        }
      }
      count = columns
    }
  }

  /// Binary16 to binary32 by moving the bits: the exponent's bias differs by 112, and multiplying by 2¹¹² is
  /// exact, for subnormal halves too. (There is no `Float16` on x86 in Swift.) Infinities and NaN, which no
  /// table has, would come out as finite numbers.
  @inline(__always)
  static func widened(_ half: SIMD8<UInt16>) -> SIMD8<Float> {
    // The half in the upper 16 bits, moved down by 3 with its sign kept: s sss eeeee mmmmmmmmmm 000…, of which
    // the mask leaves one s.
    let bits = (SIMD8<Int32>(truncatingIfNeeded: half) &<< 16) &>> 3
    let kept = SIMD8<UInt32>(truncatingIfNeeded: bits) & 0x8FFF_E000
    return unsafeBitCast(kept, to: SIMD8<Float>.self) * 0x1p112
  }
}
