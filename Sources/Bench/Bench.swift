import Foundation
import GRDB

/// Speed, as ratios to references measured in the same run.
@main
struct Bench {
  static let usage = """
    usage: bench [core] [http] [feedback] [jobs] [webhooks] [deliveries] [start] [tick] [transport]
                 [memory] [overhead] [soak] [options]

      core      place, decide, fold and embed, inside one process
      http      POST /v1/decisions against nginx
      feedback  POST /v1/feedback against raw SQLite
      jobs      changes of jobs, durable in groups of 1, 10 and 100
      webhooks  verified inbound webhooks, each ending a job
      deliveries  a hundred thousand that wait
      start     start on a million decisions
      tick      close an epoch with a million new scores while decisions go on
      transport outbound calls against libcurl's multi interface in C
      memory    two million decisions in one process (only when named: it takes minutes)
      overhead  the router's own share of an order (only when named)
      soak      jobs in flight while vendors fail and the router is killed (only when named; exits 1 when a job is
                lost or done twice)

      --seconds N            length of one load (3)
      --rows N               rows of the large databases (1000000)
      --server-binary PATH   the pointsman executable (the one beside this executable)
      --embedding-table DIR  the static embedding's table (.cache/embedding)
      --folder DIR           where the temporary files go; a real disk, since commits are synced (the system's)

      of the overhead (and --rate, below):
      --rounds N             bursts of two seconds (10)
      --against PATH         another pointsman executable, to take turns with

      of the soak:
      --minutes N            how long orders are sent (10)
      --orders N             end after so many orders, if that is sooner (no limit)
      --jobs N               jobs in flight (1000)
      --kills N              times that the router is killed (3)
      --seed N               decides on the moments of the kills and on the faults (1)
      --fault-share X        of all calls that vendors get (0.1)
      --run-ms N             how long a job takes at its vendor (10000)
      --rate N               jobs a second while the router's own share is measured (200)
      --out FOLDER           for a report; one that is there is replaced
      --revision TEXT        what to call the sources in it
    """

  static func main() {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      try run(options)
    } catch let error as UsageError {
      print(error.text)
      exit(error.text == usage ? 0 : 2)
    } catch {
      FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ options: Options) throws {
    let setting = Setting(
      folder: options.folder.appending(path: "pointsman-bench-\(ProcessInfo.processInfo.processIdentifier)"),
      server: options.server, embeddingTable: options.embeddingTable, seconds: options.seconds,
      rows: options.rows)
    try FileManager.default.createDirectory(at: setting.folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: setting.folder) }
    let signals = endOnSignals(setting.folder)
    defer { signals.forEach { $0.cancel() } }
    print(Machine.description(folder: setting.folder, server: setting.server))

    var report = BenchReport()
    var groups = options.groups
    if groups.contains("core") { try InProcessBenchmarks.run(&report, setting) }
    if groups.contains("transport") {
      let reference = URL(fileURLWithPath: options.server).deletingLastPathComponent()
      try TransportBenchmarks.run(
        &report, setting, reference: reference.appending(path: "curl-reference").path)
    }
    if groups.contains("jobs") { try JobBenchmarks.run(&report, setting) }
    let running = groups.subtracting(["core", "jobs", "transport"])
    if !running.isEmpty, !FileManager.default.isExecutableFile(atPath: setting.server) {
      report.skip(
        running.sorted().joined(separator: ", "),
        "no server at \(setting.server): swift build -c release --product pointsman, or --server-binary PATH")
      groups = []
    }
    if groups.contains("http") { try HTTPBenchmarks.run(&report, setting) }
    if groups.contains("feedback") { try FeedbackBenchmarks.run(&report, setting) }
    if groups.contains("webhooks") { try WebhookBenchmarks.run(&report, setting) }
    if groups.contains("deliveries") { try DeliveryBenchmarks.run(&report, setting) }
    if groups.contains("start") || groups.contains("tick") {
      try PastBenchmarks.run(
        &report, setting, start: groups.contains("start"), tick: groups.contains("tick"))
    }
    if groups.contains("memory") { try MemoryBenchmarks.run(&report, setting) }
    if groups.contains("overhead") {
      try OverheadBenchmarks.run(&report, setting, options.overhead, rate: options.soak.rate)
    }
    if groups.contains("soak") { try SoakCommand.run(setting, options.soak) }
    report.conclude()
  }

  /// Takes the children and the files along when the bench is told to end.
  private static func endOnSignals(_ folder: URL) -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        ChildProcess.stopAll()
        try? FileManager.default.removeItem(at: folder)
        exit(130)
      }
      source.resume()
      return source
    }
  }
}

struct UsageError: Error {
  let text: String
}

/// What was typed.
struct Options {
  var groups: Set<String> = []
  var seconds = 3
  var rows = 1_000_000
  var server: String
  var embeddingTable = ".cache/embedding"
  var folder = FileManager.default.temporaryDirectory
  var soak = SoakSettings()
  var overhead = OverheadOptions()

