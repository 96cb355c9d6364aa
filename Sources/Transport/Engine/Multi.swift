import CCurl
import Glibc

/// libcurl's multi interface over epoll: waits for sockets, for libcurl's timer, for the driver's letter box and for
/// another multi handle, and lets libcurl act on what has come.
///
/// Built on `curl_multi_socket_action`: with a thousand slow calls in flight it does work for the sockets
/// that have news, where `curl_multi_poll` walks through all of them each time.
final class Multi {
  private let multi: UnsafeMutableRawPointer
  private let poller: Int32
  private var wakeUp: Int32 = -1
  private var other: Multi?
  /// When libcurl wants to be called.
  private(set) var timer = Instant.never
  private var events = [epoll_event](repeating: epoll_event(), count: 256)

  /// - Parameter connections: the most to keep.
  /// - Returns: nil when the system has no more file descriptors.
  init?(connections: Int) {
    let poller = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard poller >= 0 else { return nil }
    guard let multi = curl_multi_init() else {
      close(poller)
      return nil
    }
    self.multi = multi
    self.poller = poller
    let own = Unmanaged.passUnretained(self).toOpaque()
    _ = ccurl_multi_set_socket_function(multi, Multi.onSocket, own)
    _ = ccurl_multi_set_timer_function(multi, Multi.onTimer, own)
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections)
  }

  deinit {
    curl_multi_cleanup(multi)
    close(poller)
  }

  /// From now on an eventfd ends the waiting.
  func wake(by descriptor: Int32) {
    wakeUp = descriptor
    watch(descriptor, EPOLL_CTL_ADD, EPOLLIN.rawValue)
  }

  /// From now on another one acts whenever this one does.
  func watch(_ other: Multi) {
    self.other = other
    watch(other.poller, EPOLL_CTL_ADD, EPOLLIN.rawValue)
  }

  /// - Returns: whether libcurl took it.
  func add(_ handle: EasyHandle) -> Bool { curl_multi_add_handle(multi, handle.easy) == CURLM_OK }

  func remove(_ handle: EasyHandle) { curl_multi_remove_handle(multi, handle.easy) }

  /// Waits until there is something to do, at most so many milliseconds (-1: without limit), and does it.
  func act(within milliseconds: Int32) {
    let count = epoll_wait(poller, &events, Int32(events.count), milliseconds)
    for event in events.prefix(Int(max(count, 0))) {
      if event.data.fd == wakeUp {
        var count: eventfd_t = 0
        eventfd_read(wakeUp, &count)
      } else if event.data.fd != other?.poller {
        act(event.data.fd, Multi.mask(event.events))
      }
    }
    if timer <= .now() {
      timer = .never
      act(CURL_SOCKET_BAD, 0)
    }
    other?.act(within: 0)
  }

  /// The next transfer that has ended, with libcurl's result.
  func next() -> (Transfer, CURLcode)? {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let transfer = Transfer.of(message.pointee.easy_handle)
      else {
        continue
      }
      return (transfer, message.pointee.data.result)
    }
    return nil
  }

  private func act(_ socket: Int32, _ mask: Int32) {
    var running: Int32 = 0
    curl_multi_socket_action(multi, socket, mask, &running)
  }

  private static func mask(_ events: UInt32) -> Int32 {
    var mask: Int32 = 0
    if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
    if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
    if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
    return mask
  }

  private func watch(_ socket: Int32, _ operation: Int32, _ events: UInt32) {
    var event = epoll_event()
    event.events = events
    event.data.fd = socket
    epoll_ctl(poller, operation, socket, &event)
  }

  private static let onTimer: curl_multi_timer_callback = { _, milliseconds, context in
    guard let context else { return 0 }
    let own = Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue()
    own.timer = milliseconds < 0 ? .never : .now().advanced(by: Int64(milliseconds) * 1_000_000)
    return 0
  }

  private static let onSocket: curl_socket_callback = { _, socket, what, context, known in
    guard let context else { return 0 }
    let own = Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue()
    if what == CURL_POLL_REMOVE {
      own.watch(socket, EPOLL_CTL_DEL, 0)
      return 0
    }
    var events: UInt32 = 0
    if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
    if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
    own.watch(socket, known == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, events)
    // Any pointer but nil marks the socket as known; libcurl forgets the mark with the socket.
    if known == nil { curl_multi_assign(own.multi, socket, context) }
    return 0
  }
}
