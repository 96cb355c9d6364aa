import Jobs
import Routing

/// The dispatcher's time: one heap for all that is due, and a loop that somebody drives.
extension Dispatcher {
  /// Does what is due.
  ///
  /// - Returns: when something is due next; nil when nothing is.
  func tick() -> Instant? {
    let now = now
    while let key = timers.popDue(at: now) {
      switch key {
      case .job(let id): post(Errand(.due), to: id)
      case .inbox(let id): kick(id)
      case .provider(let provider): serve(provider)
      case .market: republish()
      case .cancellation(let lease): repeatCancellation(lease)
      case .waiter(let id, let number): live[id]?.waiters.removeValue(forKey: number)?.resume()
      }
    }
    return timers.next
  }

  /// Drives the time until its task is cancelled, then lets what is under way come to its end, for ten seconds: a
  /// vendor's answer that nobody takes down is a job of unknown fate.
  func keepTime() async {
    while !Task.isCancelled {
      let next = tick()
      let wait = next.map { ($0 - now).seconds } ?? 5
      await alarm.sleep(for: .seconds(min(max(wait, 0.001), 5)))
    }
    isStopping = true
    for _ in 0..<200 where underWay > 0 {
      // The task is cancelled and would not sleep; another one is not.
      await Task { () -> Void in try? await Task.sleep(for: .milliseconds(50)) }.value
    }
  }
}
