import Foundation
import GRDB
import Routing
import Serving
import Vectors

/// A decision as a row of `decision d`.
enum DecisionColumns {
  static let insert = """
    INSERT INTO decision
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO NOTHING
    """
  static let names = """
    d.seq, d.id, d.epoch, d.decided, d.capability, d.text, d.constraints, d.work, d.cost_weight, d.explore, d.session,
    d.map, d.region_row, d.similarity, d.eligible, d.chosen, d.reason, d.propensity, d.shadow, d.sticky, d.turn,
    d.tenant, d.preferred
    """

  /// In the order of the table's columns.
  static func bind(_ sequence: Int64, _ decision: Decision, to row: borrowing BoundStatement) throws {
    let intent = decision.intent
    row.bind(sequence)
    row.bind(decision.id.bytes)
    row.bind(Int64(decision.epoch))
    row.bind(decision.decided.microseconds)
    row.bind(Int64(intent.capability.index))
    row.bind(intent.text)
    row.bind(intent.constraints.isEmpty ? nil : try StoredJSON.text(intent.constraints))
    row.bind(intent.work == Work() ? nil : try StoredJSON.text(intent.work))
    row.bind(intent.costWeight)
    row.bind(Int64(intent.allowsExploration ? 1 : 0))
    row.bind(intent.session)
    row.bind(Int64(decision.mapVersion))
    row.bind(Int64(decision.placement.row))
    row.bind(Double(decision.placement.similarity))
    row.bind(decision.eligible.bytes)
    row.bind(Int64(decision.chosen))
    row.bind(Int64(decision.reason.rawValue))
    row.bind(decision.propensity)
    row.bind(decision.shadow.map { Int64($0) })
    row.bind(decision.sticky.map { Int64($0) })
    row.bind(Int64(bitPattern: decision.turn))
    row.bind(decision.tenant)
    row.bind(decision.preferred.map { Int64($0) })
  }

  static func decode(_ row: Row) throws -> (sequence: Int64, decision: Decision) {
    let sequence: Int64 = row[0]
    let constraints: String? = row[6]
    let work: String? = row[7]
    guard let reason = Reason(rawValue: row[16]) else {
      throw LedgerError.damaged(what: "decision \(sequence)")
    }
    let intent = Intent(
      capability: try capability(row, 4), text: try StoredText.read(row, 5),
      constraints: try constraints.map { try StoredJSON.value($0) } ?? Constraints(),
      work: try work.map { try StoredJSON.value($0) } ?? Work(), costWeight: row[8],
      allowsExploration: row[9],
      session: try StoredText.read(row, 10))
    let decision = Decision(
      id: try identifier(row, 1), epoch: row[2], decided: Instant(microseconds: row[3]), intent: intent,
      mapVersion: row[11], placement: Placement(row: row[12], similarity: Float(row[13] as Double)),
      eligible: try CandidateSet(row, 14), chosen: row[15], reason: reason, propensity: row[17],
      shadow: row[18],
      sticky: row[19], turn: UInt64(bitPattern: row[20]), preferred: row[22],
      tenant: try StoredText.read(row, 21))
    return (sequence, decision)
  }

  static func capability(_ row: Row, _ column: Int) throws -> Capability {
    let number: Int = row[column]
    guard let raw = UInt8(exactly: number), let capability = Capability(rawValue: raw) else {
      throw LedgerError.damaged(what: "a decision of capability \(number)")
    }
    return capability
  }

  static func identifier(_ row: Row, _ column: Int) throws -> Identifier {
    guard let id = try optionalIdentifier(row, column) else {
      throw LedgerError.damaged(what: "a row without an id")
    }
    return id
  }

  static func optionalIdentifier(_ row: Row, _ column: Int) throws -> Identifier? {
    try row.withUnsafeData(atIndex: column) { data in
      guard let data else { return nil }
      guard let id = Identifier(bytes: data) else {
        throw LedgerError.damaged(what: "an id of \(data.count) bytes")
      }
      return id
    }
  }

  static func embedding(_ row: Row, _ column: Int) throws -> [Float]? {
    try quantised(row, column)?.elements
  }

  static func quantised(_ row: Row, _ column: Int) throws -> QuantisedVector? {
    try row.withUnsafeData(atIndex: column) { data in
      guard let data else { return nil }
      guard let vector = QuantisedVector(bytes: [UInt8](data)) else {
        throw LedgerError.damaged(what: "an embedding")
      }
      return vector
    }
  }
}

/// JSON as it is stored: keys sorted, so that equal values have equal texts.
enum StoredJSON {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<Value: Decodable>(_ text: String) throws -> Value {
    do { return try JSONDecoder().decode(Value.self, from: Data(text.utf8)) } catch {
      throw LedgerError.damaged(what: "a \(Value.self) that is not one")
    }
  }
}

extension Data {
  init(_ id: Identifier) {
    self.init(count: 16)
    withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: id.high.bigEndian, toByteOffset: 0, as: UInt64.self)
      bytes.storeBytes(of: id.low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
  }

}

extension CandidateSet {
  /// Little-endian, without the zeros at the end.
  fileprivate var bytes: [UInt8] {
    let highest = (0..<4).last { words[$0] != 0 }
    let count = highest.map { $0 * 8 + 8 - words[$0].leadingZeroBitCount / 8 } ?? 0
    return (0..<count).map { UInt8(truncatingIfNeeded: words[$0 >> 3] >> UInt64(8 * ($0 & 7))) }
  }

  fileprivate init(_ row: Row, _ column: Int) throws {
    self = try row.withUnsafeData(atIndex: column) { data in
      let data = data ?? Data()
      guard data.count <= 32 else {
        throw LedgerError.damaged(what: "an eligible set of \(data.count) bytes")
      }
      var words = SIMD4<UInt64>.zero
      for (position, byte) in data.enumerated() {
        words[position >> 3] |= UInt64(byte) << UInt64(8 * (position & 7))
      }
      return CandidateSet(words: words)
    }
  }
}
