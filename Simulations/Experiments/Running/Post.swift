import Routing
import World

/// What is known of a decision for as long as feedback about it may come.
struct Sent: Sendable {
  var decision: Int
  var intent: Int32
  /// Ordinal of the chosen one, and of the one that served.
  var chosen: UInt32
  var served: UInt32
  var rating: Rating
}

/// Feedback on its way: by arrival, then by decision. A binary heap, so that it grows with what is on its way only.
struct Post: Sendable {
  private var heap: [Sent] = []

  var count: Int { heap.count }

  mutating func put(_ sent: Sent) {
    heap.append(sent)
    var place = heap.count - 1
    while place > 0, Post.precedes(heap[place], heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// The next that has arrived by a decision, that decision not included.
  mutating func take(before decision: Int) -> Sent? {
    guard let first = heap.first, first.rating.arrives < decision else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if Post.precedes(heap[child], heap[least]) { least = child }
      }
      if least == place { return first }
      heap.swapAt(place, least)
      place = least
    }
  }

  private static func precedes(_ left: Sent, _ right: Sent) -> Bool {
    (left.rating.arrives, left.decision) < (right.rating.arrives, right.decision)
  }
}
