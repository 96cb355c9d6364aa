import Testing

@testable import Embedding

struct MinHeapTests {
  @Test("numbers come out in order, however insertions and removals mix", arguments: 0..<20)
  func sorts(_ seed: Int) {
    var rng = SplitMix(state: UInt64(seed))
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 200) { storage in
      var heap = MinHeap(storage)
      var expected: [UInt64] = []
      for _ in 0..<200 {
        if rng.below(3) > 0 {
          let value = UInt64(rng.below(50))
          heap.insert(value)
          expected.append(value)
          expected.sort()
        } else {
          #expect(heap.removeMin() == (expected.isEmpty ? nil : expected.removeFirst()))
        }
      }
      while !expected.isEmpty { #expect(heap.removeMin() == expected.removeFirst()) }
      #expect(heap.removeMin() == nil)
    }
  }
}
