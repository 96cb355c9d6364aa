public import Jobs
public import Routing
import Synchronization

/// The account of artefacts in a ``MemoryLedger``.
struct MemoryArtefactAccount: Sendable {
  /// Without their uses.
  private var files: [String: ArtefactRecord] = [:]
  private var holders: [String: Set<String>] = [:]
  var keys: [SigningSecret] = []

  mutating func use(_ copies: [(name: String, byteCount: Int)], by holder: String, at now: Instant) {
    for copy in copies {
      if files[copy.name] == nil {
        files[copy.name] = ArtefactRecord(name: copy.name, byteCount: copy.byteCount, kept: now)
      }
      holders[copy.name, default: []].insert(holder)
    }
  }

  mutating func forget(_ holder: String) {
    for name in holders.keys { holders[name]?.remove(holder) }
  }

  mutating func note(_ record: ArtefactRecord) {
    var record = record
    record.kept = max(record.kept, files[record.name]?.kept ?? record.kept)
    record.isLeaving = false
    files[record.name] = record
  }

  func record(_ name: String) -> ArtefactRecord? {
    files[name].map { record in
      var record = record
      record.uses = holders[record.name]?.count ?? 0
      return record
    }
  }

  var records: [ArtefactRecord] { files.keys.sorted().compactMap { record($0) } }

  mutating func mark(_ name: String) { files[name]?.isLeaving = true }

  mutating func end(_ name: String) {
    guard files[name]?.isLeaving == true else { return }
    files[name] = nil
    holders[name] = nil
  }
}

extension MemoryLedger: ArtefactLedger {
  public func note(_ artefact: ArtefactRecord) throws { state.withLock { $0.artefacts.note(artefact) } }

  public func artefactRecord(_ name: String) throws -> ArtefactRecord? { current.artefacts.record(name) }

  public func artefactRecords(after: String?, limit: Int) throws -> [ArtefactRecord] {
    Array(current.artefacts.records.filter { $0.name > after ?? "" }.prefix(limit))
  }

  public func artefactRecords(
    unusedSince: Instant, keptBefore: Instant, after: String?, limit: Int
  ) throws -> [ArtefactRecord] {
    let due = current.artefacts.records.filter { record in
      record.name > after ?? ""
        && (record.kept < keptBefore || record.isLeaving || record.kept < unusedSince && record.uses == 0)
    }
    return Array(due.prefix(limit))
  }

  public func beginRemoval(of name: String, isDue: (ArtefactRecord) -> Bool) throws -> Bool {
    state.withLock { state in
      guard let record = state.artefacts.record(name), isDue(record) else { return false }
      state.artefacts.mark(name)
      return true
    }
  }

  public func endRemoval(of name: String) throws { state.withLock { $0.artefacts.end(name) } }

  public func artefactTotals() throws -> ArtefactTotals {
    let records = current.artefacts.records
    return ArtefactTotals(
      count: records.count, bytes: records.reduce(0) { $0 + $1.byteCount },
      unused: records.count { $0.uses == 0 })
  }

  public func linkKeys() throws -> [SigningSecret] { current.artefacts.keys.sorted { $0.id < $1.id } }

  public func append(linkKey: SigningSecret, endingOthers end: Instant, at now: Instant) throws {
    state.withLock { state in
      state.artefacts.keys =
        state.artefacts.keys.ending(by: end).filter { $0.isValid(at: now) } + [linkKey]
    }
  }
}
