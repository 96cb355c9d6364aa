import Foundation
import GRDB
import Jobs
import Recipes
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import Persistence

@Suite("Rows of tenants")
struct TenantRowsTests {
  let folder = try! TemporaryFolder()

  @Test("what belonged to tenants before their columns came is theirs by them")
  func tenantsOfEarlierRows() throws {
    let queue = try DatabaseQueue(path: folder.file)
    try Schema.migrator.migrate(queue, upTo: "v6")
    let open = try Sample.job(1)
    let over = try Sample.finishedJob(2, making: JobResult(text: "done"))
    let generation = try Sample.generation(3, terms: Generation.Terms(tenant: "acme"))
    try queue.write { db in
      let columns = Array(repeating: "?", count: 21).joined(separator: ", ")
      for number in 1...4 {
        let row = try BoundStatement("INSERT INTO decision VALUES (\(columns))", db)
        try DecisionColumns.bind(Int64(number), Sample.decision(number), to: row)
        try row.run()
      }
      for job in [open, over] {
        try db.execute(
          sql: "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            Data(job.id), Data(job.decision), job.state.rawValue, job.revision, job.ended?.microseconds,
            job.input.reference, String(decoding: job.stored, as: UTF8.self),
          ])
      }
      try db.execute(
        sql: "INSERT INTO generation VALUES (?, ?, ?, ?, ?)",
        arguments: [
          Data(generation.id), generation.state.rawValue, generation.revision, nil,
          String(decoding: generation.stored, as: UTF8.self),
        ])
      try db.execute(
        sql: "INSERT INTO generation_input VALUES (?, ?)",
        arguments: [Data(generation.id), String(decoding: generation.request.serialized(), as: UTF8.self)])
    }
    try queue.close()
    let ledger = try SQLiteLedger(path: folder.file)
    #expect(try ledger.jobs(states: nil, tenant: "acme", before: nil, limit: 9) == [over, open])
    #expect(try ledger.generations(states: nil, tenant: "acme", before: nil, limit: 9) == [generation])
    let tenants = try [open.decision, over.decision, Sample.id(4)].map { try ledger.decision($0)?.tenant }
    #expect(tenants == ["acme", "acme", nil])
    try ledger.close()
  }

  @Test(
    "a tenant's list is read by indexes of the tenant's rows, and in their order", arguments: [true, false])
  func tenantListings(isOfJobs: Bool) throws {
    let ledger = try SQLiteLedger(path: folder.file)
    let parts =
      isOfJobs
      ? SQLiteLedger.listing(Set<JobState>?.none, ofTenant: true)
      : SQLiteLedger.listing(Set<GenerationState>?.none, ofTenant: true)
    let plan = try ledger.pool.read { db in
      try Row.fetchAll(
        db, sql: "EXPLAIN QUERY PLAN " + SQLiteLedger.merged(parts),
        arguments: SQLiteLedger.arguments(parts.count, nil, "acme", limit: 9)
      ).map { $0["detail"] as String }
    }
    let searches = plan.filter { $0.contains("job_tenant") || $0.contains("generation_tenant") }
    #expect(searches.count == parts.count, "\(plan)")
    #expect(!plan.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(plan)")
    try ledger.close()
  }
}
