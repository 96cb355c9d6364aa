import Foundation
import Synchronization

/// Requests, each sent once, over connections that each wait for the answer before the next.
struct WebhookLoad {
  /// By place in the requests: the status; nil for those that were not sent.
  var statuses: [Int?]
  /// Of those answered, in nanoseconds.
  var times: Measurement
  var seconds: Double

  func count(_ status: Int) -> Int { statuses.count { $0 == status } }
  var rate: Double { Double(times.nanoseconds.count) / seconds }

  private final class Course: Sendable {
    let next = Atomic<Int>(0)
    let answers = Mutex<[(place: Int, status: Int, time: Double)]>([])
    let failures = Atomic<Int>(0)
  }

  /// - Parameter seconds: when no more are begun.
  static func run(_ requests: [[UInt8]], port: Int, connections: Int, seconds: Int) throws -> WebhookLoad {
    let course = Course()
    let running = DispatchGroup()
    let start = Measurement.now()
    let end = start + UInt64(seconds) * 1_000_000_000
    for _ in 0..<connections {
      running.enter()
      Thread {
        defer { running.leave() }
        send(requests, port: port, until: end, course)
      }.start()
    }
    running.wait()
    let elapsed = Double(Measurement.now() - start) / 1e9
    let failures = course.failures.load(ordering: .relaxed)
    guard failures == 0 else { throw BenchFailure("\(failures) connections got no answer") }
    let answers = course.answers.withLock { $0 }
    var statuses = [Int?](repeating: nil, count: requests.count)
    for answer in answers { statuses[answer.place] = answer.status }
    return WebhookLoad(
      statuses: statuses, times: Measurement("", nanoseconds: answers.map(\.time)), seconds: elapsed)
  }

  private static func send(_ requests: [[UInt8]], port: Int, until end: UInt64, _ course: Course) {
    var answers: [(place: Int, status: Int, time: Double)] = []
    do {
      let connection = try LoopbackConnection(port: port, patience: 30)
      while Measurement.now() < end {
        let place = course.next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard place < requests.count else { break }
        let begin = Measurement.now()
        let status = try connection.exchange(requests[place])
        answers.append((place, status, Double(Measurement.now() - begin)))
      }
    } catch {
      course.failures.wrappingAdd(1, ordering: .relaxed)
    }
    let result = answers
    course.answers.withLock { $0 += result }
  }
}
