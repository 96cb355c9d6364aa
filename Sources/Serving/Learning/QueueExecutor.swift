import Foundation
import Synchronization

/// Runs an actor on a thread of its own instead of the pool that answers requests: work that takes long, or blocks on
/// a disk, must not hold one of the pool's few threads, and yields the processor to those who are waited for.
final class QueueExecutor: SerialExecutor {
  private let jobs = Mutex<[UnownedJob]>([])
  private let work = DispatchSemaphore(value: 0)

  /// A thread this nice gets about a twentieth of the share of another one where both want the same processor.
  private static let niceness: Int32 = 14

  init(_ name: String) {
    WorkThread.start(name, niceness: QueueExecutor.niceness) { [weak self, work] in
      while true {
        work.wait()
        guard let self, let job = next() else { return }
        job.runSynchronously(on: asUnownedSerialExecutor())
      }
    }
  }

  deinit { work.signal() }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    work.signal()
  }

  private func next() -> UnownedJob? {
    jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
