import Foundation
import Jobs
import Serving
import Synchronization
import Testing
import TestSupport

@testable import Persistence

@Suite("A folder of artefacts")
struct ArtefactFolderTests {
  @Test("It keeps the contract", arguments: ArtefactContract.all)
  func contract(_ clause: ArtefactContract) async throws {
    let folder = try TemporaryFolder()
    try await clause.check(try ArtefactFolder(path: folder.path + "/artefacts"))
  }

  @Test("So does its twin in memory", arguments: ArtefactContract.all)
  func twin(_ clause: ArtefactContract) async throws { try await clause.check(MemoryArtefacts()) }

  @Test("A public base stands before the path, with one slash between them")
  func publicBase() async throws {
    let folder = try TemporaryFolder()
    let store = try ArtefactFolder(path: folder.path, publicBase: "https://router.example.com/")
    let artefact = try await store.keep(Array("abc".utf8), contentType: "text/plain")
    #expect(artefact.url == "https://router.example.com/v1/artefacts/\(ArtefactContract.abc).txt")
  }

  @Test("What is kept is there after a restart, and nothing else is in the folder")
  func restart() async throws {
    let folder = try TemporaryFolder()
    _ = try await ArtefactFolder(path: folder.path).keep(Array("abc".utf8), contentType: "text/plain")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names == ["\(ArtefactContract.abc).txt"])
    let again = try ArtefactFolder(path: folder.path)
    let stored = try #require(try await again.artefact(named: names[0]))
    #expect(try await again.read(stored, 0..<3) == Array("abc".utf8))
  }

  @Test("Half-written files of an earlier process are removed at start, those of a living one stay")
  func leftovers() async throws {
    let folder = try TemporaryFolder()
    let old = folder.path + "/.incoming-old"
    try "half".write(toFile: old, atomically: false, encoding: .utf8)
    let path = folder.path
    let first = try ArtefactFolder(path: path)
    #expect(!FileManager.default.fileExists(atPath: old))

    let kept = try await first.receive(Artefact(url: "https://v.example/x")) {
      descriptor throws(VendorFailure) in
      // While this is being written, another router starts on the same folder.
      _ = "abc".utf8CString.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, 3) }
      let other = try? ArtefactFolder(path: path)
      #expect(other != nil)
      return ("text/plain", 3)
    }
    #expect(kept.byteCount == 3)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["\(ArtefactContract.abc).txt"])
  }

  @Test("A folder that is a file, or cannot be made, says so at start")
  func unusable() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/file"
    try "x".write(toFile: file, atomically: true, encoding: .utf8)
    for path in [file, file + "/below"] {
      let error = #expect(throws: ArtefactError.self) { try ArtefactFolder(path: path) }
      #expect(error?.description.hasPrefix("artefacts cannot be kept in \(path)") == true)
      #expect(error?.description.hasSuffix("name another folder with --artefacts") == true)
    }
  }

  @Test("Faults of the disk have words of their own")
  func faults() {
    #expect(ArtefactError(ENOSPC, "a") == .diskFull(path: "a"))
    #expect(ArtefactError(EROFS, "a").description.contains("Read-only file system"))
    #expect(ArtefactError(EIO, "a").description.contains("Input/output error"))
  }

  @Test("A disk that is full after some bytes is an error, and nothing is left of the file")
  func fullDisk() async throws {
    let folder = try TemporaryFolder()
    let written = Mutex(0)
    let store = try ArtefactFolder(path: folder.path) { descriptor, bytes, count in
      // Takes two bytes at a time, and four in all.
      let isFull = written.withLock { written in
        written += 2
        return written > 4
      }
      guard !isFull else {
        errno = ENOSPC
        return -1
      }
      return Foundation.write(descriptor, bytes, min(count, 2))
    }
    let error = await #expect(throws: ArtefactError.self) {
      try await store.keep(Array("abcdefgh".utf8), contentType: "text/plain")
    }
    #expect(error == .diskFull(path: folder.path))
    #expect(error?.description.contains("free some space") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    // A disk that takes little at a time is no full one.
    written.withLock { $0 = 0 }
    #expect(try await store.keep(Array("abc".utf8), contentType: "text/plain").byteCount == 3)
  }

  @Test("A file that somebody removed is nobody's artefact, and reading on says so")
  func removed() async throws {
    let folder = try TemporaryFolder()
    let store = try ArtefactFolder(path: folder.path)
    _ = try await store.keep(Array("abc".utf8), contentType: "text/plain")
    let stored = try #require(try await store.artefact(named: "\(ArtefactContract.abc).txt"))
    try FileManager.default.removeItem(atPath: folder.path + "/" + stored.name)
    #expect(try await store.artefact(named: stored.name) == nil)
    await #expect(throws: ArtefactError.gone(name: stored.name)) { try await store.read(stored, 0..<3) }
  }
}
