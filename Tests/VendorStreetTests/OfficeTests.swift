import Foundation
import Synchronization
import Testing
import Wire

@testable import VendorStreet

@Suite("The street's own office")
struct OfficeTests {
  private static let chat: JSONValue = [
    "model": "gpt-4o-mini", "messages": [["role": "user", "content": "hello [[ref: order-7]]"]],
  ]

  @Test("The journal tells of calls, jobs, charges and references, and keeps no credential")
  func journal() async throws {
    try await OpenStreet.run { open in
      for _ in 0..<2 { _ = try await open.call("openai", "POST", "/v1/chat/completions", Self.chat) }
      _ = try await open.call(
        "openai", "POST", "/v1/chat/completions", Self.chat, headers: ["x-street-fault": "server_error"])
      let answer = try await RawClient.call(open.root, "GET", "/street/journal?vendor=openai")
      #expect(!answer.text.contains("sk-test") && answer.text.contains("(withheld)"))
      let journal = answer.json
      #expect(journal.at("charges", "count") == 2)
      #expect(journal.at("references", 0, "reference") == "order-7")
      #expect(journal.at("references", 0, "charges") == 2, "the same work, paid twice")
      #expect(journal["calls"]?.arrayValue?.map { $0["status"] } == [200, 200, 503])
      #expect(journal.at("calls", 0, "job") == journal.at("jobs", 0, "id"))
      #expect(journal.at("calls", 2, "fault") == "server_error")
      _ = try await open.call("google", "GET", "/v1beta/interactions/none?key=sk-query")
      #expect(try await !RawClient.call(open.root, "GET", "/street/journal").text.contains("sk-query"))
      let other = try await RawClient.call(open.root, "GET", "/street/journal?vendor=fal")
      #expect(other.json["calls"] == [] && other.json["jobs"] == [])
      #expect(try await RawClient.call(open.root, "DELETE", "/street/journal").status == 204)
      #expect(try await open.journal()["jobs"] == [])
    }
  }

