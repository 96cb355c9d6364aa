@testable import API
import HTTPTypes
import Routing
import Serving
import Testing

@Suite struct ArtefactRoutesTests {
  static let name = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.png"
  static let large = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  static let parts = RouterParts(
    artefacts: MemoryArtefacts([
      name: ("image/png", Array("0123456789".utf8)), "large.bin": ("application/octet-stream", large),
      "empty.txt": ("text/plain", []),
    ]))

  @Test("an artefact comes whole, with its type, its length and a tag that holds for good")
  func whole() async throws {
    try await TestRouter.run(parts: Self.parts, isLive: true) { router in
      let reply = try await router.get("/v1/artefacts/\(Self.name)")
      #expect(reply.status == 200 && reply.text == "0123456789")
      #expect(reply.headers[.contentType] == "image/png" && reply.headers[.contentLength] == "10")
      #expect(reply.headers[.eTag] == "\"\(Self.name)\"" && reply.headers[.acceptRanges] == "bytes")
      #expect(reply.headers[.cacheControl] == "public, max-age=31536000, immutable")
      #expect(reply.headers[HTTPField.Name("X-Content-Type-Options")!] == "nosniff")
      let empty = try await router.get("/v1/artefacts/empty.txt")
      #expect(empty.status == 200 && empty.bytes == [] && empty.headers[.contentLength] == "0")
    }
  }

  @Test("a large one is read part by part and arrives as it is; its head is read without it")
  func large() async throws {
    let artefacts = MemoryArtefacts(["large.bin": ("video/mp4", Self.large)])
    try await TestRouter.run(parts: RouterParts(artefacts: artefacts), isLive: true) { router in
      let head = try await router.send(.head, "/v1/artefacts/large.bin")
      #expect(head.status == 200 && head.headers[.contentLength] == "600000" && head.bytes == [])
      #expect(artefacts.reads == [])
      #expect(try await router.get("/v1/artefacts/large.bin").bytes == Self.large)
      #expect(artefacts.reads.map(\.range) == [0..<262_144, 262_144..<524_288, 524_288..<600_000])
    }
  }

  @Test("one range is a part of the file; a file without it says how long it is")
  func ranges() async throws {
    try await TestRouter.run(parts: Self.parts, isLive: true) { router in
      func get(_ range: String, _ more: HTTPFields = [:]) async throws -> Reply {
        var headers = more
        headers[.range] = range
        return try await router.send(.get, "/v1/artefacts/\(Self.name)", headers: headers)
      }
      let part = try await get("bytes=2-5")
      #expect(part.status == 206 && part.text == "2345" && part.headers[.contentLength] == "4")
      #expect(part.headers[.contentRange] == "bytes 2-5/10")
      #expect(try await get("bytes=-3").text == "789")
      #expect(try await get("bytes=0-1,4-5").status == 200)
      let beyond = try await get("bytes=10-")
      #expect(beyond.status == 416 && beyond.slug == "range-not-satisfiable")
      #expect(beyond.headers[.contentRange] == "bytes */10")
      #expect(try await get("bytes=2-5", [.ifRange: "\"\(Self.name)\""]).status == 206)
      #expect(try await get("bytes=2-5", [.ifRange: "\"another\""]).text == "0123456789")
    }
  }

  @Test("who has it already is told so", arguments: ["\"x.y\", \"\(name)\"", "*", "W/\"\(name)\""])
  func known(tags: String) async throws {
    try await TestRouter.run(parts: Self.parts, isLive: true) { router in
      let reply = try await router.send(
        .get, "/v1/artefacts/\(Self.name)", headers: [.ifNoneMatch: tags])
      #expect(reply.status == 304 && reply.bytes == [] && reply.headers[.eTag] == "\"\(Self.name)\"")
      let other = try await router.send(.get, "/v1/artefacts/\(Self.name)", headers: [.ifNoneMatch: "\"x\""])
      #expect(other.status == 200)
    }
  }

  @Test(
    "a name that no copy has is not found, and none leads out of the folder",
    arguments: [
      "nobody.png", "..", ".", "%2e%2e", "..%2Fledger.db", "%2Fetc%2Fpasswd", "a%00b", ".hidden", "a..b",
      "large.bin%20", "%F0%9F%A6%8A.png", "a%5Cb",
    ])
  func names(path: String) async throws {
    try await TestRouter.run(parts: Self.parts, isLive: true) { router in
      let reply = try await router.get("/v1/artefacts/\(path)")
      #expect(reply.status == 404 && reply.slug == "not-found")
    }
  }

  @Test("query parameters and other methods are refused; a router without copies has no such path")
  func refusals() async throws {
    try await TestRouter.run(parts: Self.parts) { router async throws in
      #expect(try await router.get("/v1/artefacts/\(Self.name)?download=1").pointers == ["?download"])
      #expect(try await router.delete("/v1/artefacts/\(Self.name)").status == 405)
    }
    try await TestRouter.run { router in
      let reply = try await router.get("/v1/artefacts/\(Self.name)")
      #expect(reply.status == 404)
    }
  }
}
