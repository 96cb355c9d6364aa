import Foundation
import Synchronization

/// Requests at a fixed rate, over a few connections that each have a thread and a timetable of their own.
///
/// A latency counts from the moment at which the timetable wanted the request to leave: a server that stalls is
/// charged for those that could not be sent meanwhile as well (wrk, which waits for it, would not charge them).
final class PacedLoad: Sendable {
  struct Sample: Sendable {
    /// When it should have left, by ``Measurement/now()``.
    var due: UInt64
    var nanoseconds: Double
  }

  private let isOver = Atomic<Bool>(false)
  private let collected = Mutex<(samples: [Sample], failures: Int)>(([], 0))
  private let running = DispatchGroup()

  /// Starts it.
  ///
  /// - Parameters:
  ///   - rate: requests a second, over all connections.
  ///   - request: the bytes of the n-th request of a connection.
  init(
    port: Int, rate: Double, connections: Int = 8,
    _ request: @escaping @Sendable (_ connection: Int, _ n: Int) -> [UInt8]
  ) {
    let gap = Double(connections) / rate * 1e9
    let start = Measurement.now() + 5_000_000
    for index in 0..<connections {
      running.enter()
      let first = start + UInt64(gap * Double(index) / Double(connections))
      Thread { [self] in
        defer { running.leave() }
        run(port, from: first, gap) { request(index, $0) }
      }.start()
    }
  }

  private func run(_ port: Int, from first: UInt64, _ gap: Double, _ request: (Int) -> [UInt8]) {
    var samples: [Sample] = []
    var failures = 0
    if let connection = try? LoopbackConnection(port: port) {
      var number = 0
      while !isOver.load(ordering: .relaxed) {
        let due = first + UInt64(gap * Double(number))
        let bytes = request(number)
        let now = Measurement.now()
        if now < due {
          let rest = due - now
          var pause = timespec(tv_sec: Int(rest / 1_000_000_000), tv_nsec: Int(rest % 1_000_000_000))
          nanosleep(&pause, nil)
        }
        guard let status = try? connection.exchange(bytes) else {
          failures += 1
          break
        }
        if !(200..<300).contains(status) { failures += 1 }
        samples.append(Sample(due: due, nanoseconds: Double(Measurement.now()) - Double(due)))
        number += 1
      }
    } else {
      failures += 1
    }
    let result = (samples, failures)
    collected.withLock {
      $0.samples += result.0
      $0.failures += result.1
    }
  }

  /// Ends it.
  ///
  /// - Returns: all samples, in no order.
  func stop() throws -> [Sample] {
    isOver.store(true, ordering: .relaxed)
    running.wait()
    let (samples, failures) = collected.withLock { $0 }
    guard failures == 0 else { throw BenchFailure("\(failures) requests of the paced load failed") }
    return samples
  }
}

extension [PacedLoad.Sample] {
  /// Those due in a span of time.
  func during(_ from: UInt64, _ to: UInt64) -> Measurement {
    Measurement("", nanoseconds: filter { (from..<to).contains($0.due) }.map(\.nanoseconds))
  }
}
