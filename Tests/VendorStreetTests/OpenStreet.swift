import Foundation
import Logging
import VendorStreet
import Testing
import Wire

/// A street that is open for one test, quick and quiet, and the calls that tests make on it.
struct OpenStreet: Sendable {
  let street: Street
  let root: String

  /// Longer than any test: a job that waits or runs so long is where it is for the test's purposes.
  static let ever = Duration.seconds(3_600)

  /// Jobs start at once and run 20 ms unless the test says otherwise, so that no test has to meet a state in
  /// time.
  static func run(
    _ yaml: String = "", queue: Duration = .zero, run: Duration = .milliseconds(20),
    change: (inout StreetSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (OpenStreet) async throws -> Void
  ) async throws {
    var settings = try yaml.isEmpty ? StreetSettings() : StreetFile.parse(yaml, file: "test.yaml")
    settings.queue = queue
    settings.run = run
    change(&settings)
    let street = Street(settings)
    var logger = Logger(label: "street")
    logger.logLevel = .critical
    try await street.whileOpen(logger: logger) { root in
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(OpenStreet(street: street, root: root)))
      } catch {
        result = .failure(error)
      }
      await letIn(root)
      try result.get()
    }
  }

  static let keys: [String: [String: String]] = [
    "openai": ["authorization": "Bearer sk-test"],
    "fal": ["authorization": "Key test"],
    "bfl": ["x-key": "test"],
    "google": ["x-goog-api-key": "test"],
    "runway": ["authorization": "Bearer test", "x-runway-version": "2024-11-06"],
  ]

  /// A call at a vendor, with a good key unless the test gives its own headers for it.
  func call(
    _ vendor: String, _ method: String, _ path: String, _ body: JSONValue? = nil,
    headers: [String: String] = [:], patience: Duration = .seconds(60)
  ) async throws -> RawAnswer {
    var all = OpenStreet.keys[vendor] ?? ["authorization": "Bearer test"]
    if body != nil { all["content-type"] = "application/json" }
    all.merge(headers) { $1 }
    return try await RawClient.call(
      root, method, "/\(vendor)\(path)", headers: all,
      body: body.map { String(decoding: $0.serialized(), as: UTF8.self) } ?? "", patience: patience)
  }

  /// A download of a URL that the street gave out.
  func fetch(_ url: String) async throws -> RawAnswer {
    try #require(url.hasPrefix(root), "\(url) is not of the street")
    return try await RawClient.call(root, "GET", String(url.dropFirst(root.count)))
  }

  /// Asks until `isDone`, every 10 ms, 3,000 times at most: what runs beside may take all processors for seconds.
  func poll(
    _ vendor: String, _ path: String, until isDone: (RawAnswer) -> Bool
  ) async throws -> [RawAnswer] {
    var answers: [RawAnswer] = []
    for _ in 0..<3_000 {
      answers.append(try await call(vendor, "GET", path))
      if answers.last.map(isDone) == true { return answers }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("\(vendor) \(path) did not come to an end")
    return answers
  }

  func journal() async throws -> JSONValue {
    try await RawClient.call(root, "GET", "/street/journal").json
  }
}

extension JSONValue {
  /// The value at a path of names and places, such as `"choices", 0, "delta"`.
  func at(_ path: any Step...) -> JSONValue? {
    var value: JSONValue? = self
    for step in path { value = value.flatMap { step.step(into: $0) } }
    return value
  }

  protocol Step { func step(into value: JSONValue) -> JSONValue? }
}

extension String: JSONValue.Step { func step(into value: JSONValue) -> JSONValue? { value[self] } }
extension Int: JSONValue.Step { func step(into value: JSONValue) -> JSONValue? { value[self] } }
