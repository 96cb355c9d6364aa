import ArgumentParser
import Foundation
import Routing
import Testing

@testable import pointsman

@Suite struct SimulateCommandTests {
  static let scenario = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Simulations/cinematic-vs-product-shot.yaml").path

  /// Every file of a folder with its bytes.
  static func contents(_ folder: URL) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let file = folder.appending(path: path)
      guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
      contents[path] = try Data(contentsOf: file)
    }
    return contents
  }

  @Test("one thread and two write the same report, byte for byte, and never over another one unasked")
  func threads() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "simulate-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func simulate(_ name: String, threads: Int, _ more: String...) async throws -> [String: Data] {
      let out = folder.appending(path: name)
      var command = try SimulateCommand.parse(
        [
          Self.scenario, "--policies", "agentrank,lints,random,best_per_region", "--seeds", "3",
          "--decisions",
          "1200", "--threads", "\(threads)", "--json", "--out", out.path,
        ] + more)
      try await command.run()
      return try Self.contents(out)
    }
    let one = try await simulate("one", threads: 1)
    let two = try await simulate("two", threads: 2)
    #expect(Set(one.keys).isSuperset(of: ["index.html", "report.md", "result.json", "summary.csv"]))
    #expect(Set(one.keys) == Set(two.keys))
    for (path, bytes) in one { #expect(two[path] == bytes, "\(path)") }
    await #expect(throws: (any Error).self) { _ = try await simulate("one", threads: 1) }
    #expect(try await simulate("one", threads: 2, "--force") == one)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["one", "two"])
  }

  @Test(
    "what cannot be is said before anything runs",
    arguments: [
      (["--seeds", "0"], "--seeds"), (["--passes", "1", "--decisions", "5"], "not both"),
      (["--set", "half_life"], "KEY=VALUE"), (["--force"], "--out"),
      (["--cost-weight", "-1"], "--cost-weight"),
    ])
  func refuses(_ arguments: [String], _ word: String) {
    let error = #expect(throws: (any Error).self) {
      _ = try SimulateCommand.parse([Self.scenario] + arguments)
    }
    #expect(SimulateCommand.message(for: error!).contains(word))
  }

  @Test("a policy that does not exist, and a table for a world of its own, are refused by name")
  func wrongPolicy() async throws {
    var command = try SimulateCommand.parse([Self.scenario, "--policies", "agentrnak"])
    let policy = await #expect(throws: (any Error).self) { try await command.run() }
    #expect("\(policy!)".contains("did you mean 'agentrank'"))
    let table = try SimulateCommand.parse([Self.scenario, "--table", "x.jsonl"])
    let error = await #expect(throws: (any Error).self) { try await table.run() }
    #expect("\(error!)".contains("takes no table"))
  }
}
