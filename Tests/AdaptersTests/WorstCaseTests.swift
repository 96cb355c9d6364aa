import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// What goes wrong at vendors without their saying so, at every declared vendor in its own words: recorded bodies, no
/// network. The same with whole jobs: the failover matrix.
@Suite("Worst cases of every vendor")
struct WorstCaseTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var vendor: String
    var capability: Capability
    var model = "m"
    /// An answer about the status; `WORD` and `REST` are filled in. Of vendors that answer at once the answer itself.
    var body: String
    /// The vendor's word for success.
    var success: String
    /// What follows with nothing in it, and with the address of somebody else's machine in it.
    var empty: String
    var foreign: String?
    var isImmediate = false
    /// The least time between two questions, and how long addresses last, as the vendor's documents say.
    var floor: Span?
    var lifetime: Span?

    var testDescription: String { "\(vendor) \(capability)" }

    func answer(_ word: String, _ rest: String) -> VendorAnswer {
      let words = body.split(separator: "WORD", omittingEmptySubsequences: false).joined(separator: word)
      return Samples.json(
        words.split(separator: "REST", omittingEmptySubsequences: false).joined(separator: rest))
    }
  }

  private static let inside = "http://169.254.169.254/latest"

  static let cases = [
    Case(
      vendor: "fal", capability: .imageGeneration, model: "fal-ai/flux/dev",
      body: #"{"request_id": "x", "status": "WORD", REST}"#, success: "COMPLETED", empty: #""images": []"#,
      foreign: #""images": [{"url": "\#(inside)"}]"#, floor: .milliseconds(500)),
    Case(
      vendor: "replicate", capability: .imageGeneration, model: "o/m",
      body: #"{"id": "x", "status": "WORD", REST}"#, success: "succeeded", empty: #""output": null"#,
      foreign: #""output": ["\#(inside)"]"#, floor: .milliseconds(500), lifetime: .hours(1)),
    Case(
      vendor: "runway", capability: .textToVideo, body: #"{"id": "x", "status": "WORD", REST}"#,
      success: "SUCCEEDED", empty: #""output": []"#, foreign: #""output": ["\#(inside)"]"#,
      floor: .seconds(5), lifetime: .hours(24)),
    Case(
      vendor: "luma", capability: .textToVideo, body: #"{"id": "x", "state": "WORD", REST}"#,
      success: "completed", empty: #""output": []"#, foreign: #""output": [{"url": "\#(inside)"}]"#,
      floor: .seconds(1), lifetime: .hours(1)),
    Case(
      vendor: "dreammachine", capability: .textToVideo, body: #"{"id": "x", "state": "WORD", REST}"#,
      success: "completed", empty: #""assets": null"#, foreign: #""assets": {"video": "\#(inside)"}"#,
      floor: .seconds(1)),
    Case(
      vendor: "bfl", capability: .imageGeneration, model: "flux-2-pro",
      body: #"{"id": "x", "status": "WORD", REST}"#, success: "Ready", empty: #""result": {}"#,
      foreign: #""result": {"sample": "\#(inside)"}"#, floor: .milliseconds(500), lifetime: .minutes(10)),
    Case(
      vendor: "openrouter", capability: .textToVideo, body: #"{"id": "x", "status": "WORD", REST}"#,
      success: "completed", empty: #""unsigned_urls": []"#, foreign: #""unsigned_urls": ["\#(inside)"]"#,
      floor: .seconds(10)),
    Case(
      vendor: "together", capability: .textToVideo, body: #"{"id": "x", "status": "WORD", REST}"#,
      success: "completed", empty: #""outputs": null"#, foreign: #""outputs": {"video_url": "\#(inside)"}"#,
      floor: .seconds(1)),
    Case(
      vendor: "google", capability: .textToVideo, body: #"{"id": "x", "status": "WORD", REST}"#,
      success: "completed", empty: #""steps": []"#, foreign: #""output_video": {"uri": "\#(inside)"}"#,
      floor: .seconds(1)),
    Case(
      vendor: "stability", capability: .superResolution, model: "stable-image/upscale/creative",
      body: #"{"id": "x", "finish_reason": "WORD", REST}"#, success: "SUCCESS", empty: #""image": """#,
      floor: .seconds(10)),
    Case(
      vendor: "stability", capability: .imageGeneration, model: "stable-image/generate/core",
      body: #"{"finish_reason": "WORD", REST}"#, success: "SUCCESS", empty: #""image": """#,
      isImmediate: true),
    Case(
      vendor: "openai", capability: .imageGeneration, body: #"{"created": 1, REST}"#, success: "",
      empty: #""data": []"#, foreign: #""data": [{"url": "\#(inside)"}]"#, isImmediate: true),
    Case(
      vendor: "openai", capability: .textGeneration, body: #"{"id": "x", REST}"#, success: "",
      empty: #""choices": [{"message": {"content": ""}, "finish_reason": "stop"}]"#, isImmediate: true),
    Case(
      vendor: "together", capability: .imageGeneration, body: #"{"id": "x", REST}"#, success: "",
      empty: #""data": []"#, foreign: #""data": [{"url": "\#(inside)"}]"#, isImmediate: true),
    Case(
      vendor: "openrouter", capability: .textGeneration, body: #"{"id": "x", REST}"#, success: "",
      empty: #""choices": [{"message": {"content": null}}]"#, isImmediate: true),
    Case(
      vendor: "google", capability: .textGeneration, body: #"{"id": "x", "status": "WORD", REST}"#,
      success: "completed", empty: #""steps": []"#, isImmediate: true),
  ]

  /// Vertex has no word for its states, and is looked at in `VertexTests`; services on one's own machine are no
  /// strangers.
  static let elsewhere: Set<String> = ["vertex", "ffmpeg", "chatterbox", "whisper"]

  @Test("No declared vendor is left out")
  func complete() throws {
    let declared = try AdapterShelf.declarations(inFolder: Samples.vendors).map(\.vendor)
    #expect(Set(declared).subtracting(Self.elsewhere) == Set(Self.cases.map(\.vendor)))
  }

  func parts(_ item: Case) throws -> (VendorInterpreter, VendorOperation) {
    let interpreter = try Samples.interpreter(item.vendor)
    let operation = interpreter.declaration.operation(for: item.capability, model: item.model)
    return (interpreter, try #require(operation))
  }

  /// The vendor's last word on a job, through whichever call brings it.
  func end(_ item: Case, _ answer: VendorAnswer) throws -> Reading.State {
    let (interpreter, operation) = try parts(item)
    if item.isImmediate { return try interpreter.submitted(answer, operation, at: Samples.now).state }
    if operation.result != nil {
      return try interpreter.fetched(answer, operation, isFailed: false, at: Samples.now).state
    }
    return try interpreter.seen(answer, operation, at: Samples.now).state
  }

  @Test(
    "A state that nobody has seen before is a job that goes on", arguments: cases.filter { !$0.isImmediate })
  func unknownState(item: Case) throws {
    let (interpreter, operation) = try parts(item)
    let reading = try interpreter.seen(
      item.answer("PONDERING_DEEPLY", item.empty), operation, at: Samples.now)
    #expect(reading.state == .unrecognised("PONDERING_DEEPLY"))
  }

  @Test("Success with nothing in it is bad output", arguments: cases)
  func empty(item: Case) throws {
    guard case .failed(let failure) = try end(item, item.answer(item.success, item.empty)) else {
      Issue.record("it did not fail")
      return
    }
    #expect(failure.failureClass == .badOutput && failure.cause == .found)
  }

  @Test("A result on somebody else's machine is never fetched", arguments: cases.filter { $0.foreign != nil })
  func foreign(item: Case) throws {
    let answer = item.answer(item.success, try #require(item.foreign))
    guard case .failed(let failure) = try end(item, answer) else {
      Issue.record("it did not fail")
      return
    }
    #expect(failure.failureClass == .unknown && failure.message.contains("does not allow"))
  }

  @Test("A page where JSON belongs leaves a submission open, and says nothing of a job", arguments: cases)
  func page(item: Case) throws {
    let (interpreter, operation) = try parts(item)
    let submitted = failure { () throws(VendorFailure) in
      _ = try interpreter.submitted(Samples.page(200), operation, at: Samples.now)
    }
    #expect(submitted?.failureClass == .ambiguous && submitted?.leavesSubmissionUnknown == true)
    guard !item.isImmediate else { return }
    let seen = failure { () throws(VendorFailure) in
      _ = try interpreter.seen(Samples.page(200), operation, at: Samples.now)
    }
    #expect(seen?.failureClass == .unknown)
    let gateway = failure { () throws(VendorFailure) in
      _ = try interpreter.seen(Samples.page(502), operation, at: Samples.now)
    }
    #expect(gateway?.failureClass == .transient && gateway?.message == "HTTP 502 with an HTML page")
  }

  @Test(
    "An acceptance without a name for the job leaves it open", arguments: cases.filter { !$0.isImmediate })
  func nameless(item: Case) throws {
    let (interpreter, operation) = try parts(item)
    let failure = failure { () throws(VendorFailure) in
      _ = try interpreter.submitted(Samples.json("{}"), operation, at: Samples.now)
    }
    #expect(failure?.failureClass == .ambiguous && failure?.leavesSubmissionUnknown == true)
  }

  @Test(
    "No vendor is asked more often than it allows, and its addresses count as gone when it says so",
    arguments: cases.filter { !$0.isImmediate })
  func manners(item: Case) throws {
    let (interpreter, operation) = try parts(item)
    let contract = interpreter.contract(of: operation, access: nil, receivesWebhooks: false)
    let floor = try #require(item.floor)
    #expect(try #require(contract.poll).floor >= floor)
    if let lifetime = item.lifetime {
      #expect(try #require(operation.answer.lifetime) <= lifetime)
    }
  }
}
