import Jobs
import Routing
import Testing
import Wire

@Suite("A stored job")
struct StoredJobTests {
  static func rich() throws -> Job {
    let contract = VendorContract(
      submitLimit: .seconds(7), attemptLimit: .minutes(3),
      poll: PollSchedule(floor: .seconds(5), ceiling: .minutes(1)),
      lists: true, webhookWindow: .seconds(20), cancels: true)
    var job = try Sample.job([contract, VendorContract(poll: nil, honoursToken: true)], copies: true)
    job.live(
      (1, .blocked(.circuitOpen, until: Sample.at(4))), (1, .started),
      (2, .rejected(0, VendorFailure(.moderated, vendorCode: "X", message: "“no”\n", scope: .provider))))
    return job
  }

  @Test("The form is compact, stable and has its version")
  func form() throws {
    var job = try Sample.job([VendorContract()], budget: .seconds(60))
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    let id = job.id.description
    let text = """
      {"v":1,"id":"\(id)","revision":2,"state":"running","decision":"\(job.decision)","capability":"text_to_video",\
      "input":{"reference":"sha256-0","bytes":90},"created":1800000000000000,"deadline":1800000060000000,\
      "priority":"normal","tenant":"acme","callback":"https://acme.example/done",\
      "plan":[{"candidate":"a/model","provider":"a","estimate":10000,"contract":{"submit_limit":10000000,\
      "poll":{"floor":1000000,"ceiling":30000000,"growth":1.5,"jitter":0.25}}}],\
      "attempts":[{"candidate":0,"state":"running","started":1800000001000000,"accepted":1800000002000000,\
      "vendor":{"id":"v-0","status_url":"https://a.example/v-0"},"estimate":10000}],\
      "wake":1800000003000000,"cost":0}
      """
    #expect(String(decoding: job.stored, as: UTF8.self) == text)
    #expect(try Job(stored: Array(text.utf8)) == job)
  }

  @Test("Every situation of the machine is read back as it was written")
  func roundTrips() throws {
    for cell in try TransitionTable.cells() {
      let restored = try Job(stored: cell.after.stored)
      #expect(restored == cell.after)
    }
    let rich = try Self.rich()
    #expect(try Job(stored: rich.stored) == rich)
  }

  @Test("Another version is refused by name, and so is what is no job")
  func versions() throws {
    #expect(throws: JobFault("a stored job of version 2; this program reads version 1")) {
      try Job(stored: Array(#"{"v":2}"#.utf8))
    }
    #expect(throws: JobFault("a stored job has no version `v`")) { try Job(stored: Array("[]".utf8)) }
    let fault = #expect(throws: JobFault.self) { try Job(stored: Array(#"{"v":1,"state":"asleep"}"#.utf8)) }
    #expect(fault?.description.contains("/state") == true && fault?.description.contains("/plan") == true)
  }

  @Test("A job that was tampered with is not read")
  func tampering() throws {
    var job = try Sample.job()
    job.live((1, .started), (2, .accepted(0, Sample.vendor, cost: nil)))
    job.live((3, .seen(0, VendorReport(.succeeded(Sample.result)), by: .poll)))
    let text = String(decoding: job.stored, as: UTF8.self)
    let forgeries = [
      (#""cost":10000"#, #""cost":1"#, "add up"),
      (#""state":"succeeded","decision""#, #""state":"failed","decision""#, "result"),
      (#""winner":0"#, #""winner":3"#, "no attempt"), (#""id":"v-0""#, #""id":7"#, "/vendor/id"),
      (#""candidate":0,"state""#, #""candidate":9,"state""#, "no candidate"),
      (#""deadline":1"#, #""deadline":9999"#, "/deadline"),
    ]
    for (original, forged, complaint) in forgeries {
      let parts = text.split(separator: original, maxSplits: 1, omittingEmptySubsequences: false)
      try #require(parts.count == 2, "\(original) is not in \(text)")
      let fault = #expect(throws: JobFault.self) {
        try Job(stored: Array((parts[0] + forged + parts[1]).utf8))
      }
      #expect(fault?.description.contains(complaint) == true, "\(forged): \(fault?.description ?? "")")
    }
  }
}
