public import Routing

/// The jobs that wait for a provider. Higher priorities first, and nobody starves.
///
/// A priority is a head start: an entry's rank is the time at which it was put in, less the head start of its
/// priority, and the lowest rank goes first. Ranks do not change, so a waiting job ages by standing still. An entry
/// can only be overtaken by those that come within the difference of the head starts after it: with the standard ones,
/// whatever was put in more than 60 s after a job of low priority goes after it.
public struct JobQueue: Sendable {
  /// What waits.
  public struct Entry: Hashable, Sendable {
    public var job: Identifier
    /// The position in the job's plan.
    public var candidate: Int
    public var payer: Payer
    public var priority: JobPriority
    /// When it was put in.
    public var since: Instant

    public init(
      job: Identifier, candidate: Int, payer: Payer, priority: JobPriority, since: Instant
    ) {
      self.job = job
      self.candidate = candidate
      self.payer = payer
      self.priority = priority
      self.since = since
    }
  }

  /// By how much each priority starts ahead of `low`.
  public struct HeadStart: Hashable, Sendable {
    public var normal: Span
    public var high: Span

    public init(normal: Span = .seconds(30), high: Span = .seconds(60)) {
      self.normal = normal
      self.high = high
    }

    public subscript(priority: JobPriority) -> Span {
      switch priority {
      case .low: .seconds(0)
      case .normal: normal
      case .high: high
      }
    }
  }

  private let headStart: HeadStart
  // A binary heap by rank, and where each job stands in it.
  private var heap: [Entry] = []
  private var places: [Identifier: Int] = [:]

  public init(headStart: HeadStart = HeadStart()) { self.headStart = headStart }

  public var count: Int { heap.count }

  public func contains(_ job: Identifier) -> Bool { places[job] != nil }

  /// Who goes next.
  public var first: Entry? { heap.first }

  /// Puts an entry in. A job that waits already keeps its place in time and takes over the rest.
  public mutating func insert(_ entry: Entry) {
    if let place = places[entry.job] {
      heap[place].candidate = entry.candidate
      heap[place].payer = entry.payer
      return
    }
    heap.append(entry)
    places[entry.job] = heap.count - 1
    rise(from: heap.count - 1)
  }

  /// Takes out who goes next.
  public mutating func removeFirst() -> Entry? {
    guard let first = heap.first else { return nil }
    remove(first.job)
    return first
  }

  /// Takes out the first, in order, that is let go; the others keep their places. A job of one account does not hold
  /// up the next of another.
  ///
  /// - Complexity: O(k log n) for k entries that are held back before one is let go.
  public mutating func removeFirst(where isFree: (Entry) -> Bool) -> Entry? {
    var heldBack: [Entry] = []
    var found: Entry?
    while let entry = removeFirst() {
      if isFree(entry) {
        found = entry
        break
      }
      heldBack.append(entry)
    }
    for entry in heldBack { insert(entry) }
    return found
  }

  /// Takes out a job; nothing happens when it does not wait.
  public mutating func remove(_ job: Identifier) {
    guard let place = places.removeValue(forKey: job) else { return }
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    places[last.job] = place
    rise(from: place)
    sink(from: place)
  }

  /// How many would go before an entry put in now.
  public func ahead(of priority: JobPriority, at now: Instant) -> Int {
    let rank = now - headStart[priority]
    return heap.count { $0.since - headStart[$0.priority] <= rank }
  }

  private func precedes(_ left: Entry, _ right: Entry) -> Bool {
    let leftRank = left.since - headStart[left.priority]
    let rightRank = right.since - headStart[right.priority]
    return leftRank == rightRank ? left.job < right.job : leftRank < rightRank
  }

  private mutating func rise(from start: Int) {
    var place = start
    while place > 0, precedes(heap[place], heap[(place - 1) / 2]) {
      swapPlaces(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink(from start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && precedes(heap[child], heap[least]) {
        least = child
      }
      guard least != place else { return }
      swapPlaces(place, least)
      place = least
    }
  }

  private mutating func swapPlaces(_ one: Int, _ other: Int) {
    heap.swapAt(one, other)
    places[heap[one].job] = one
    places[heap[other].job] = other
  }
}
