import ArgumentParser
import Jobs
import Persistence
import Routing
import Serving

/// `pointsman costs`: what work really cost beside what it was estimated to cost.
struct CostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "costs",
    abstract: "Show what attempts cost beside their estimates, for each candidate.",
    discussion: """
      From the jobs of a database, however often the router was started since. A factor of 1.2 is work a fifth dearer \
      than estimated: correct the candidate's price in the catalogue. Estimates follow what was paid by themselves while \
      a router runs, so a factor near 1 may be the correction's merit; compare it with the catalogue's price.
      """)

  @Option(help: "Only candidates of this provider.")
  var provider: String?

  @OptionGroup var source: DatabaseOption
  @OptionGroup var output: OutputOptions

  /// Jobs read at a time.
  private static let page = 2_000

  func run() async throws {
    let ledger = try SQLiteLedger(path: source.database, access: .readOnly)
    defer { try? ledger.close() }
    let report = try CostsCommand.report(ledger)
    let shown = provider.map { report.only(of: $0) } ?? report
    output.show(shown.json) { shown.text }
  }

  static func report(_ ledger: SQLiteLedger) throws -> CostReport {
    var progress = ProgressBar(total: Int(try ledger.counts().jobs), unit: "jobs")
    defer { progress.clear() }
    var report = CostReport()
    var last: Identifier?
    while true {
      let jobs = try ledger.jobs(states: nil, before: last, limit: page)
      for job in jobs { report.add(job) }
      progress.advance(by: jobs.count)
      guard jobs.count == page, let next = jobs.last?.id else { return report }
      last = next
    }
  }
}
