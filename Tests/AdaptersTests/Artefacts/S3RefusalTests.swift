import Foundation
import Jobs
import Routing
import Serving
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Adapters

/// The store against a bucket on the loopback that says what a test wants it to say.
@Suite("A bucket that refuses")
struct S3RefusalTests {
  static func store(
    at url: String, variables: [String: String] = S3Samples.variables, credential: String? = nil,
    partSize: Int = 8 << 20
  ) throws -> S3Store {
    var settings = S3Store.Settings(
      bucket: try S3Bucket("s3://films/a", endpoint: url), spool: FileManager.default.temporaryDirectory.path)
    settings.credential = credential
    settings.partSize = partSize
    return try S3Store(
      settings, transport: try HTTPTransport(), clock: SystemClock(), variable: { variables[$0] },
      pause: { _ in })
  }

  static func error(_ code: String, _ status: Int) -> LoopbackVendor.Reply {
    LoopbackVendor.Reply(
      status: status, headers: ["Content-Type": "application/xml"],
      body: Array("<?xml version=\"1.0\"?><Error><Code>\(code)</Code></Error>".utf8))
  }

  @Test("Without credentials it starts, and the first use names the variable, before a vendor is asked")
  func lazyCredentials() async throws {
    let store = try Self.store(at: "http://127.0.0.1:1", variables: [:])
    let asked = Mutex(false)
    let error = await #expect(throws: S3Failure.self) {
      _ = try await store.receive(Artefact(url: "https://v.example/x")) { _ throws(VendorFailure) in
        asked.withLock { $0 = true }
        return (nil, 0)
      }
    }
    #expect(error == .noCredential(variable: "AWS_ACCESS_KEY_ID") && !asked.withLock { $0 })
    #expect(error?.description.contains("AWS_ACCESS_KEY_ID is not set") == true)
    let half = try Self.store(
      at: "http://127.0.0.1:1", variables: ["TEAM_ACCESS_KEY_ID": "x"], credential: "TEAM_ACCESS_KEY_ID")
    await #expect(throws: S3Failure.noCredential(variable: "TEAM_SECRET_ACCESS_KEY")) {
      try await half.keep([1], contentType: "image/png")
    }
    #expect(throws: S3BucketFault.self) { try Self.store(at: "http://127.0.0.1:1", credential: "TOKEN") }
  }

  @Test("A key that may not write is refused once, and says what it lacks")
  func denied() async throws {
    let vendor = try LoopbackVendor { call in
      call.method == "HEAD" ? .init(status: 404) : Self.error("AccessDenied", 403)
    }
    let store = try Self.store(at: vendor.url)
    let error = await #expect(throws: S3Failure.self) { try await store.keep([1], contentType: "image/png") }
    #expect(error == .refused(bucket: "films", code: "AccessDenied"))
    #expect(error?.description.contains("s3:PutObject") == true)
    #expect(vendor.calls.map(\.method) == ["HEAD", "PUT"])
  }

  @Test("A key that may write and not list is enough to keep, and cannot tell what is missing")
  func mayNotList() async throws {
    let vendor = try LoopbackVendor { call in
      call.method == "PUT" ? .init(status: 200) : Self.error("AccessDenied", 403)
    }
    let store = try Self.store(at: vendor.url)
    #expect(try await store.keep(Array("abc".utf8), contentType: "text/plain").byteCount == 3)
    let error = await #expect(throws: S3Failure.self) {
      try await store.artefact(named: "\(ArtefactContract.abc).txt")
    }
    #expect(error?.description.contains("s3:ListBucket") == true)
  }

  @Test("A bucket that is busy is asked three times, and then it is a failure that passes")
  func busy() async throws {
    let vendor = try LoopbackVendor { call in
      call.method == "PUT" ? Self.error("SlowDown", 503) : .init(status: call.method == "GET" ? 200 : 404)
    }
    let store = try Self.store(at: vendor.url)
    let error = await #expect(throws: S3Failure.self) { try await store.keep([1], contentType: "image/png") }
    #expect(error == .busy(bucket: "films", status: 503, code: "SlowDown") && error?.passes == true)
    #expect(vendor.calls.filter { $0.method == "PUT" }.count == 3)
  }

  @Test("A bucket that is busy for a moment is no failure, and gets the bytes with their digest and type")
  func busyOnce() async throws {
    let puts = Mutex(0)
    let vendor = try LoopbackVendor { call in
      guard call.method == "PUT" else { return .init(status: call.method == "GET" ? 200 : 404) }
      let isFirst = puts.withLock { puts in
        puts += 1
        return puts == 1
      }
      return isFirst ? Self.error("InternalError", 500) : .init(status: 200)
    }
    let store = try Self.store(at: vendor.url)
    _ = try await store.keep(Array("abc".utf8), contentType: "text/plain")
    let put = try #require(vendor.calls.last)
    #expect(put.target == "/films/a/\(ArtefactContract.abc).txt" && put.body == Array("abc".utf8))
    #expect(put.headers["content-type"] == "text/plain")
    #expect(put.headers["x-amz-content-sha256"] == ArtefactContract.abc)
    #expect(put.headers["authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") == true)
  }

  @Test("Where a part cannot be sent, or the end fails inside a 200, the upload is aborted")
  func abort() async throws {
    for fails in ["part", "end"] {
      let vendor = try LoopbackVendor { call in
        switch (call.method, call.target.contains("uploads="), call.target.contains("partNumber=")) {
        case ("POST", true, _):
          return .init(body: Array("<R><UploadId>u/1</UploadId></R>".utf8))
        case ("PUT", _, true):
          return fails == "part" && call.target.contains("partNumber=2")
            ? Self.error("AccessDenied", 403) : .init(headers: ["ETag": "\"t\""])
        case ("POST", false, _): return Self.error("InternalError", 200)
        case ("DELETE", _, _): return .init(status: 204)
        default: return .init(status: call.method == "HEAD" ? 404 : 200)
        }
      }
      let store = try Self.store(at: vendor.url, partSize: 4)
      await #expect(throws: S3Failure.self) {
        try await store.keep(Array("abcdefghij".utf8), contentType: "video/mp4")
      }
      let last = try #require(vendor.calls.last)
      #expect(last.method == "DELETE" && last.target.hasSuffix("?uploadId=u%2F1"))
      let bodies = vendor.calls.filter { $0.target.contains("partNumber=") }.map {
        String(decoding: $0.body, as: UTF8.self)
      }
      #expect(bodies == (fails == "part" ? ["abcd", "efgh"] : ["abcd", "efgh", "ij"]))
    }
  }

  @Test("A spool folder that cannot be written to is said at start")
  func spool() throws {
    var settings = S3Store.Settings(bucket: try S3Bucket("s3://films"), spool: "/proc/nowhere")
    settings.credential = nil
    let chosen = settings
    #expect(throws: (any Error).self) {
      try S3Store(chosen, transport: try HTTPTransport(), clock: SystemClock(), variable: { _ in nil })
    }
  }

  @Test("The address of a bucket says how it is reached")
  func addresses() throws {
    let plain = try S3Bucket("s3://films")
    #expect(plain.address(of: "x.png") == "https://films.s3.us-east-1.amazonaws.com/x.png")
    let deep = try S3Bucket("s3://films/made by us/2026/", region: "eu-west-1")
    #expect(deep.prefix == "made by us/2026/")
    #expect(
      deep.address(of: "x.png") == "https://films.s3.eu-west-1.amazonaws.com/made%20by%20us/2026/x.png")
    let dotted = try S3Bucket("s3://films.example.com/a")
    #expect(dotted.address(of: "x") == "https://s3.us-east-1.amazonaws.com/films.example.com/a/x")
    let own = try S3Bucket("s3://films/a", endpoint: "http://127.0.0.1:9000/")
    #expect(own.address(of: "x") == "http://127.0.0.1:9000/films/a/x" && own.port == 9_000)
    for wrong in [
      "films", "s3://", "s3://Films", "s3://ab", "s3://films/../x", "https://films/x", "s3://-films",
    ] {
      #expect(throws: S3BucketFault.self, "\(wrong)") { try S3Bucket(wrong) }
    }
    #expect(throws: S3BucketFault.self) { try S3Bucket("s3://films", endpoint: "ftp://a.example") }
    #expect(throws: S3BucketFault.self) { try S3Bucket("s3://films", region: "eu west") }
  }
}
