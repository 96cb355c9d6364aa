/// A binary heap of numbers in memory that its user provides.
struct MinHeap {
  private let storage: UnsafeMutableBufferPointer<UInt64>
  private var count = 0

  init(_ storage: UnsafeMutableBufferPointer<UInt64>) { self.storage = storage }

  mutating func insert(_ value: UInt64) {
    var index = count
    count += 1
    storage.initializeElement(at: index, to: value)
    while index > 0 {
      let parent = (index - 1) / 2
      guard storage[parent] > value else { break }
      storage[index] = storage[parent]
      index = parent
    }
    storage[index] = value
  }

  /// The smallest number, taken out; nil for none.
  mutating func removeMin() -> UInt64? {
    guard count > 0 else { return nil }
    let smallest = storage[0]
    count -= 1
    let last = storage[count]
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < count else { break }
      if child + 1 < count && storage[child + 1] < storage[child] { child += 1 }
      guard storage[child] < last else { break }
      storage[index] = storage[child]
      index = child
    }
    storage[index] = last
    return smallest
  }
}
