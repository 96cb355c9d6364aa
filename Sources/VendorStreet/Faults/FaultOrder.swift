import Wire

/// A fault that one call asks for by itself, in the header `x-street-fault` or as `[[street: …]]` anywhere in
/// its body (a prompt, say, which every adapter passes on):
///
///     too_many_requests retry_after_s=3
///     server_error on=status times=2
///
/// With `on`, the fault waits with the job that the call submits and strikes the first `times` (1) such
/// calls.
struct FaultOrder: Sendable, Hashable {
  var fault: Fault
  var operation: CallKind
  var times: Int

  /// - Throws: what cannot be understood, in one sentence; a typo must not pass for "no fault".
  init(_ text: String) throws(FaultOrderError) {
    let words = text.split(whereSeparator: { $0 == " " || $0 == ";" || $0 == "," }).map(String.init)
    guard let name = words.first, let kind = FaultKind(rawValue: name) else {
      let names = FaultKind.allCases.map(\.rawValue)
      let near = NearestName.suggestion(for: words.first ?? "", among: names).map { "; did you mean \($0)?" }
      throw FaultOrderError(
        "'\(text)' names no fault\(near ?? ""); there are \(names.joined(separator: ", "))")
    }
    fault = Fault(kind)
    operation = kind.usualOperation
    times = 1
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw FaultOrderError("'\(word)' is not name=value") }
      try take(parts[0], parts[1])
    }
    guard kind.strikes(operation) else {
      throw FaultOrderError("\(kind.rawValue) cannot strike a call of kind \(operation.rawValue)")
    }
  }

  private mutating func take(_ name: String, _ value: String) throws(FaultOrderError) {
    if name == "on" {
      guard let operation = CallKind(rawValue: value) else {
        let names = CallKind.allCases.map(\.rawValue).joined(separator: ", ")
        throw FaultOrderError("on=\(value) is none of \(names)")
      }
      self.operation = operation
      return
    }
    func number(_ range: ClosedRange<Int>) throws(FaultOrderError) -> Int {
      guard let number = Int(value), range.contains(number) else {
        throw FaultOrderError(
          "\(name)=\(value) is no whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
    switch name {
    case "delay_ms": fault.delayMilliseconds = try number(0...3_600_000)
    case "retry_after_s": fault.retryAfterSeconds = try number(0...86_400)
    case "status": fault.status = try number(400...599)
    case "bytes": fault.bytes = try number(1...(1 << 30))
    case "times": times = try number(1...1_000_000)
    default:
      throw FaultOrderError("\(name) is none of on, times, delay_ms, retry_after_s, status, bytes")
    }
  }
}

struct FaultOrderError: Error, Sendable, Hashable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Notes for the street that travel inside a body: `[[street: FAULT]]`, `[[ref: REFERENCE]]`.
enum Marker {
  /// The text after `[[name:`, up to `]]`, without surrounding spaces; nil when there is none.
  static func find(_ name: String, in body: [UInt8]) -> String? {
    let opening = Array("[[\(name):".utf8)
    guard body.count > opening.count, let start = place(of: opening, in: body[...]) else { return nil }
    let rest = body[(start + opening.count)...].prefix(512)
    guard let end = place(of: Array("]]".utf8), in: rest) else { return nil }
    let text = String(decoding: rest[..<end], as: UTF8.self)
    return String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  private static func place(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= pattern.count else { return nil }
    var from = bytes.startIndex
    let last = bytes.endIndex - pattern.count
    while from <= last, let first = bytes[from...last].firstIndex(of: pattern[0]) {
      if bytes[first..<(first + pattern.count)].elementsEqual(pattern) { return first }
      from = first + 1
    }
    return nil
  }
}