  @Test(
    "Everything that was taken on is listed in the order of arrival, in pages, and nothing that was refused")
  func submissions() async throws {
    try await OpenStreet.run(change: { $0.journalLimit = 1 }) { open in
      let before = Date().timeIntervalSince1970
      for _ in 0..<3 { _ = try await open.call("openai", "POST", "/v1/chat/completions", Self.chat) }
      _ = try await open.call(
        "openai", "POST", "/v1/chat/completions", Self.chat, headers: ["x-street-fault": "server_error"])
      let all = try await RawClient.call(open.root, "GET", "/street/submissions").json
      let rows = all["submissions"]?.arrayValue ?? []
      #expect(all["total"] == 3 && rows.count == 3)
      #expect(
        rows.allSatisfy {
          $0["reference"] == "order-7" && $0["stage"] == "succeeded" && $0["charged"] == true
        })
      #expect(
        Set(rows.map { $0["id"]?.stringValue }).count == 3 && rows.allSatisfy { $0["vendor"] == "openai" })
      let times = rows.compactMap { $0["taken_at_us"]?.integerValue }
      #expect(times == times.sorted() && Double(times[0]) / 1e6 >= before - 1)
      #expect(Double(times[2]) / 1e6 <= Date().timeIntervalSince1970 + 1)
      let page = try await RawClient.call(open.root, "GET", "/street/submissions?after=1&limit=1").json
      #expect(page["total"] == 3 && page["submissions"]?.arrayValue == [rows[1]])
      #expect(
        try await RawClient.call(open.root, "GET", "/street/submissions?after=3").json["submissions"] == [])
      #expect(try await RawClient.call(open.root, "GET", "/street/submissions?after=-1").status == 400)
    }
  }

  @Test("The journal keeps the latest calls and says how many it let go")
  func limit() async throws {
    try await OpenStreet.run(change: { $0.journalLimit = 2 }) { open in
      for _ in 0..<5 { _ = try await open.call("openai", "GET", "/v1/models") }
      let journal = try await open.journal()
      #expect(journal["calls"]?.arrayValue?.map { $0["number"] } == [4, 5])
      #expect(journal["calls_omitted"] == 3)
    }
  }

  @Test("Faults can be changed while the street is open, in YAML and in JSON, and be taken back")
  func faults() async throws {
    try await OpenStreet.run { open in
      func status() async throws -> Int? {
        try await open.call("openai", "POST", "/v1/chat/completions", Self.chat).status
      }
      #expect(try await status() == 200)
      let put = try await RawClient.call(
        open.root, "PUT", "/street/faults",
        body: #"{"faults": [{"fault": "too_many_requests", "vendor": "openai", "every": 1}]}"#)
      #expect(
        put.json.at("faults", 0, "fault") == "too_many_requests" && put.json.at("faults", 0, "on") == "submit"
      )
      #expect(try await status() == 429)
      _ = try await RawClient.call(
        open.root, "PUT", "/street/faults", body: "faults:\n  - fault: server_error\n    calls: [2]\n")
      #expect(try await [status(), status(), status()] == [200, 503, 200])
      let wrong = try await RawClient.call(
        open.root, "PUT", "/street/faults", body: "faults:\n  - fault: server_eror\n    every: 1\n")
      #expect(wrong.status == 400 && wrong.text.contains("faults:2: ") && wrong.text.contains("did you mean"))
      #expect(try await RawClient.call(open.root, "DELETE", "/street/faults").json["faults"] == [])
      #expect(try await status() == 200)
    }
  }

  @Test("A vendor's limit of unfinished jobs is a refusal with the time to wait")
  func concurrency() async throws {
    try await OpenStreet.run("vendors: {fal: {concurrency: 2}}", queue: OpenStreet.ever) { open in
      var answers: [RawAnswer] = []
      for _ in 0..<3 {
        answers.append(try await open.call("fal", "POST", "/fal-ai/flux/dev", ["prompt": "x"]))
      }
      #expect(answers.map(\.status) == [200, 200, 429] && answers[2].headers["retry-after"] == "1")
      let first = answers[0].json.string("request_id") ?? ""
      _ = try await open.call("fal", "PUT", "/fal-ai/flux/requests/\(first)/cancel")
      #expect(try await open.call("fal", "POST", "/fal-ai/flux/dev", ["prompt": "x"]).status == 200)
    }
  }

  @Test("It says who is on the street, and what it does itself")
  func vendors() async throws {
    try await OpenStreet.run { open in
      let vendors = try await RawClient.call(open.root, "GET", "/street/vendors").json["vendors"]
      #expect(vendors?.arrayValue?.compactMap(\.stringValue) == Street.vendorNames)
      let lost = try await RawClient.call(open.root, "GET", "/street/nothing")
      #expect(lost.status == 404 && lost.text.contains("/street/journal"))
      #expect(Set(Street.vendorNames).count == Street.vendorNames.count)
    }
  }

  @Test("A body over the limit is not read")
  func bodyLimit() async throws {
    try await OpenStreet.run(change: { $0.bodyLimit = 1_000 }) { open in
      let answer = try await open.call(
        "fal", "POST", "/fal-ai/flux/dev", ["prompt": .string(String(repeating: "x", count: 2_000))])
      #expect(answer.status == 413)
    }
  }

  @Test("Two streets under one seed make the same jobs")
  func seed() async throws {
    let seen = Mutex<[[String]]>([])
    for seed in [3, 3, 4] as [UInt64] {
      try await OpenStreet.run(change: { $0.seed = seed }) { open in
        let sent = try await open.call("fal", "POST", "/fal-ai/flux/dev", ["prompt": "x"])
        let image = try await open.call("fal", "POST", "/sync/fal-ai/flux/dev", ["prompt": "x"])
        let url = try #require(image.json.at("images", 0, "url")?.stringValue)
        let check = PNG.crc32(try await open.fetch(url).body)
        seen.withLock { $0.append([sent.json.string("request_id") ?? "", "\(check)"]) }
      }
    }
    let runs = seen.withLock(\.self)
    #expect(runs[0] == runs[1] && runs[0][0] != runs[2][0] && runs[0][1] != runs[2][1])
  }
}
