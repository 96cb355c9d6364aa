import Foundation
import GRDB
public import Routing
import Serving

extension SQLiteLedger {
  /// In steps, so that writers wait for none of them long.
  public func dropJobs(endedBefore: Instant) throws -> Int {
    let step = 500
    var dropped = 0
    while true {
      let found = try write { db in
        var jobs: [(id: Data, input: Data, holder: String)] = []
        let rows = try db.rows(
          "SELECT id, CAST(input AS BLOB) FROM job WHERE ended IS NOT NULL AND ended < ? ORDER BY ended LIMIT ?",
          [endedBefore.microseconds, step])
        while let row = try rows.next() {
          jobs.append((row[0], row[1], ArtefactHolder.job(try DecisionColumns.identifier(row, 0))))
        }
        for job in jobs {
          // What it made is nobody's now, unless another made the same; the next cleaning sees it.
          try SQLiteLedger.forget(holder: job.holder, db)
          try db.run("DELETE FROM job_event WHERE job = ?", [job.id])
          try db.run("DELETE FROM vendor_job WHERE job = ?", [job.id])
          try db.run("DELETE FROM job WHERE id = ?", [job.id])
          try db.run(
            """
            DELETE FROM job_input WHERE reference = CAST(? AS TEXT)
            AND NOT EXISTS (SELECT 1 FROM job WHERE input = job_input.reference)
            """, [job.input])
        }
        return jobs.count
      }
      dropped += found
      if found < step { return dropped }
    }
  }

  /// In steps likewise.
  public func dropDeliveries(endedBefore: Instant) throws -> Int {
    let step = 500
    var dropped = 0
    while true {
      let found = try write { db in
        var ids: [Data] = []
        let rows = try db.rows(
          "SELECT id FROM delivery WHERE ended < ? ORDER BY ended LIMIT ?", [endedBefore.microseconds, step])
        while let row = try rows.next() { ids.append(row[0]) }
        for id in ids {
          try db.run("DELETE FROM delivery_attempt WHERE delivery = ?", [id])
          try db.run("DELETE FROM delivery_payload WHERE delivery = ?", [id])
          try db.run("DELETE FROM delivery WHERE id = ?", [id])
        }
        return ids.count
      }
      dropped += found
      if found < step { return dropped }
    }
  }

  public func dropHealthChecks(before: Instant) throws {
    try write { try $0.run("DELETE FROM health_check WHERE at < ?", [before.microseconds]) }
  }
}
