import Foundation
import Jobs
import Routing
import Serving
import Testing
import Wire

@testable import Adapters

/// Webhooks that PyPI's `standardwebhooks` signs now, bent in every part, and the verdicts of that package and of
/// `openai` on each: ours must be the same.
@Suite("Webhooks that the published packages sign")
struct WebhookVectorTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let python = root.appending(path: ".cache/street-venv/bin/python")
  static let isReady = (try? run(["-c", "import standardwebhooks, openai"]).status) == 0

  private static func run(_ arguments: [String]) throws -> (status: Int32, output: [UInt8]) {
    let process = Process()
    process.executableURL = python
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, [UInt8](output))
  }

  @Test(
    "Our verdict is theirs, on what is good and on what is bent",
    .enabled(
      if: isReady,
      "run Tests/VendorStreetTests/Scripts/packages.sh, which installs them or says what is missing"))
  func verdicts() throws {
    let script = Self.root.appending(path: "Tests/VendorStreetTests/Scripts/webhook_vectors.py")
    let (status, output) = try Self.run([script.path])
    try #require(status == 0)
    var counts = (good: 0, bad: 0)
    for line in output.split(separator: UInt8(ascii: "\n")) {
      let vector = try JSONValue.parse(Array(line))
      let now = Instant(microseconds: try #require(vector["now"]?.integerValue) * 1_000_000)
      let body = try #require(vector["body"]?.stringValue.flatMap { Data(base64Encoded: $0) })
      let call = WebhookCall(
        headers: vector["headers"]?.members?.compactMap { member in
          member.value.stringValue.map { .init(member.name, $0) }
        } ?? [], body: [UInt8](body))
      let isGood =
        (try? WebhookSeal(shape: WebhookTests.standard, now: now).verify(
          call, secrets: [try #require(vector["secret"]?.stringValue)])) != nil
      #expect(vector["verdicts"] == [.bool(isGood), .bool(isGood)], "\(vector)")
      if isGood { counts.good += 1 } else { counts.bad += 1 }
    }
    // Of forty the ones within five minutes, as they were sent; all that were bent are refused.
    #expect(counts.good > 10 && counts.good + counts.bad == 240)
  }
}
