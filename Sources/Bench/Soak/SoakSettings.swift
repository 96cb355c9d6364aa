import Foundation

/// How long and how hard a soak is.
struct SoakSettings {
  var minutes = 10.0
  /// Orders after which no more are sent, though there be time; nil is no limit.
  var orders: Int?
  /// Jobs in flight.
  var jobs = 1_000
  var kills = 3
  var seed: UInt64 = 1
  /// Of the calls that a fault strikes.
  var faults = 0.1
  /// How long a job takes at its vendor, in milliseconds.
  var run = 10_000
  /// Jobs a second while the router's own share is measured.
  var rate = 200.0
  var overheadSeconds = 20.0
  /// Threads that send orders.
  static let senders = 8
  /// How long a job may take, in seconds.
  static let budget = 180
  /// How long the last jobs may take to end, in seconds.
  static let patience = 2.0 * Double(budget)
  /// The folder of the report; nil for none.
  var out: String?
  var revision = "unknown"

  /// As typed, without what says where the report goes.
  var command: String {
    "bench soak --minutes \(SoakSettings.plain(minutes))" + (orders.map { " --orders \($0)" } ?? "")
      + " --jobs \(jobs) --kills \(kills) --seed \(seed)"
      + " --fault-share \(SoakSettings.plain(faults)) --run-ms \(run) --rate \(SoakSettings.plain(rate))"
  }

  static func plain(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }
}
