import Foundation
import Testing

/// The import table of the house, held against the import lines: a row may import only what it lists.
///
/// SwiftPM does not guard the graph by itself: an undeclared import of a transitive target builds clean.
@Suite("The house")
struct HouseTests {
  /// Modules of this package and of others that a target may import. Foundation and the like are named too.
  static let table: [String: Set<String>] = [
    "Statistics": ["RealModule"],
    "Vectors": ["COpenBLAS", "Synchronization"],
    "Wire": [],
    "Routing": ["Statistics", "Vectors", "Synchronization"],
    "Evaluation": ["Statistics"],
    "Jobs": ["Routing", "Statistics", "Wire"],
    "Unified": ["Jobs", "Routing", "Wire"],
    "Recipes": ["Jobs", "Routing", "Wire"],
    "Credits": ["Jobs", "Routing"],
    "Transport": ["CCurl", "Crypto", "Dispatch", "Glibc", "Synchronization"],
    "Reporting": ["Statistics", "Wire", "Foundation"],
    "Composition": ["Wire"],
    "Compositor": [
      "CSpawn", "Composition", "Transport", "Wire", "Hummingbird", "HTTPTypes", "NIOCore", "Logging",
      "ServiceLifecycle",
      "Foundation", "Glibc", "Synchronization",
    ],
    "Embedding": ["Vectors", "Crypto", "Foundation", "Synchronization"],
    "Declarations": ["Routing", "Wire", "Yams", "Foundation"],
    "World": ["Routing", "Statistics", "Vectors"],
    "Experiments": [
      "Routing", "Statistics", "Vectors", "World", "Embedding", "Declarations", "Reporting", "Wire", "Crypto",
      "Foundation", "Synchronization",
    ],
    "Serving": [
      "Routing", "Statistics", "Vectors", "Embedding", "Jobs", "Credits", "Recipes", "Wire", "Crypto",
      "ServiceLifecycle",
      "Logging",
      "Foundation",
      "Dispatch",
      "Synchronization",
    ],
    "Adapters": [
      "Declarations", "Jobs", "Routing", "Serving", "Transport", "Wire", "Crypto", "Foundation",
    ],
    "Persistence": [
      "Credits", "Jobs", "Recipes", "Routing", "Vectors", "Serving", "Wire", "Crypto", "GRDB", "GRDBSQLite",
      "Foundation",
      "Synchronization",
    ],
    "VendorStreet": [
      "Declarations", "Wire", "Crypto", "Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOCore", "NIOHTTP1",
      "NIOPosix", "Logging", "ServiceLifecycle", "Foundation", "Synchronization",
    ],
    "API": [
      "Credits", "Jobs", "Recipes", "Routing", "Statistics", "Unified", "Vectors", "Embedding", "Serving",
      "Wire", "Crypto", "Hummingbird", "HummingbirdCore",
      "HTTPTypes", "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "Logging", "ServiceLifecycle",
      "Foundation", "Synchronization",
    ],
  ]

  /// Pure targets: no clock, no chance of their own, no input or output.
  static let pure = [
    "Statistics", "Vectors", "Wire", "Routing", "Evaluation", "Jobs", "Unified", "Recipes", "Credits",
    "Composition", "World",
  ]

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test("Every target imports only what its row allows", arguments: table.keys.sorted())
  func imports(target: String) throws {
    let allowed = try #require(HouseTests.table[target])
    for (file, lines) in try HouseTests.sources(of: target) {
      for line in lines {
        guard let module = HouseTests.importedModule(line) else { continue }
        #expect(allowed.contains(module), "\(file) imports \(module), which \(target) may not know")
      }
    }
  }

  @Test("Every target with sources has a row, but for the executables and the system's libraries")
  func everyTargetHasARow() throws {
    let folders = try ["Sources", "Simulations"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(
        at: HouseTests.root.appending(path: folder), includingPropertiesForKeys: [.isDirectoryKey]
      ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
    }.map(\.lastPathComponent)
    let known = Set(HouseTests.table.keys).union([
      "COpenBLAS", "CCurl", "CSpawn", "CurlReference", "Command", "Bench",
    ])
    #expect(Set(folders).subtracting(known) == [])
  }

  @Test("Pure targets ask neither clock nor chance", arguments: pure)
  func pureTargetsAreGivenTimeAndChance(target: String) throws {
    let banned = [
      "Date(", "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", "Task {", "Task.sleep",
      "print(",
      ".random(in: 0", "shuffled()", "randomElement()", "public actor ",
    ]
    for (file, lines) in try HouseTests.sources(of: target) {
      for line in lines where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
        for word in banned {
          #expect(!line.contains(word), "\(file): \(line.trimmingCharacters(in: .whitespaces))")
        }
      }
    }
  }

