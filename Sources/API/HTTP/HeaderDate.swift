import Foundation
import Synchronization

/// The `Date` of answers (RFC 9110, 5.6.7), printed once a second: printing takes longer than deciding.
final class HeaderDate: Sendable {
  private struct Printed {
    var second = 0
    var text = ""
  }

  private let printed = Mutex(Printed())

  var text: String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &now)
    return printed.withLock { printed in
      if printed.second != now.tv_sec {
        printed = Printed(second: now.tv_sec, text: HeaderDate.print(now.tv_sec))
      }
      return printed.text
    }
  }

  /// Such as `Sun, 06 Nov 1994 08:49:37 GMT`.
  ///
  /// - Parameter second: since 1970.
  static func print(_ second: Int) -> String {
    var time = time_t(second)
    var parts = tm()
    gmtime_r(&time, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return
      "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
