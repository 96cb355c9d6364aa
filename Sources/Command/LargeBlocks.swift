import Foundation

/// How this process gets memory from the system for large blocks.
enum LargeBlocks {
  /// The size in bytes from which on a block is mapped by itself, and given back when it is freed.
  static let size: Int32 = 1 << 20

  /// Fixes that size. By itself glibc raises it to that of the largest mapped block that was freed, up to 32 MiB
  /// (mallopt(3), `M_MMAP_THRESHOLD`): after one large answer of a vendor all later ones come from the heap, which they
  /// tear into pieces. Measured in a soak of two minutes: 90 MiB resident, where it was 129.
  ///
  /// - Returns: false where the system has no such setting.
  @discardableResult
  static func giveBack() -> Bool {
    // <malloc.h> is not part of Swift's Glibc module, so the function is looked up by its name.
    guard let symbol = dlsym(nil, "mallopt") else { return false }
    typealias Mallopt = @convention(c) (_ parameter: Int32, _ value: Int32) -> Int32
    let threshold: Int32 = -3
    return unsafeBitCast(symbol, to: Mallopt.self)(threshold, size) == 1
  }
}
