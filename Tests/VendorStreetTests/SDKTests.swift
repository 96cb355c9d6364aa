import Foundation
import Testing

@testable import VendorStreet

/// Python with the vendors' own packages, as `Scripts/packages.sh` puts it into `.cache/street-venv`.
enum VendorPackages {
  static let scripts = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scripts")
  static let folder = scripts.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: ".cache/street-venv")

  /// Whether what is installed is what the requirements say.
  static var areReady: Bool {
    guard let wanted = try? Data(contentsOf: scripts.appending(path: "requirements.txt")),
      let installed = try? Data(contentsOf: folder.appending(path: "requirements.txt"))
    else { return false }
    return wanted == installed
  }

  /// The exit code of a script and what it wrote.
  static func run(_ script: String, _ root: String) async throws -> (Int32, String) {
    let process = Process()
    process.executableURL = folder.appending(path: "bin/python")
    process.arguments = [scripts.appending(path: script).path, root]
    process.environment = ProcessInfo.processInfo.environment.merging([
      "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
    ]) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    // A thread of its own: reading blocks, and the street needs the shared ones.
    let output = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile())
      }
    }
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// The street is honest when the vendors' own packages from PyPI work against it, unmodified.
@Suite(
  "The vendors' own packages",
  .enabled(
    if: VendorPackages.areReady,
    "run Tests/VendorStreetTests/Scripts/packages.sh, which installs them or says what is missing"),
  .serialized)
struct SDKTests {
  @Test(
    "A script with the package runs through", .timeLimit(.minutes(5)),
    arguments: [
      "openai_sdk.py", "fal_sdk.py", "replicate_sdk.py", "runway_sdk.py", "luma_sdk.py", "together_sdk.py",
      "google_sdk.py", "bedrock_sdk.py",
    ])
  func script(name: String) async throws {
    // Long enough for an answer to a submission to tell of a job that waits.
    try await OpenStreet.run(queue: .milliseconds(50), run: .milliseconds(50)) { open in
      let (status, output) = try await VendorPackages.run(name, open.root)
      #expect(status == 0 && output.hasSuffix("ok\n"), "\(name):\n\(output)")
    }
  }
}
