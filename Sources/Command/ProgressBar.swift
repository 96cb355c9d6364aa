import Foundation

/// How far a long piece of work is, with its rate and the time left: on standard error, only where that is a terminal,
/// and only once the work has taken two seconds.
struct ProgressBar {
  private let total: Int
  private let unit: String
  private let isShown: Bool
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  private var drawn: ContinuousClock.Instant?
  private(set) var done = 0

  /// - Parameter unit: what is counted, in the plural.
  init(total: Int, unit: String, isShown: Bool = Terminal.showsErrorsToPerson) {
    self.total = total
    self.unit = unit
    self.isShown = isShown
    began = clock.now
  }

  mutating func advance(by count: Int) {
    done += count
    guard isShown else { return }
    let now = clock.now
    guard now - began > .seconds(2), drawn.map({ now - $0 > .milliseconds(200) }) ?? true else { return }
    drawn = now
    let line = ProgressBar.line(done: done, total: total, unit: unit, seconds: (now - began) / .seconds(1))
    FileHandle.standardError.write(Data("\r\u{1B}[2K\(line)".utf8))
  }

  /// Takes the bar away: before a message, and at the end.
  mutating func clear() {
    guard drawn != nil else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[2K".utf8))
    drawn = nil
  }

  /// `[######--------------]  30 %  600/2000 rows  120/s  12 s left`
  static func line(done: Int, total: Int, unit: String, seconds: Double) -> String {
    let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
    let filled = Int(share * 20)
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 20 - filled)
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let left = rate > 0 ? duration(Double(total - done) / rate) + " left" : "?"
    let percent = String(format: "%3.0f %%", (share * 100).rounded(.down))
    return
      "[\(bar)] \(percent)  \(done)/\(total) \(unit)  \(Figure.fixed(rate, rate < 10 ? 1 : 0))/s  \(left)"
  }

  /// `45 s`, `2 min 5 s`, `3 h 10 min`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
  }
}
