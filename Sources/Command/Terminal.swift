import Foundation

/// Something did not work. The line says what, and what to do about it.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
  /// Nil when all was said already and only the exit code is left.
  var line: String?

  init(_ line: String?) { self.line = line }

  var description: String { line ?? "" }
}

/// The standard streams.
enum Terminal {
  /// Writes a line to standard output. A reader that has gone (`| head`) ends the program quietly.
  static func print(_ text: String) { write(Array((text + "\n").utf8)) }

  static func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        exit(errno == EPIPE ? 0 : 1)
      }
    }
  }

  /// Writes a line to standard error.
  static func complain(_ text: String) {
    // Over a progress bar that may stand there.
    let start = showsErrorsToPerson ? "\r\u{1B}[2K" : ""
    FileHandle.standardError.write(Data((start + text + "\n").utf8))
  }

  static var showsErrorsToPerson: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Numbers as tables show them.
enum Figure {
  /// With `digits` decimals; `–` for none.
  static func fixed(_ value: Double?, _ digits: Int) -> String {
    guard let value, value.isFinite else { return "–" }
    let text = String(format: "%.\(digits)f", value)
    // Minus zero is zero.
    return text.first == "-" && !text.contains { ("1"..."9").contains($0) } ? String(text.dropFirst()) : text
  }

  static func percent(_ share: Double?, digits: Int = 1) -> String {
    guard let share, share.isFinite else { return "–" }
    return fixed(share * 100, digits) + " %"
  }

  /// Dollars: at least four decimals, and enough for two significant digits of a small amount.
  static func dollars(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    guard value != 0 else { return "0" }
    let digits = max(4, Int((1 - log10(value.magnitude)).rounded(.up)))
    return fixed(value, min(digits, 9))
  }

  /// A whole number without decimals, any other with one.
  static func count(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    return fixed(value, value == value.rounded() ? 0 : 1)
  }

  /// `1 row`, `2 rows`.
  static func plural(_ count: some BinaryInteger, _ word: String) -> String {
    "\(count) \(word)\(count == 1 ? "" : "s")"
  }
}
