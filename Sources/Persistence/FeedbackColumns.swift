import Foundation
import GRDB
import Routing
import Serving

/// A submission as columns: those that `judgement` and `parked` share.
enum FeedbackColumns {
  static let names =
    "half, id, kind, reward, trust, rater, at, received, executed, state, latency, cost, other, value, comment"

  /// Their placeholders.
  static let values = names.split(separator: ", ")
    .map { ["id", "rater", "comment"].contains($0) ? "CAST(? AS TEXT)" : "?" }.joined(separator: ", ")

  /// The columns from `half` on, for a row aliased `j`.
  static let selected = names.split(separator: ", ").map { "j.\($0)" }.joined(separator: ", ")

  /// - Parameters:
  ///   - start: the position of `half`.
  ///   - about: the decision that this half is about.
  static func decode(_ row: Row, from start: Int, about: Identifier, _ roll: Roll) throws -> (
    Half, Submission
  ) {
    guard let half = Half(rawValue: row[start]) else {
      throw LedgerError.damaged(what: "feedback of no half")
    }
    let other = try DecisionColumns.optionalIdentifier(row, start + 12)
    let kind: SignalKind? = try (row[start + 2] as UInt8?).map { raw in
      guard let kind = SignalKind(rawValue: raw) else {
        throw LedgerError.damaged(what: "feedback of kind \(raw)")
      }
      return kind
    }
    let content: Submission.Content
    if let state = row[start + 9] as String? {
      content = try .outcome(outcome(row, from: start, state, roll))
    } else if let kind {
      let reward: Double = row[start + 3]
      content = .signal(
        kind, reward: half == .named ? reward : 1 - reward, trust: row[start + 4],
        other: half == .named ? other : about)
    } else {
      content = .revocation
    }
    let submission = Submission(
      id: try StoredText.read(row, start + 1) ?? "", decision: half == .other ? other ?? about : about,
      content: content, value: value(row, start + 13),
      rater: try StoredText.read(row, start + 5), at: Instant(microseconds: row[start + 6]),
      received: Instant(microseconds: row[start + 7]), comment: try StoredText.read(row, start + 14))
    return (half, submission)
  }

  private static func outcome(_ row: Row, from start: Int, _ text: String, _ roll: Roll) throws -> Outcome {
    guard let state = Outcome.State(rawValue: text), let executed = row[start + 8] as UInt32?,
      executed < roll.ids.count
    else { throw LedgerError.damaged(what: "an outcome '\(text)'") }
    return Outcome(
      candidate: roll.id(of: executed), state: state,
      latency: (row[start + 10] as Int64?).map { Span(microseconds: $0) },
      cost: (row[start + 11] as Int64?).map { Money(micros: $0) })
  }

  private static func value(_ row: Row, _ column: Int) -> SignalValue {
    switch (row[column] as DatabaseValue).storage {
    case .null: .nothing
    case .string(let word): .word(word)
    case .double(let number): .number(number)
    case .int64(let number): .number(Double(number))
    case .blob: .nothing
    }
  }
}

extension SignalValue {
  var stored: (any DatabaseValueConvertible)? {
    switch self {
    case .number(let number): number
    case .word(let word): word
    case .nothing: nil
    }
  }
}
