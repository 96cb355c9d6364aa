import Foundation
import Testing

@testable import Reporting

@Suite("Folders of reports")
struct ReportFolderTests {
  /// A folder of its own, removed afterwards.
  private func inTemporaryFolder(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("reporting-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  @Test("A report is written whole, with nothing beside it")
  func writes() throws {
    try inTemporaryFolder { parent in
      let files = try sampleReport(["a", "b"]).files()
      try ReportFolder(parent + "/out/").write(files)
      #expect(try names(parent) == ["out"])
      for file in files {
        #expect(FileManager.default.contents(atPath: "\(parent)/out/\(file.path)") == Data(file.bytes))
      }
    }
  }

  @Test("An existing folder is refused, and replaced whole by force")
  func force() throws {
    try inTemporaryFolder { parent in
      let folder = try ReportFolder(parent + "/out")
      try folder.write(try sampleReport(["a", "b"], title: "Old").files())
      let before = FileManager.default.contents(atPath: parent + "/out/index.html")
      #expect(throws: ReportFolderError.exists(parent + "/out")) { try folder.check() }
      #expect(throws: ReportFolderError.exists(parent + "/out")) {
        try folder.write(sampleReport(["a"], title: "New").files())
      }
      #expect(FileManager.default.contents(atPath: parent + "/out/index.html") == before)

      let report = try Report(
        title: "New", lead: "", provenance: Provenance(command: "c", revision: "r"), sections: [])
      try folder.write(report.files(), force: true)
      #expect(try names(parent) == ["out"])
      #expect(try names(parent + "/out") == ["index.html", "report.json", "report.md"])
      let after = try #require(FileManager.default.contents(atPath: parent + "/out/index.html"))
      #expect(String(decoding: after, as: UTF8.self).contains("<h1>New</h1>"))
    }
  }

  @Test("Force replaces nothing but a report: not a folder of other things, not a file, not a link")
  func forceIsCareful() throws {
    try inTemporaryFolder { parent in
      let files = try sampleReport(["a"]).files()
      let folder = try ReportFolder(parent + "/out")
      try folder.write(files)
      try Data("mine".utf8).write(to: URL(filePath: parent + "/out/notes.txt"))
      #expect(throws: ReportFolderError.notAReport(parent + "/out", holding: "notes.txt")) {
        try folder.write(files, force: true)
      }
      #expect(FileManager.default.contents(atPath: parent + "/out/notes.txt") == Data("mine".utf8))

      try FileManager.default.createDirectory(atPath: parent + "/photos", withIntermediateDirectories: false)
      try Data("x".utf8).write(to: URL(filePath: parent + "/photos/one.jpg"))
      try Data("x".utf8).write(to: URL(filePath: parent + "/file"))
      try FileManager.default.createSymbolicLink(
        atPath: parent + "/link", withDestinationPath: parent + "/out")
      for name in ["photos", "file", "link"] {
        #expect(throws: ReportFolderError.notAReport("\(parent)/\(name)", holding: nil)) {
          try ReportFolder("\(parent)/\(name)").write(files, force: true)
        }
      }
      #expect(try names(parent) == ["file", "link", "out", "photos"])
    }
  }

  @Test("When a file cannot be written nothing is left, and an older report stays as it was")
  func failure() throws {
    try inTemporaryFolder { parent in
      let folder = try ReportFolder(parent + "/out")
      let files = try sampleReport(["a"]).files()
      // The second of these cannot be created: the first has its name.
      let colliding = try files + [ReportFile(path: "index.html", bytes: [1])]
      #expect(throws: ReportFolderError.self) { try folder.write(colliding) }
      #expect(try names(parent) == [])
      try folder.write(files)
      #expect(throws: ReportFolderError.self) { try folder.write(colliding, force: true) }
      #expect(try names(parent) == ["out"])
      let page = try #require(files.first { $0.path == "index.html" })
      #expect(FileManager.default.contents(atPath: parent + "/out/index.html") == Data(page.bytes))
    }
  }

  @Test("A parent that is missing or no folder is said, in one line")
  func parents() throws {
    try inTemporaryFolder { parent in
      let missing = try ReportFolder(parent + "/nowhere/out")
      #expect(throws: ReportFolderError.parentMissing(parent + "/nowhere")) { try missing.write([]) }
      try Data("x".utf8).write(to: URL(filePath: parent + "/file"))
      #expect(throws: ReportFolderError.parentMissing(parent + "/file")) {
        try ReportFolder(parent + "/file/out").write([])
      }
      for path in ["", ".", "..", "/", "a/.."] {
        #expect(throws: ReportFolderError.self) { try ReportFolder(path) }
      }
      for error: ReportFolderError in [.exists("x"), .diskFull("x"), .notWritable("x"), .parentMissing("x")] {
        #expect(!error.description.contains("\n"))
      }
    }
  }
}
