extension [UInt8] {
  mutating func append(big value: UInt32) {
    append(contentsOf: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) })
  }

  mutating func append(big value: UInt16) {
    append(contentsOf: [UInt8(value >> 8), UInt8(value & 0xFF)])
  }

  mutating func append(little value: UInt32) {
    append(contentsOf: [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) })
  }

  mutating func append(little value: UInt16) {
    append(contentsOf: [UInt8(value & 0xFF), UInt8(value >> 8)])
  }
}
