import Jobs
public import Serving

/// What every store of artefacts must do, as clauses that are run against each implementation with an empty store of its
/// own.
public struct ArtefactContract: Sendable, CustomStringConvertible {
  public let name: String
  public let check: @Sendable (any ArtefactKeeping) async throws -> Void

  public var description: String { name }

  init(_ name: String, _ check: @escaping @Sendable (any ArtefactKeeping) async throws -> Void) {
    self.name = name
    self.check = check
  }

  /// SHA-256 of `abc`, from FIPS 180-4's examples.
  public static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  /// Bytes of which no two neighbouring stretches are the same, quickly made.
  public static func film(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 7, count: count)
    for place in stride(from: 0, to: count, by: 1_009) {
      bytes[place] = UInt8(truncatingIfNeeded: place / 1_009)
    }
    return bytes
  }

  static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]

  public static let all: [ArtefactContract] = [
    ArtefactContract("what is kept stands under its digest and comes back, whole and in parts") { store in
      let artefact = try await store.keep(Array("abc".utf8), contentType: "text/plain; charset=utf-8")
      try expect(artefact.url, is: "/v1/artefacts/\(abc).txt")
      try expect(artefact.contentType, is: "text/plain")
      try expect(artefact.byteCount, is: 3)
      try expect(artefact.isCopied)
      let stored = try await store.artefact(named: "\(abc).txt")
      try expect(stored, is: StoredArtefact(name: "\(abc).txt", contentType: "text/plain", byteCount: 3))
      guard let stored else { return }
      try expect(try await store.read(stored, 0..<3), is: Array("abc".utf8))
      try expect(try await store.read(stored, 1..<2), is: Array("b".utf8))
      try expect(try await store.read(stored, 3..<3), is: [])
    },
    ArtefactContract("the same bytes are one file, and another type of them another") { store in
      let first = try await store.keep(png, contentType: "image/png")
      try expect(try await store.keep(png, contentType: "image/x-png"), is: first)
      let other = try await store.keep(png, contentType: "application/pdf")
      try expect(other.url != first.url)
    },
    ArtefactContract("a type that says nothing is read from the bytes") { store in
      for word in ["", "application/octet-stream", "binary/octet-stream", "no type at all"] {
        try expect(try await store.keep(png, contentType: word).contentType, is: "image/png")
      }
      let noise = try await store.keep([0, 1, 2, 255], contentType: "application/x-vendor")
      try expect(noise.contentType, is: "application/octet-stream")
      try expect(noise.url.hasSuffix(".bin"))
    },
    ArtefactContract("a download is kept under what it says, then what was announced, then what it is") {
      store in
      func receive(_ said: String?, announced: String?) async throws -> Artefact {
        try await store.receive(Artefact(url: "https://v.example/x", contentType: announced)) {
          descriptor throws(VendorFailure) in
          try write("abc", to: descriptor)
          return (said, 3)
        }
      }
      let said = try await receive("text/csv", announced: "text/markdown")
      try expect(
        said,
        is: Artefact(
          url: "/v1/artefacts/\(abc).csv", contentType: "text/csv", byteCount: 3, isCopied: true))
      try expect(
        try await receive("application/octet-stream", announced: "text/markdown").contentType,
        is: "text/markdown")
      try expect(try await receive(nil, announced: nil).contentType, is: "text/plain")
      let stored = try await store.artefact(named: "\(abc).csv")
      try expect(stored?.byteCount, is: 3)
    },
    ArtefactContract("the size is that of the file, whatever the download says") { store in
      let artefact = try await store.receive(Artefact(url: "https://v.example/x")) {
        descriptor throws(VendorFailure) in
        try write("abc", to: descriptor)
        return (nil, 99)
      }
      try expect(artefact.byteCount, is: 3)
    },
    ArtefactContract("a download that fails leaves nothing, and fails as it did") { store in
      let failure = VendorFailure(.transient, cause: .unreachable, message: "the line broke")
      do {
        _ = try await store.receive(Artefact(url: "https://v.example/x", contentType: "text/plain")) {
          descriptor throws(VendorFailure) in
          try write("abc", to: descriptor)
          throw failure
        }
        throw Violation(description: "nothing was thrown")
      } catch let thrown as VendorFailure {
        try expect(thrown, is: failure)
      }
      try expect(try await store.artefact(named: "\(abc).txt"), is: nil)
    },
    ArtefactContract("a name that is none, or of nothing, finds nothing") { store in
      _ = try await store.keep(Array("abc".utf8), contentType: "text/plain")
      let names = [
        "", ".", "..", "/", "\(abc)", "\(abc).", "\(abc).png", "\(abc).txt/", "./\(abc).txt", "../\(abc).txt",
        "\(abc.uppercased()).txt", "\(abc).txt\0", "\(abc.dropLast()).txt", "\(abc)0.txt", "\(abc).txt.txt",
        "..%2f\(abc).txt", "%00", "/etc/passwd",
      ]
      for name in names { try expect(try await store.artefact(named: name), is: nil) }
    },
    ArtefactContract("what is removed is gone, others stay, and removing it again is no error") { store in
      let artefact = try await store.keep(Array("abc".utf8), contentType: "text/plain")
      _ = try await store.keep(png, contentType: "image/png")
      for _ in 0..<2 { try await store.remove("\(abc).txt") }
      for name in ["", "..", "/etc/passwd", "\(abc)"] { try await store.remove(name) }
      try expect(try await store.artefact(named: "\(abc).txt"), is: nil)
      do {
        _ = try await store.read(
          StoredArtefact(name: "\(abc).txt", contentType: "text/plain", byteCount: 3), 0..<3)
        throw Violation(description: "what is gone was read")
      } catch let error as Violation { throw error } catch {}
      try expect(try await store.keep(Array("abc".utf8), contentType: "text/plain"), is: artefact)
      try expect(try await store.artefact(named: "\(abc).txt")?.byteCount, is: 3)
    },
    ArtefactContract("a file of several megabytes comes back as it was, in parts across its middle") {
      store in
      let bytes = film(5_300_000)
      let artefact = try await store.receive(Artefact(url: "https://v.example/film")) {
        descriptor throws(VendorFailure) in
        try write(bytes, to: descriptor)
        return ("video/mp4", bytes.count)
      }
      try expect(artefact.byteCount, is: bytes.count)
      let name = String(artefact.url.split(separator: "/").last ?? "")
      guard let stored = try await store.artefact(named: name) else {
        throw Violation(description: "\(name) is not there")
      }
      try expect(stored.byteCount, is: bytes.count)
      for range in [0..<1, 2_499_990..<2_500_010, 5_242_870..<5_242_890, 5_299_999..<5_300_000] {
        try expect(try await store.read(stored, range) == Array(bytes[range]), "\(range)")
      }
      try expect(try await store.read(stored, 0..<bytes.count) == bytes)
    },
    ArtefactContract("many at once are all kept, an empty file too") { store in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask {
            let text = number == 0 ? "" : String(repeating: "\(number) ", count: number * 50)
            let artefact = try await store.keep(Array(text.utf8), contentType: "text/plain")
            let name = String(artefact.url.split(separator: "/").last ?? "")
            guard let stored = try await store.artefact(named: name) else {
              throw Violation(description: "\(name) is not there")
            }
            try expect(try await store.read(stored, 0..<stored.byteCount), is: Array(text.utf8))
          }
        }
        try await group.waitForAll()
      }
    },
  ]
}
