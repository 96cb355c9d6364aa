import Foundation

/// moto's S3 on the loopback, as `Tests/VendorStreetTests/Scripts/packages.sh` installs it. It ends with the object, or
/// with the process of the tests, however that ends.
public final class MotoServer: Sendable {
  public let address: String
  private let process = Process()
  private let input = Pipe()

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let scripts = root.appending(path: "Tests/VendorStreetTests/Scripts")
  private static let packages = root.appending(path: ".cache/street-venv")

  public static var isReady: Bool {
    guard let wanted = try? Data(contentsOf: scripts.appending(path: "requirements.txt")) else {
      return false
    }
    return wanted == (try? Data(contentsOf: packages.appending(path: "requirements.txt")))
  }

  /// One for all tests: it takes seconds to start. Each test has a prefix of its own.
  public static let shared = Result { try MotoServer() }

  public struct NotStarted: Error {}

  init() throws {
    process.executableURL = MotoServer.packages.appending(path: "bin/python")
    process.arguments = [MotoServer.scripts.appending(path: "moto_s3.py").path]
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let bytes = output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw NotStarted() }
      line += String(decoding: bytes, as: UTF8.self)
    }
    address = line.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit { try? input.fileHandleForWriting.close() }
}
