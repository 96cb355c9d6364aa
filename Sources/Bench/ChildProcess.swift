import Foundation
import Synchronization

/// A program that the bench runs beside itself and ends itself.
final class ChildProcess {
  private let process = Process()
  private let errors: URL
  let pid: Int32

  /// Starts a program; what it prints goes to a file in the folder, of which ``complaint`` tells the end.
  ///
  /// - Parameter environment: added to the bench's own.
  init(_ path: String, _ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws {
    errors = folder.appending(path: "output-\(UUID().uuidString).txt")
    try Data().write(to: errors)
    let output = try FileHandle(forWritingTo: errors)
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    pid = process.processIdentifier
    let own = pid
    ChildProcess.running.withLock { _ = $0.insert(own) }
  }

  var isRunning: Bool { process.isRunning }

  /// The last lines that it printed.
  var complaint: String {
    let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").suffix(3).joined(separator: "\n")
  }

  /// Asks it to end, and waits until it has.
  func stop() {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    let own = pid
    ChildProcess.running.withLock { _ = $0.remove(own) }
  }

  /// Ends it as a power cut would: it learns nothing of it.
  func crash() {
    kill(pid, SIGKILL)
    stop()
  }

  /// Processor time used so far, user and system, in seconds.
  var processorTime: Double {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return .nan }
    // Fields from the third on: the second may contain spaces.
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      return .nan
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Resident memory in bytes.
  var residentMemory: Double {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8) else { return .nan }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Double(fields[1]) else { return .nan }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static let running = Mutex<Set<Int32>>([])

  /// Ends all of them, and waits a while until they have: when the bench itself is told to end.
  static func stopAll() {
    let children = running.withLock { $0 }
    for child in children { kill(child, SIGTERM) }
    for _ in 0..<500 where children.contains(where: { kill($0, 0) == 0 }) { usleep(10_000) }
  }

  /// What a program prints, or nil when it cannot be run.
  static func output(of path: String, _ arguments: [String]) -> String? {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return nil }
    let child = process.processIdentifier
    running.withLock { _ = $0.insert(child) }
    defer { running.withLock { _ = $0.remove(child) } }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  /// Where a program is, by `PATH` and the folders of servers; nil when it is not installed.
  static func find(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return (folders + ["/usr/sbin", "/usr/local/sbin"]).map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