  static let all = [
    "core", "http", "feedback", "jobs", "webhooks", "deliveries", "start", "tick", "transport", "memory",
    "overhead", "soak",
  ]

  init(_ arguments: [String]) throws(UsageError) {
    let own = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    server = own.deletingLastPathComponent().appending(path: "pointsman").path
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "-h", "--help": throw UsageError(text: Bench.usage)
      case "--seconds": seconds = try Options.number(argument, rest.popFirst(), in: 1...600)
      case "--rows": rows = try Options.number(argument, rest.popFirst(), in: 1_000...100_000_000)
      case "--minutes": soak.minutes = try Options.real(argument, rest.popFirst(), in: 0.1...10_000)
      case "--orders": soak.orders = try Options.number(argument, rest.popFirst(), in: 1...10_000_000)
      case "--jobs": soak.jobs = try Options.number(argument, rest.popFirst(), in: 1...100_000)
      case "--kills": soak.kills = try Options.number(argument, rest.popFirst(), in: 0...1_000)
      case "--seed": soak.seed = UInt64(try Options.number(argument, rest.popFirst(), in: 0...(1 << 53)))
      case "--fault-share": soak.faults = try Options.real(argument, rest.popFirst(), in: 0...1)
      case "--run-ms": soak.run = try Options.number(argument, rest.popFirst(), in: 10...600_000)
      case "--rate": soak.rate = try Options.real(argument, rest.popFirst(), in: 1...10_000)
      case "--rounds": overhead.rounds = try Options.number(argument, rest.popFirst(), in: 1...10_000)
      case "--against": overhead.against = try Options.value(argument, rest.popFirst())
      case "--out": soak.out = try Options.value(argument, rest.popFirst())
      case "--revision": soak.revision = try Options.value(argument, rest.popFirst())
      case "--server-binary": server = try Options.value(argument, rest.popFirst())
      case "--embedding-table": embeddingTable = try Options.value(argument, rest.popFirst())
      case "--folder":
        folder = URL(fileURLWithPath: try Options.value(argument, rest.popFirst()), isDirectory: true)
      case let group where Options.all.contains(group): groups.insert(group)
      default:
        throw UsageError(text: "bench: '\(argument)' is neither a group nor an option\n\n\(Bench.usage)")
      }
    }
    if groups.isEmpty { groups = Set(Options.all).subtracting(["memory", "overhead", "soak"]) }
  }

  private static func value(_ name: String, _ text: String?) throws(UsageError) -> String {
    guard let text else { throw UsageError(text: "bench: \(name) needs a value") }
    return text
  }

  private static func number(
    _ name: String, _ text: String?, in range: ClosedRange<Int>
  ) throws(UsageError) -> Int {
    guard let number = try Int(value(name, text)), range.contains(number) else {
      throw UsageError(text: "bench: \(name) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func real(
    _ name: String, _ text: String?, in range: ClosedRange<Double>
  ) throws(UsageError) -> Double {
    guard let number = try Double(value(name, text)), range.contains(number) else {
      throw UsageError(text: "bench: \(name) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

/// What the figures were measured on.
enum Machine {
  static func description(folder: URL, server: String) -> String {
    let processors = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = processors.split(separator: "\n").first { $0.hasPrefix("model name") }
      .flatMap { $0.split(separator: ":").last }.map { $0.trimmingCharacters(in: .whitespaces) }
    let load = ((try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? "").split(separator: " ")
      .prefix(2)
    let sqlite = try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }
    let swift = version("swift", ["--version"]) {
      $0.range(of: #"Swift version [0-9.]+"#, options: .regularExpression)
    }
    let nginx = version("nginx", ["-v"]) { $0.range(of: #"nginx/[0-9.]+"#, options: .regularExpression) }
    let wrk = version("wrk", ["-v"]) { $0.range(of: #"[0-9]+\.[0-9.]+"#, options: .regularExpression) }
    let disk = version("stat", ["-f", "-c", "%T", folder.path]) {
      $0.range(of: #"\S+"#, options: .regularExpression)
    }
    return """
      \(ProcessInfo.processInfo.activeProcessorCount) × \(model ?? "unknown processor"), load \(load.joined(separator: " ")), \
      \(ProcessInfo.processInfo.operatingSystemVersionString), files on \(disk ?? "unknown")
      \(swift ?? "Swift"), SQLite \((sqlite ?? nil) ?? "unknown"), \(nginx ?? "no nginx"), wrk \(wrk ?? "missing")
      """
  }

  private static func version(_ name: String, _ arguments: [String], _ find: (String) -> Range<String.Index>?)
    -> String?
  {
    guard let path = ChildProcess.find(name), let text = ChildProcess.output(of: path, arguments) else {
      return nil
    }
    return find(text).map { String(text[$0]) }
  }
}
