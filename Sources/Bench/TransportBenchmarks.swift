import Foundation
import Transport

/// Outbound calls through the transport, against libcurl's own multi interface from C, both to nginx on this machine.
enum TransportBenchmarks {
  /// Calls at a time. The target is held against the middle one; the others show the cost of a single caller's
  /// waiting and of a crowd.
  static let parallel = [1, 32, 256, 500]
  static let judged = 32
  static let rounds = 7

  static func run(_ report: inout BenchReport, _ setting: Setting, reference: String) throws {
    guard FileManager.default.isExecutableFile(atPath: reference) else {
      return report.skip(
        "transport", "no reference at \(reference): swift build -c release --product curl-reference")
    }
    guard let nginx = try StaticServer(folder: setting.folder) else {
      return report.skip("transport", "nginx is missing: apt-get install nginx-light")
    }
    defer { nginx.stop() }
    let url = "http://127.0.0.1:\(nginx.port)/"
    let calls = 10_000 * setting.seconds
    report.section(
      "Outbound GET, 300 bytes, \(calls) calls; medians of \(rounds) rounds, each with its reference",
      ["calls/s", "CPU/call", "C calls/s", "C CPU/call", "ratio"])
    for count in parallel {
      var own: [Load] = []
      var others: [Load] = []
      for round in -1..<rounds {
        // The round before the first is to warm up. Whoever goes first changes from round to round.
        var pair: [Load?] = [nil, nil]
        for turn in [abs(round) % 2, 1 - abs(round) % 2] {
          pair[turn] =
            try turn == 0
            ? transport(url, nginx.port, calls: calls, parallel: count)
            : curl(reference, url, calls: calls, parallel: count)
        }
        guard round >= 0, let first = pair[0], let second = pair[1] else { continue }
        own.append(first)
        others.append(second)
      }
      // The median of the rounds' ratios: neighbours in time share the machine's mood.
      let ratio = zip(own, others).map { $0.rate / $1.rate }.median
      report.figures(
        "\(count) at a time",
        [
          BenchReport.short(own.map(\.rate).median), BenchReport.time(own.map(\.cost).median),
          BenchReport.short(others.map(\.rate).median), BenchReport.time(others.map(\.cost).median),
          String(format: "%.2f", ratio),
        ], value: ratio, count == judged ? .atLeast(0.5, "×") : nil)
    }
  }

  /// Calls a second, and nanoseconds of processor time a call.
  private struct Load {
    var rate: Double
    var cost: Double
  }

  private static func curl(_ program: String, _ url: String, calls: Int, parallel: Int) throws -> Load {
    let text = ChildProcess.output(of: program, [url, "\(calls)", "\(parallel)"]) ?? ""
    let figures = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    guard figures.count == 3, figures[2] == 0 else {
      throw BenchFailure("curl-reference did not make its calls: '\(text)'")
    }
    return Load(rate: figures[0], cost: figures[1])
  }

  private static func transport(_ url: String, _ port: Int, calls: Int, parallel: Int) throws -> Load {
    let http = try HTTPTransport(TransportSettings(callsPerHost: parallel, calls: parallel))
    guard let loopback = AddressRange("127.0.0.0/8") else { throw BenchFailure("127.0.0.0/8 is no range") }
    let call = OutboundCall(
      "GET", url,
      policy: OutboundPolicy(
        hosts: ["127.0.0.1"], schemes: [.http], ports: [port], allowedRanges: [loopback]))
    let done = DispatchSemaphore(value: 0)
    let failures = Failures()
    let cpu = processorTime()
    let start = Measurement.now()
    for caller in 0..<parallel {
      let share = calls / parallel + (caller < calls % parallel ? 1 : 0)
      Task {
        do {
          for _ in 0..<share { use(try await http.answer(call).status) }
        } catch {
          failures.note(error)
        }
        done.signal()
      }
    }
    for _ in 0..<parallel { done.wait() }
    let seconds = Double(Measurement.now() - start) / 1e9
    if let failure = failures.first { throw failure }
    return Load(rate: Double(calls) / seconds, cost: (processorTime() - cpu) / Double(calls))
  }

  /// Of this process, in nanoseconds.
  private static func processorTime() -> Double {
    var usage = rusage()
    getrusage(0, &usage)
    func time(_ value: timeval) -> Double { Double(value.tv_sec) * 1e9 + Double(value.tv_usec) * 1e3 }
    return time(usage.ru_utime) + time(usage.ru_stime)
  }
}

/// What went wrong in any of the callers.
private final class Failures: @unchecked Sendable {
  private let lock = NSLock()
  private var errors: [any Error] = []

  func note(_ error: any Error) { lock.withLock { errors.append(error) } }
  var first: (any Error)? { lock.withLock { errors.first } }
}
