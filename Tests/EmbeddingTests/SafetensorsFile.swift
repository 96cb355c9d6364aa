/// A safetensors file with one tensor `embedding.weight` of binary16 numbers.
struct SafetensorsFile {
  var rows: [[UInt16]]
  var type = "F16"

  static let one: UInt16 = 0x3C00
  static let two: UInt16 = 0x4000
  static let three: UInt16 = 0x4200
  static let minusFour: UInt16 = 0xC400

  var bytes: [UInt8] {
    let data = rows.joined().flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let columns = rows.first?.count ?? 0
    let header = Array(
      """
      {"__metadata__":{"made":"by hand"},"embedding.weight":{"dtype":"\(type)",\
      "shape":[\(rows.count),\(columns)],"data_offsets":[0,\(data.count)]}}
      """.utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return length + header + data
  }
}
