import CCurl

/// What the driver's thread does: reads messages, lets libcurl act, and watches the clock.
///
/// Everything here belongs to that one thread.
final class Loop {
  let settings: TransportSettings
  /// Lives for as long as the thread runs.
  private let driver: Driver
  private let multi: Multi
  /// For calls that may not share a connection: within one multi handle, libcurl 7.88 sends calls over any connection
  /// to a host that has once spoken HTTP/2, also over a busy one that speaks HTTP/1.1.
  private let unshared: Multi
  /// A time not after the first deadline of any transfer; only then are all of them looked at.
  private var earliest = Instant.never
  private var transfers: [ObjectIdentifier: Transfer] = [:]
  private var queue: AdmissionQueue<Transfer>
  private var names: NameCache
  private var spareHandles: [EasyHandle] = []
  /// Noted inside libcurl's callbacks, from where libcurl must not be called.
  private var proven: [String] = []
  /// A place may have become free.
  private var mayAdmit = false
  private var isClosing = false

  private static let mostSpareHandles = 256

  /// Nil when the system has no more file descriptors.
  init?(_ settings: TransportSettings, _ driver: Driver, wakeUp: Int32) {
    guard let multi = Multi(connections: settings.calls), let unshared = Multi(connections: settings.calls)
    else { return nil }
    self.settings = settings
    self.driver = driver
    self.multi = multi
    self.unshared = unshared
    multi.wake(by: wakeUp)
    multi.watch(unshared)
    queue = AdmissionQueue(perHost: settings.callsPerHost, total: settings.calls)
    names = NameCache(lifetime: settings.lookupLifetime)
  }

  func run() {
    while !isClosing {
      let messages = driver.take()
      messages.forEach(receive)
      admit()
      // Only an empty box wakes the thread when something comes.
      multi.act(within: messages.isEmpty ? timeout() : 0)
      collect()
      let now = Instant.now()
      if earliest <= now { expire(now) }
    }
    closeAll()
  }

  // MARK: Messages

  private func receive(_ message: Driver.Message) {
    switch message {
    case .start(let exchange): start(exchange)
    case .cancel(let exchange):
      if let transfer = transfers[ObjectIdentifier(exchange)] {
        end(transfer, transfer.error(.cancelled, "cancelled"))
      }
    case .resume(let exchange):
      if let transfer = transfers[ObjectIdentifier(exchange)] {
        let code = transfer.resume()
        if code == CURLE_OK { note(transfer) } else { end(transfer, transfer.outcome(code)) }
      }
    case .found(let host, let result):
      for transfer in names.found(host, result, at: .now()) where !transfer.isEnded {
        lookedUp(transfer, result)
      }
    case .close: isClosing = true
    }
  }

  private func start(_ exchange: Exchange) {
    let transfer = Transfer(exchange, self)
    guard !exchange.isCancelled else { return end(transfer, transfer.error(.cancelled, "cancelled")) }
    transfers[ObjectIdentifier(exchange)] = transfer
    lookUp(transfer)
  }

  /// Finds the address of the hop's host, or of its proxy, unless it is spelled out.
  private func lookUp(_ transfer: Transfer) {
    do throws(TransportError) {
      guard let name = try transfer.nameToLookUp() else { return enqueue(transfer) }
      if let addresses = names.known(name, at: .now()) {
        transfer.addresses = addresses
        return enqueue(transfer)
      }
      transfer.enter(.lookingUp)
      note(transfer)
      if names.wait(name, transfer) {
        let driver = driver
        settings.lookup.start(name) { driver.post(.found(host: name, $0)) }
      }
    } catch {
      end(transfer, transfer.error(error.reason, error.detail))
    }
  }

  private func lookedUp(_ transfer: Transfer, _ result: Result<[IPAddress], LookupFailure>) {
    switch result {
    case .success(let addresses):
      transfer.addresses = addresses
      enqueue(transfer)
    case .failure(let failure):
      end(transfer, transfer.error(.couldNotResolve, "\(transfer.hop.address.host): \(failure.text)"))
    }
  }

