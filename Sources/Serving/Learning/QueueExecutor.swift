import Dispatch

/// Runs an actor on a queue of its own instead of the pool that answers requests: work that takes long, or blocks on
/// a disk, must not hold one of the pool's few threads.
final class QueueExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(_ label: String) { queue = DispatchQueue(label: label, qos: .utility) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
