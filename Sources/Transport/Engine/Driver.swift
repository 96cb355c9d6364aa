import CCurl
import Glibc
import Synchronization

/// The thread that carries all calls of a transport, and its letter box.
final class Driver: Sendable {
  enum Message {
    case start(Exchange)
    case cancel(Exchange)
    /// A streamed body has room again.
    case resume(Exchange)
    case found(host: String, Result<[IPAddress], LookupFailure>)
    case close
  }

  private struct Inbox {
    var messages: [Message] = []
    /// The thread waits in epoll and must be woken.
    var isAsleep = false
    var isClosed = false
  }

  private let inbox = Mutex(Inbox())
  private let wakeUp: Int32

  init(_ settings: TransportSettings) throws(TransportError) {
    guard Driver.curl == CURLE_OK else { throw Driver.failed("libcurl does not start") }
    let wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wakeUp >= 0 else { throw Driver.failed("no file descriptor is left") }
    self.wakeUp = wakeUp
    guard let loop = Loop(settings, self, wakeUp: wakeUp) else {
      throw Driver.failed("no file descriptor is left")
    }
    var thread = pthread_t()
    let start = Unmanaged.passRetained(loop)
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Driver.prepareThread()
        Unmanaged<Loop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw Driver.failed("no thread can be started: \(String(cString: strerror(code)))")
    }
    pthread_detach(thread)
  }

  deinit { Glibc.close(wakeUp) }

  /// Puts a message in the box.
  ///
  /// - Returns: false when the driver is closed and nobody will read it.
  @discardableResult
  func post(_ message: Message) -> Bool {
    let (isOpen, mustWake) = inbox.withLock { inbox in
      if inbox.isClosed { return (false, false) }
      inbox.messages.append(message)
      defer { inbox.isAsleep = false }
      return (true, inbox.isAsleep)
    }
    if mustWake { eventfd_write(wakeUp, 1) }
    return isOpen
  }

  /// Empties the box. Finding it empty marks the thread as asleep: from then on a message wakes it.
  func take() -> [Message] {
    inbox.withLock { inbox in
      inbox.isAsleep = inbox.messages.isEmpty
      return exchange(&inbox.messages, with: [])
    }
  }

  /// Closes the box.
  ///
  /// - Returns: what was still in it.
  func shut() -> [Message] {
    inbox.withLock { inbox in
      inbox.isClosed = true
      return exchange(&inbox.messages, with: [])
    }
  }

  private func exchange<Value>(_ place: inout Value, with value: Value) -> Value {
    let old = place
    place = value
    return old
  }

  /// Once a process. (Its result is the same each time it is read.)
  private static let curl = ccurl_global_start()

  private static func failed(_ text: String) -> TransportError { .refused(.closed, text) }

  /// Signals are for the main thread, and a connection that breaks under OpenSSL raises none here.
  private static func prepareThread() {
    ccurl_name_thread("transport")
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
  }
}
