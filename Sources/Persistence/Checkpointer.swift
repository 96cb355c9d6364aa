import Foundation
import GRDB
import Serving
import Synchronization

/// Moves what the write-ahead log holds into the database file, beside the writer.
///
/// SQLite would have the writer do that within a commit, whenever the log has grown to a limit, and everything behind
/// that commit would wait. A passive checkpoint of another connection holds nobody up
/// (https://www.sqlite.org/wal.html#ckpt), though it shares the disk. The writer's own limit stays, and finds less left
/// to do when it is reached; only it can begin the log anew while commits go on.
final class Checkpointer: Sendable {
  /// Often enough that each turn is short.
  static let interval = 0.25
  /// Nobody waits for it.
  private static let niceness: Int32 = 10

  private let connection: DatabaseQueue
  private let hasNews = Atomic<Bool>(false)
  private let state = State()

  /// What the thread and its owner share.
  private final class State: @unchecked Sendable {
    // Guarded by the condition.
    let condition = NSCondition()
    var isStopping = false
    var hasEnded = false
  }

  init(path: String) throws {
    var configuration = Configuration()
    configuration.label = "checkpoints"
    connection = try DatabaseQueue(path: path, configuration: configuration)
    WorkThread.start("checkpoints", niceness: Checkpointer.niceness) { [weak self, state] in
      while Checkpointer.sleep(state), let self { self.turn() }
      state.condition.withLock {
        state.hasEnded = true
        state.condition.broadcast()
      }
    }
  }

  /// Something was committed.
  func note() { hasNews.store(true, ordering: .relaxed) }

  /// One checkpoint, if anything was committed since the last one.
  ///
  /// - Returns: frames in the log, and how many of them the file has; nil when there was nothing to do, or no way now:
  ///   the next turn tries again, and a full disk is the writer's to report.
  @discardableResult
  func turn() -> (frames: Int, moved: Int)? {
    guard hasNews.exchange(false, ordering: .relaxed) else { return nil }
    do {
      let (frames, moved) = try connection.inDatabase { try $0.checkpoint(.passive) }
      return (frames, moved)
    } catch {
      note()
      return nil
    }
  }

  /// Ends the thread and closes the connection.
  func stop() throws {
    state.condition.withLock {
      state.isStopping = true
      state.condition.broadcast()
      while !state.hasEnded { state.condition.wait() }
    }
    try connection.close()
  }

  /// False when it is time to end.
  private static func sleep(_ state: State) -> Bool {
    state.condition.withLock {
      let end = Date(timeIntervalSinceNow: interval)
      while !state.isStopping, state.condition.wait(until: end) {}
      return !state.isStopping
    }
  }

  deinit {
    // Nobody waits for the thread here: it may be the one that lets go of this last.
    state.condition.withLock {
      state.isStopping = true
      state.condition.broadcast()
    }
  }
}
