import Foundation
import Statistics

/// The router's own share of an order (``SoakOverhead``), in bursts: of one executable, or of two in turns, both beside
/// the same vendors, so that a machine that is slow for a minute is slow for both.
enum OverheadBenchmarks {
  /// A burst, and the rest after it, in seconds: the jobs of one are over before the next begins.
  private static let burst = 2.0
  private static let rest: UInt32 = 1_500_000
  /// How long a job takes at its vendor, in milliseconds.
  private static let run = 500

  static func run(_ report: inout BenchReport, _ setting: Setting, _ options: OverheadOptions, rate: Double)
    throws
  {
    let street = try SoakStreet(setting, seed: 1, share: 0, run: run)
    defer { street.process.stop() }
    var contenders = [try Contender("this", setting, street)]
    defer { contenders.forEach { $0.router.stop() } }
    if let other = options.against {
      contenders.append(try Contender("against", setting.with(server: other), street))
    }
    for contender in contenders { contender.load(rate, seconds: 3, "warm") }
    for round in 0..<options.rounds {
      let direct = SoakOverhead.send(
        street.port, rate: rate, seconds: burst, prefix: "straight-\(round)", SoakOverhead.straight)
      let turns = round % 2 == 0 ? Array(contenders.indices) : contenders.indices.reversed()
      for turn in turns {
        usleep(rest)
        contenders[turn].sent.append(contenders[turn].load(rate, seconds: burst, "\(round)"))
        contenders[turn].direct.append(direct)
      }
      usleep(rest)
    }
    let submissions = try street.submissions()
    report.section(
      "The router's own share of an order, at \(SoakSettings.plain(rate)) a second",
      ["p50", "p90", "p99", "bursts' p50s"])
    var medians: [[Double]] = []
    for (place, contender) in contenders.enumerated() {
      let bursts = zip(contender.sent, contender.direct).map {
        SoakOverhead(sent: $0, straight: $1, submissions: submissions, commit: .nan)
      }
      let all = SoakOverhead(
        sent: contender.sent.reduce(into: [:]) { $0.merge($1) { first, _ in first } },
        straight: contender.direct.reduce(into: [:]) { $0.merge($1) { first, _ in first } },
        submissions: submissions, commit: .nan)
      let shares = [0.5, 0.9, 0.99].map { all.added($0) ?? .nan }
      medians.append(bursts.map { $0.added(0.5) ?? .nan })
      report.figures(
        place == 0 ? "of this executable" : "of the other",
        shares.map { String(format: "%.2f ms", $0) } + [spread(medians[place])], value: shares[0] * 1e6,
        place == 0 ? .atMost(2e6, "ns") : nil)
      if all.missing > 0 { report.note("\(all.missing) orders reached no vendor") }
    }
    if medians.count == 2 {
      let differences = zip(medians[0], medians[1]).map { $0 - $1 }
      report.note("this less the other, burst by burst: \(spread(differences)) ms")
    }
  }

  /// The mean of the bursts' medians with its standard error.
  private static func spread(_ medians: [Double]) -> String {
    let mean = medians.reduce(0, +) / Double(medians.count)
    let squares = medians.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = (squares / Double(max(medians.count - 1, 1)) / Double(medians.count)).squareRoot()
    return String(format: "%.2f ± %.2f", mean, error)
  }

  private struct Contender {
    let name: String
    let router: SoakRouter
    /// By burst: microseconds since 1970, by reference.
    var sent: [[String: Int64]] = []
    /// Of the burst straight to the vendor that was nearest.
    var direct: [[String: Int64]] = []

    init(_ name: String, _ setting: Setting, _ street: SoakStreet) throws {
      self.name = name
      router = try SoakRouter(setting, named: name, street: street)
    }

    @discardableResult
    func load(_ rate: Double, seconds: Double, _ burst: String) -> [String: Int64] {
      SoakOverhead.send(
        router.port, rate: rate, seconds: seconds, prefix: "\(name)-\(burst)", SoakOverhead.order)
    }
  }
}

/// What was typed for the router's own share.
struct OverheadOptions {
  var rounds = 10
  /// An executable to take turns with.
  var against: String?
}
