import Foundation

/// Threads of their own for work that waits for a disk or takes long, apart from the pool that answers requests.
public enum WorkThread {
  /// Starts one.
  ///
  /// - Parameters:
  ///   - name: what the system shows it as; the first 15 bytes count.
  ///   - niceness: 0…19. Where all processors are taken, each step leaves a thread four fifths of the share it had
  ///     (sched(7)), and it gives way sooner to one that wakes. Not to be taken back without privileges.
  public static func start(
    _ name: String, niceness: Int32, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void
  ) {
    let thread = Thread {
      // Foundation keeps a thread's name to itself. Nothing depends on this one.
      try? Data(name.utf8.prefix(15)).write(to: URL(fileURLWithPath: "/proc/thread-self/comm"))
      // On Linux the priority is the calling thread's alone.
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
      body()
    }
    if let stackSize { thread.stackSize = stackSize }
    thread.start()
  }
}

/// Lets others have the processor now and then, within a long piece of work that nobody may take apart.
///
/// A thread that slept is owed time, and is given it in one piece of milliseconds; whoever wakes meanwhile on the same
/// processor waits, even when another is idle. With 19,000 decisions a second on two processors the writer's bursts of
/// a thousand rows were most of the slowest hundredth's time: 4.3 ms, and 2.2 ms with these breaks and a niceness of 5.
public struct Breaks {
  private var steps = 0
  /// About a tenth of a millisecond of rows.
  private static let every = 16

  public init() {}

  /// One step is done.
  public mutating func step() {
    steps += 1
    if steps.isMultiple(of: Breaks.every) { sched_yield() }
  }
}
