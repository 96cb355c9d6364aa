import Declarations
import Foundation
import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// Veo on Vertex as its file declares it, and the parts of the format that it brought.
@Suite("Vertex")
struct VertexTests {
  func interpreter(_ variables: [String: String] = ["project": "p 1"]) throws -> VendorInterpreter {
    VendorInterpreter(
      try Samples.declaration("vertex"), for: Provider(id: "vertex", name: "Vertex"), variables: variables)
  }

  func operation(_ interpreter: VendorInterpreter) throws -> VendorOperation {
    try #require(interpreter.declaration.operation(for: .textToVideo, model: "veo-3.1-generate-001"))
  }

  static let path =
    "https://us-central1-aiplatform.googleapis.com/v1/projects/p%201/locations/us-central1/publishers/google/models/"

  @Test("A film is ordered under the account's project and asked for by POST")
  func calls() throws {
    let interpreter = try interpreter()
    let operation = try operation(interpreter)
    let order = try Samples.order(
      .textToVideo, "veo-3.1-generate-001",
      [
        "prompt": "a fjord", "width": 1280, "height": 720, "seed": 7,
        "vendor": ["storageUri": "gs://films/in", "generateAudio": false],
      ])
    let call = try interpreter.call(
      operation.submit, .init(order: OrderValues(order: order, now: Samples.now), credential: "ya29.t"))
    #expect(call.url == Self.path + "veo-3.1-generate-001:predictLongRunning")
    #expect(call.headers == [CallDescription.Header(name: "Authorization", value: "Bearer ya29.t")])
    #expect(
      try Samples.body(call) == [
        "instances": [["prompt": "a fjord"]],
        "parameters": [
          "aspectRatio": "16:9", "durationSeconds": 8, "seed": 7, "storageUri": "gs://films/in",
          "generateAudio": false, "sampleCount": 1,
        ],
      ])
    let name = "projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/1"
    let status = try interpreter.call(
      try #require(operation.status),
      .init(job: VendorJob(id: name), model: "veo-3.1-generate-001", credential: "ya29.t"))
    #expect(status.method == "POST")
    #expect(status.url == Self.path + "veo-3.1-generate-001:fetchPredictOperation")
    #expect(try Samples.body(status) == ["operationName": .string(name)])
  }

  @Test("An operation's state is told by what stands in it")
  func states() throws {
    let interpreter = try interpreter()
    let operation = try operation(interpreter)
    func seen(_ body: String) throws -> Reading.State {
      try interpreter.seen(Samples.json(body), operation, at: Samples.now).state
    }
    func failureClass(_ body: String) throws -> FailureClass? {
      if case .failed(let failure) = try seen(body) { failure.failureClass } else { nil }
    }
    #expect(try seen(#"{"name": "o/1"}"#) == .running(progress: nil))
    #expect(
      try seen(
        #"{"name": "o/1", "done": true, "response": {"videos": [{"bytesBase64Encoded": "AQI=", "mimeType": "video/mp4"}]}}"#
      ) == .succeeded(Output(files: [.inline([1, 2], contentType: "video/mp4")], contentType: "video/mp4")))
    #expect(
      try seen(
        #"{"name": "o/1", "done": true, "response": {"videos": [{"gcsUri": "gs://films/in a/1/sample_0.mp4"}]}}"#
      )
        == .succeeded(
          Output(
            files: [.address("https://storage.googleapis.com/films/in%20a/1/sample_0.mp4")],
            contentType: "video/mp4")))
    #expect(
      try failureClass(
        #"{"name": "o", "done": true, "response": {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["Support codes: 1"]}}"#
      ) == .moderated)
    #expect(
      try failureClass(#"{"name": "o", "done": true, "response": {"raiMediaFilteredCount": 0}}"#)
        == .badOutput)
    for (code, kind) in [
      (3, FailureClass.callerError), (7, .authCredit), (8, .rateConcurrency), (13, .transient),
      (14, .transient),
      (9, .unknown),
    ] {
      #expect(
        try failureClass(#"{"name": "o", "done": true, "error": {"code": \#(code), "message": "m"}}"#)
          == kind,
        "\(code)")
    }
    #expect(
      try failureClass(
        #"{"name": "o", "done": true, "error": {"code": 3, "message": "The prompt violates our usage guidelines"}}"#
      ) == .moderated)
  }

  @Test(
    "Refusals of the call itself",
    arguments: [
      (401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", FailureClass.authCredit),
      (403, "PERMISSION_DENIED", "Permission denied", .authCredit),
      (429, "RESOURCE_EXHAUSTED", "Quota exceeded", .rateConcurrency),
      (400, "INVALID_ARGUMENT", "durationSeconds", .callerError),
      (404, "NOT_FOUND", "Publisher Model `veo-2.0-generate-001` is no longer available.", .retired),
      (404, "NOT_FOUND", "Publisher Model was not found.", .callerError),
      (503, "UNAVAILABLE", "x", .transient),
    ])
  func refusals(status: Int, code: String, message: String, kind: FailureClass) throws {
    let answer = Samples.json(
      #"{"error": {"code": \#(status), "message": "\#(message)", "status": "\#(code)"}}"#, status: status)
    let failure = try interpreter().failure(answer, at: Samples.now)
    #expect(failure.failureClass == kind && failure.vendorCode == code)
  }

  @Test("Without a project the provider is skipped, and the variable is named")
  func missing() throws {
    func obstacle(_ environment: [String: String]) throws -> AdapterObstacle? {
      DeclaredAdapter(
        try Samples.declaration("vertex"), for: Provider(id: "vertex", name: "Vertex"),
        AdapterContext(
          transport: try HTTPTransport(), store: ShelfStore(), clock: FixedClock(),
          variable: { environment[$0] }, receivesWebhooks: false)
      ).obstacle(for: nil)
    }
    #expect(
      try obstacle(["GOOGLE_CLOUD_PROJECT": "p"])
        == .missingCredential(provider: "vertex", variable: "GOOGLE_OAUTH_ACCESS_TOKEN"))
    #expect(
      try obstacle(["GOOGLE_OAUTH_ACCESS_TOKEN": "t"])
        == .missingCredential(provider: "vertex", variable: "GOOGLE_CLOUD_PROJECT"))
    #expect(try obstacle(["GOOGLE_OAUTH_ACCESS_TOKEN": "t", "GOOGLE_CLOUD_PROJECT": "p"]) == nil)
  }

  @Test("A number in a place makes an array where there is nothing, and stays a name in an object")
  func arrays() throws {
    func put(_ path: String, _ value: JSONValue, into json: JSONValue) throws -> JSONValue {
      try #require(JSONPath(path)).putting(value, into: json)
    }
    let one = try put("/instances/0/prompt", "a", into: [:])
    #expect(one == ["instances": [["prompt": "a"]]])
    #expect(try put("/instances/0/seed", 1, into: one) == ["instances": [["prompt": "a", "seed": 1]]])
    #expect(
      try put("/instances/1/prompt", "b", into: one) == ["instances": [["prompt": "a"], ["prompt": "b"]]])
    #expect(try put("/sizes/0", 3, into: ["sizes": ["small": 1]]) == ["sizes": ["small": 1, "0": 3]])
  }

  @Test("A sign or a variable that is wrong is named with its line")
  func faults() throws {
    func errors(_ old: String, _ new: String) -> [String] {
      #expect(VendorFilesTests.good.contains(old))
      do {
        _ = try VendorFile.parse(
          VendorFilesTests.good.replacingOccurrences(of: old, with: new), file: "v.yaml")
        return []
      } catch {
        return error.errors.map(\.description)
      }
    }
    #expect(
      errors("state: /state\n", "signs: [{at: /e, state: broken}]\n").contains {
        $0.hasPrefix("v.yaml:17: 'state' in sign must be one of queued, running, succeeded, failed")
      })
    #expect(
      errors(
        "      state: /state\n      states: {running: [busy], succeeded: [done], failed: [broken]}\n", ""
      ).count == 1)
    #expect(
      errors("vendor: acme", "vendor: acme\nvariables: {project: my-project}") == [
        "v.yaml:3: 'project' in variables must be the name of an environment variable in capital letters, never a"
          + " secret, got 'my-project'"
      ])
    #expect(errors("vendor: acme", "vendor: acme\nvariables: {project: {default: x}}").count >= 1)
    #expect(
      errors("{api}/films\"\n", "{api}/{projekt}/films\"\n").first?.contains("unknown place '{projekt}'")
        == true)
  }
}
