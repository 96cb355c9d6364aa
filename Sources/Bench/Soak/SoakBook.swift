/// What a soak has asked for, and what it was told: a value, so that it can be tried without a router.
struct SoakBook {
  /// One piece of work that is wanted done once.
  struct Order {
    let number: Int
    let capability: String
    /// The job that the router answered with; nil before.
    var job: String?
    /// Times that it was sent.
    var sent = 0
  }

  private(set) var orders: [Order] = []
  /// What the router said that it must not have said: another id for the same key, or a refusal.
  private(set) var complaints: [String] = []
  private(set) var resent = 0
  private var taken = 0
  /// How many of the jobs taken in are over.
  var ended = 0
  let seed: UInt64
  private let capabilities: [String]
  /// Orders after which there is no further one; nil is no limit.
  private let most: Int?

  init(seed: UInt64, capabilities: [String], most: Int? = nil) {
    self.seed = seed
    self.capabilities = capabilities
    self.most = most
  }

  /// Whether all orders that there may be have been made.
  var isFull: Bool { most.map { orders.count >= $0 } ?? false }

  /// Taken in and not over, or on their way to the router.
  var inFlight: Int { orders.count - ended - refused }
  private(set) var refused = 0

  /// The next order, while fewer than `limit` are in flight.
  mutating func next(limit: Int) -> Order? {
    guard inFlight < limit, !isFull else { return nil }
    let order = Order(number: orders.count, capability: capabilities[orders.count % capabilities.count])
    orders.append(order)
    return order
  }

  mutating func send(_ number: Int) {
    orders[number].sent += 1
    if orders[number].sent > 1 { resent += 1 }
  }

  mutating func acknowledge(_ number: Int, job: String) {
    if let before = orders[number].job, before != job {
      complaints.append("\(reference(number)) was answered with job \(before) and with job \(job)")
    }
    if orders[number].job == nil { taken += 1 }
    orders[number].job = job
  }

  mutating func refuse(_ number: Int, status: Int, answer: String) {
    refused += 1
    complaints.append("\(reference(number)) was refused with \(status): \(answer)")
  }

  /// The name under which an order is known everywhere: its idempotency key, and its mark in the input.
  func reference(_ number: Int) -> String { "soak-\(seed)-\(number)" }

  /// Acknowledged jobs by reference.
  var acknowledged: [String: String] {
    Dictionary(
      uniqueKeysWithValues: orders.compactMap { order in order.job.map { (reference(order.number), $0) } })
  }

  /// The reference that a text carries, if it is one of a soak.
  static func reference(in text: String) -> String? {
    guard let start = text.range(of: "[[ref: "), let end = text[start.upperBound...].range(of: "]]") else {
      return nil
    }
    return String(text[start.upperBound..<end.lowerBound])
  }
}

extension String {
  /// The first place of a text, without Foundation.
  fileprivate func range(of text: String) -> Range<Index>? { self[...].range(of: text) }
}

extension Substring {
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
