/// Who may go now: at most so many calls to one host at a time and so many in all, each host's in the order
/// in which they came.
///
/// libcurl can limit connections itself, but its one queue for all hosts lets calls to a stuck host hold up
/// others (7.88), so calls enter libcurl only when there is a place for them.
struct AdmissionQueue<Item> {
  private struct Host {
    var underWay = 0
    /// A first connection stood, so that libcurl knows whether the host speaks HTTP/2.
    var isProven: Bool
    var waiting: [Item] = []
    var first = 0

    var hasWaiting: Bool { first < waiting.count }

    mutating func next() -> Item {
      defer {
        first += 1
        if first > 64, first * 2 > waiting.count {
          waiting.removeFirst(first)
          first = 0
        }
      }
      return waiting[first]
    }
  }

  private let perHost: Int
  private let total: Int
  private var underWay = 0
  private var hosts: [String: Host] = [:]
  /// Hosts with somebody waiting, in turn.
  private var line: [String] = []

  init(perHost: Int, total: Int) {
    self.perHost = perHost
    self.total = total
  }

  /// - Parameter isProven: false when the host's first connection should stand before a second is opened,
  ///   because then all may share it.
  /// - Returns: whether the item may go at once; otherwise it waits in here.
  mutating func enter(_ item: Item, host name: String, isProven: Bool) -> Bool {
    var host = hosts[name] ?? Host(isProven: isProven)
    defer { hosts[name] = host }
    if underWay < total, !host.hasWaiting, host.underWay < limit(host) {
      host.underWay += 1
      underWay += 1
      return true
    }
    if !host.hasWaiting { line.append(name) }
    host.waiting.append(item)
    return false
  }

  /// One that was under way has ended. Call ``admitted()`` afterwards.
  mutating func leave(host name: String) {
    guard var host = hosts[name] else { return }
    host.underWay -= 1
    underWay -= 1
    // If the first one failed, the others need not fail one by one.
    host.isProven = true
    hosts[name] = host.underWay == 0 && !host.hasWaiting ? nil : host
  }

  /// The host's first connection stands. Call ``admitted()`` afterwards.
  mutating func prove(host name: String) { hosts[name]?.isProven = true }

  /// Those that may go now.
  mutating func admitted() -> [Item] {
    var items: [Item] = []
    // A host that was passed over stays in its place for the next time.
    var passed: [String] = []
    while underWay < total, !line.isEmpty {
      let name = line.removeFirst()
      guard var host = hosts[name], host.hasWaiting else { continue }
      guard host.underWay < limit(host) else {
        passed.append(name)
        continue
      }
      items.append(host.next())
      host.underWay += 1
      underWay += 1
      hosts[name] = host
      if host.hasWaiting { line.append(name) }
    }
    line = passed + line
    return items
  }

  private func limit(_ host: Host) -> Int { host.isProven ? perHost : 1 }
}
