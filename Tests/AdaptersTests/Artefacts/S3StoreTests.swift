import Foundation
import Jobs
import Routing
import Serving
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Adapters

/// The store against moto's S3, by HTTP.
@Suite(
  "Artefacts in a bucket",
  .enabled(
    if: MotoServer.isReady,
    "run Tests/VendorStreetTests/Scripts/packages.sh, which installs moto's server or says what is missing"))
struct S3StoreTests {
  /// A store under a prefix of its own.
  static func store(
    partSize: Int? = nil, bucket: String = "artefacts", clock: any WallClock = SystemClock()
  ) throws -> S3Store {
    let moto = try MotoServer.shared.get()
    let place = try S3Bucket("s3://\(bucket)/tests/\(UUID().uuidString)", endpoint: moto.address)
    var settings = S3Store.Settings(bucket: place, spool: FileManager.default.temporaryDirectory.path)
    settings.partSize = partSize ?? settings.partSize
    return try S3Store(
      settings, transport: try HTTPTransport(), clock: clock, variable: { S3Samples.variables[$0] },
      pause: { _ in })
  }

  @Test("It keeps the contract", arguments: ArtefactContract.all)
  func contract(_ clause: ArtefactContract) async throws { try await clause.check(try Self.store()) }

  @Test("So does it in parts of five mebibytes", arguments: ArtefactContract.all)
  func contractInParts(_ clause: ArtefactContract) async throws {
    try await clause.check(try Self.store(partSize: 5 << 20))
  }

  @Test("A film goes up in parts, none is left half there, and what is there is not sent again")
  func parts() async throws {
    let store = try Self.store(partSize: 5 << 20)
    let film = ArtefactContract.film(11 << 20)
    let first = try await store.keep(film, contentType: "video/mp4")
    #expect(first.byteCount == 11 << 20 && first.contentType == "video/mp4")
    #expect(try await store.calls.unfinished().isEmpty)
    let name = String(first.url.split(separator: "/").last ?? "")
    let stored = try #require(try await store.artefact(named: name))
    #expect(try await store.read(stored, 0..<stored.byteCount) == film)
    // Bytes that cannot be had are not needed when the bucket has them.
    let again = try await store.keep(film, contentType: "video/mp4")
    #expect(again == first)
  }

  @Test("An upload that somebody began yesterday is aborted, one of this hour is not, nor is another's file")
  func abandoned() async throws {
    // moto says of each upload that it was begun at 2010-11-10T20:48:33Z.
    let clock = ManualClock(Instant("2010-11-10T21:00:00Z")!)
    let store = try Self.store(clock: clock)
    let name = "\(ArtefactContract.abc).mp4"
    _ = try await store.calls.begin(name, type: "video/mp4")
    _ = try await store.calls.begin("holiday.mp4", type: "video/mp4")
    #expect(try await store.calls.unfinished().count == 2)
    #expect(try await store.abortAbandoned() == 0)
    clock.advance(by: .days(2))
    #expect(try await store.abortAbandoned() == 1)
    #expect(try await store.calls.unfinished().map(\.name) == ["holiday.mp4"])
  }

  @Test("Whoever has the address that is given out reads the file with it, by its type, whole and in part")
  func direct() async throws {
    let store = try Self.store()
    _ = try await store.keep(Array("abc".utf8), contentType: "text/plain")
    let stored = try #require(try await store.artefact(named: "\(ArtefactContract.abc).txt"))
    let address = try #require(
      try await store.directAddress(
        of: stored, method: "GET", from: SystemClock().now, lifetime: .minutes(5)))
    let policy = store.settings.bucket.policy
    let transport = try HTTPTransport()
    let whole = try await transport.answer(OutboundCall("GET", address, policy: policy))
    #expect(whole.status == 200 && whole.text == "abc" && whole.headers["Content-Type"] == "text/plain")
    let part = try await transport.answer(
      OutboundCall("GET", address, headers: ["Range": "bytes=1-1"], policy: policy))
    #expect(part.status == 206 && part.text == "b")
  }

  @Test("A bucket that is not there is named, in reading as in writing")
  func noBucket() async throws {
    let store = try Self.store(bucket: "nobody-made-it")
    for attempt in [
      { _ = try await store.keep([1, 2], contentType: "image/png") },
      { _ = try await store.artefact(named: "\(ArtefactContract.abc).txt") },
    ] as [@Sendable () async throws -> Void] {
      let error = await #expect(throws: S3Failure.self) { try await attempt() }
      #expect(error == .noBucket("nobody-made-it"))
    }
  }
}

enum S3Samples {
  static let variables = ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"]
}
