import CSpawn
import Foundation
import Glibc
import Synchronization

/// A program that was started without a shell, in a process group of its own, with no file of ours open but those it is
/// given. It ends when it is done, or by ``kill()``, with all that it has started.
final class ChildProcess: Sendable {
  enum Ending: Hashable, Sendable {
    case exit(Int32)
    case signal(Int32)
  }

  private struct State {
    var ending: Ending?
    var waiter: CheckedContinuation<Ending, Never>?
  }

  let pid: pid_t
  private let state = Mutex(State())

  /// - Parameters:
  ///   - path: of the program; without a slash it is looked for in `PATH`.
  ///   - folder: where it works.
  ///   - output: the file for its standard output; nil throws that away.
  ///   - errors: the same for its standard error.
  ///   - environment: all that it gets.
  init(
    _ path: String, _ arguments: [String], folder: String, output: String? = nil, errors: String? = nil,
    environment: [String: String]
  ) throws(SpawnFailure) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    let writing = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", writing, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors ?? "/dev/null", writing, 0o600)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    posix_spawn_file_actions_addchdir_np(&actions, folder)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, path, &actions, &attributes, &words, &variables)
    guard code == 0 else { throw SpawnFailure(program: path, errno: code) }
    self.pid = pid
    Thread.detachNewThread { [self] in reap() }
  }

  /// Waits for the end. Called once.
  func ending() async -> Ending {
    await withCheckedContinuation { continuation in
      let known = state.withLock { state -> Ending? in
        if state.ending == nil { state.waiter = continuation }
        return state.ending
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  /// Ends it at once. Does nothing when it has ended.
  func kill() {
    state.withLock { state in
      // While nobody has reaped it, its number is nobody else's.
      if state.ending == nil { _ = Glibc.kill(-pid, SIGKILL) }
    }
  }

  private func reap() {
    var info = siginfo_t()
    while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    let (waiter, ending) = state.withLock { state -> (CheckedContinuation<Ending, Never>?, Ending) in
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7F
      let ending = signal == 0 ? Ending.exit((status >> 8) & 0xFF) : .signal(signal)
      state.ending = ending
      defer { state.waiter = nil }
      return (state.waiter, ending)
    }
    waiter?.resume(returning: ending)
  }
}

/// A program that cannot be started.
struct SpawnFailure: Error, Hashable, CustomStringConvertible {
  let program: String
  let errno: Int32

  var description: String { "\(program) cannot be started: \(String(cString: strerror(errno)))" }
}

/// A process as it is told apart from a later one with its number: by when it began.
struct ProcessMark: Hashable {
  let pid: pid_t
  /// In clock ticks since the machine's start.
  let began: UInt64

  /// Nil when there is no such process.
  init?(pid: pid_t) {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    // From the third field on: the second may hold spaces.
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let began = UInt64(fields[19]), fields[0] != "Z" else { return nil }
    self.pid = pid
    self.began = began
  }

  /// Reads what ``text`` wrote.
  init?(_ text: String) {
    let parts = text.split(separator: " ")
    guard parts.count == 2, let pid = pid_t(parts[0]), pid > 1, let began = UInt64(parts[1]) else {
      return nil
    }
    self.pid = pid
    self.began = began
  }

  var text: String { "\(pid) \(began)" }

  /// Ends the process and its group, if it is still the one that was marked.
  func kill() {
    guard ProcessMark(pid: pid) == self else { return }
    if Glibc.kill(-pid, SIGKILL) != 0 { _ = Glibc.kill(pid, SIGKILL) }
  }
}