  private func enqueue(_ transfer: Transfer) {
    transfer.enter(.queued)
    note(transfer)
    // One connection first where it may turn out to be shared by all: HTTP/2 is agreed on in the TLS
    // handshake.
    let isProven = !transfer.mayShareConnection
    if queue.enter(transfer, host: transfer.hop.address.origin, isProven: isProven) { begin(transfer) }
  }

  private func begin(_ transfer: Transfer) {
    transfer.isAdmitted = true
    guard !transfer.isEnded else { return release(transfer) }
    do throws(TransportError) {
      let handle = if let spare = spareHandles.popLast() { spare } else { try EasyHandle() }
      try transfer.begin(handle)
      note(transfer)
      guard multi(of: transfer).add(handle) else {
        throw .refused(.failed(curlCode: -1), "libcurl takes no more calls")
      }
      transfer.isAdded = true
    } catch {
      // With what is known of the hops before.
      end(transfer, transfer.error(error.reason, error.detail))
    }
  }

  // MARK: libcurl

  private func multi(of transfer: Transfer) -> Multi { transfer.mayShareConnection ? multi : unshared }

  /// Takes out what has ended, and lets in who may go.
  private func collect() {
    while let (transfer, code) = multi.next() ?? unshared.next() {
      let outcome = transfer.outcome(code)
      if case .success = outcome, let next = transfer.redirect {
        detach(transfer)
        transfer.follow(next)
        lookUp(transfer)
      } else {
        end(transfer, outcome)
      }
    }
    if !proven.isEmpty {
      for host in proven { queue.prove(host: host) }
      proven.removeAll(keepingCapacity: true)
      mayAdmit = true
    }
    admit()
  }

  /// Lets in who may go. Not called where a place becomes free, because what is let in may end at once and
  /// free another.
  private func admit() {
    while mayAdmit {
      mayAdmit = false
      for transfer in queue.admitted() { begin(transfer) }
    }
  }

  /// Takes a transfer out of libcurl and gives its place to the next.
  private func detach(_ transfer: Transfer) {
    if let handle = transfer.takeHandle() {
      if transfer.isAdded { multi(of: transfer).remove(handle) }
      transfer.isAdded = false
      handle.reset()
      if spareHandles.count < Loop.mostSpareHandles { spareHandles.append(handle) }
    }
    if transfer.isAdmitted { release(transfer) }
  }

  private func release(_ transfer: Transfer) {
    transfer.isAdmitted = false
    queue.leave(host: transfer.hop.address.origin)
    mayAdmit = true
  }

  private func end(_ transfer: Transfer, _ outcome: Result<Void, TransportError>) {
    guard !transfer.isEnded else { return }
    transfer.end(outcome)
    detach(transfer)
    transfers[ObjectIdentifier(transfer.exchange)] = nil
  }

  // MARK: Time

  /// The transfer's next deadline may be earlier than what is known.
  func note(_ transfer: Transfer) { earliest = min(earliest, transfer.deadline().instant) }

  /// A transfer's connection stands.
  func prove(_ transfer: Transfer) {
    if transfer.mayShareConnection { proven.append(transfer.hop.address.origin) }
  }

  private func expire(_ now: Instant) {
    earliest = .never
    var late: [(Transfer, TimedPhase)] = []
    for transfer in transfers.values {
      let (instant, phase) = transfer.deadline()
      if instant <= now { late.append((transfer, phase)) } else { earliest = min(earliest, instant) }
    }
    for (transfer, phase) in late {
      end(transfer, transfer.error(.timedOut(phase), transfer.timeText(phase)))
    }
  }

  /// Milliseconds to wait, rounded up.
  private func timeout() -> Int32 {
    let next = min(multi.timer, unshared.timer, earliest)
    guard next < .never else { return -1 }
    let wait = (next.nanoseconds - Instant.now().nanoseconds + 999_999) / 1_000_000
    return Int32(clamping: max(0, wait))
  }

  private func closeAll() {
    for message in driver.shut() {
      if case .start(let exchange) = message {
        exchange.fail(.refused(.closed, "the transport has been closed"))
      }
    }
    while let transfer = transfers.values.first {
      end(transfer, transfer.error(.closed, "the transport has been closed"))
    }
    spareHandles.removeAll()
  }
}
