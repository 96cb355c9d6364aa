extension UnsafeBufferPointer<UInt8> {
  /// The scalar that starts at `index` of well-formed UTF-8, which every `String` is, and its length in bytes.
  @inline(__always)
  func scalar(at index: Int) -> (scalar: UInt32, width: Int) {
    let first = UInt32(self[index])
    if first < 0x80 { return (first, 1) }
    func next(_ offset: Int) -> UInt32 { UInt32(self[index + offset] & 0x3F) }
    if first < 0xE0 { return ((first & 0x1F) << 6 | next(1), 2) }
    if first < 0xF0 { return ((first & 0x0F) << 12 | next(1) << 6 | next(2), 3) }
    return ((first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4)
  }
}