  /// The memory of asynchronous functions is aligned to 16 bytes; optimised ones (Swift 6.3.1) write past its end where a
  /// value wants more. Vectors in local variables of synchronous functions are fine.
  @Test("No type stores a vector of more than 16 bytes")
  func noWideVectorsStored() throws {
    let wide =
      /^  (?:public |private |package |fileprivate )?(?:private\(set\) )?(?:var|let) \w+(?:: | = )SIMD(?:4<U?Int64>|4<Double>|8<(?!U?Int8|U?Int16)|16<(?!U?Int8)|32|64)[^{]*$/
    for target in HouseTests.table.keys {
      for (file, lines) in try HouseTests.sources(of: target) {
        for line in lines { #expect(line.firstMatch(of: wide) == nil, "\(file): \(line)") }
      }
    }
    #expect("  public private(set) var words: SIMD4<UInt64>".firstMatch(of: wide) != nil)
    #expect("  var words: SIMD4<UInt64> { low }".firstMatch(of: wide) == nil)
    #expect("  private var low = SIMD2<UInt64>.zero".firstMatch(of: wide) == nil)
  }

  @Test("Nothing is called Manager, Helper or Utils")
  func noVagueNames() throws {
    for target in HouseTests.table.keys {
      for (file, lines) in try HouseTests.sources(of: target) {
        for line in lines where line.contains("struct ") || line.contains("class ") || line.contains("enum ")
        {
          #expect(
            !["Manager", "Helper", "Utils"].contains { line.contains($0) && !line.contains("//") },
            "\(file): \(line)")
        }
      }
    }
  }

  /// With all its properties set, an object is deinitialised even where its initializer throws: what was closed before
  /// the throw is closed twice, and the second time its number may be that of somebody else's socket.
  @Test("A descriptor that a deinit closes was opened as a local variable, and taken over from it")
  func descriptorsAreTakenOver() throws {
    let closing = /deinit \{[^}]*?[ .]close\((\w+)\)/
    var count = 0
    for folder in ["Sources", "Simulations", "Tests"] {
      for (file, lines) in try HouseTests.sources(in: HouseTests.root.appending(path: folder)) {
        let text = lines.joined(separator: "\n")
        for match in text.matches(of: closing) {
          count += 1
          let isTakenOver = text.contains("    self.\(match.1) = \(match.1)\n")
          #expect(
            isTakenOver,
            "\(file): open \(match.1) as a local variable, check it, then take it over")
        }
      }
    }
    #expect(count > 5, "the reader sees too few")
    #expect("deinit\u{20}{\n    free(a)\n    Glibc.close(b)\n  }".firstMatch(of: closing)?.1 == "b")
  }

  @Test("The house test itself sees an import where there is one")
  func theReaderOfImportsWorks() {
    #expect(HouseTests.importedModule("import Foundation") == "Foundation")
    #expect(HouseTests.importedModule("public import struct Foundation.Date") == "Foundation")
    #expect(HouseTests.importedModule("@testable import Routing") == "Routing")
    #expect(HouseTests.importedModule("// import Foundation") == nil)
    #expect(HouseTests.importedModule("let important = 1") == nil)
  }

  static func importedModule(_ line: String) -> String? {
    let words = line.split(separator: " ").map(String.init)
    guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
      words[..<place].allSatisfy({
        ["public", "internal", "private", "fileprivate", "package"].contains($0) || $0.hasPrefix("@")
      })
    else { return nil }
    let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    let name =
      kinds.contains(words[place + 1]) && place + 2 < words.count ? words[place + 2] : words[place + 1]
    return name.split(separator: ".").first.map(String.init)
  }

  static func sources(of target: String) throws -> [(file: String, lines: [String])] {
    let sources = try sources(
      in: root.appending(
        path: ["World", "Experiments"].contains(target) ? "Simulations/\(target)" : "Sources/\(target)"))
    try #require(!sources.isEmpty, "no sources in \(target)")
    return sources
  }

  static func sources(in folder: URL) throws -> [(file: String, lines: [String])] {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var sources: [(String, [String])] = []
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      sources.append((file.lastPathComponent, text.components(separatedBy: "\n")))
    }
    return sources
  }
}
