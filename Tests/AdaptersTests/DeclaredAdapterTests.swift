import Foundation
import Glibc
import Jobs
import Routing
import Serving
import Testing
import Transport
import Wire

@testable import Adapters

/// The shell: real calls over the loopback to a vendor that says what a test wants.
@Suite("Declared adapters over HTTP")
struct DeclaredAdapterTests {
  let store = ShelfStore()

  @Test("fal from submission to result, by the addresses that it gives")
  func falWhole() async throws {
    let vendor = try LoopbackVendor { call in
      switch (call.method, call.target) {
      case ("POST", _):
        .json(
          #"{"request_id": "r1", "status": "IN_QUEUE", "status_url": "/fal-ai/flux/requests/r1/status", "response_url": "/fal-ai/flux/requests/r1"}"#
        )
      case (_, "/fal-ai/flux/requests/r1/status"): .json(#"{"status": "COMPLETED"}"#)
      case (_, "/fal-ai/flux/requests/r1"): .json(#"{"images": [{"url": "/files/a.png"}]}"#)
      case (_, "/files/a.png"): LoopbackVendor.Reply(headers: ["Content-Type": "image/png"], body: [1, 2, 3])
      default: LoopbackVendor.Reply(status: 404)
      }
    }
    let adapter = try Loopback.adapter("fal", at: vendor.url, store: store)
    let order = try Samples.order(
      .imageGeneration, "fal-ai/flux/dev", ["prompt": "a fjord"], webhook: "https://me.example/w")
    guard case .accepted(let job, _) = try await adapter.submit(order) else {
      Issue.record("not accepted")
      return
    }
    let submission = try #require(vendor.calls.first)
    #expect(submission.target == "/fal-ai/flux/dev?fal_webhook=https%3A%2F%2Fme.example%2Fw")
    #expect(submission.headers["authorization"] == "Key sk-secret-1")
    #expect(submission.headers["content-type"] == "application/json")
    #expect(try JSONValue.parse(submission.body) == ["prompt": "a fjord"])
    let work = VendorWork(capability: .imageGeneration, model: "fal-ai/flux/dev", job: job)
    let report = try await adapter.status(of: work)
    guard case .succeeded(let result) = report.status, let artefact = result.artefacts.first else {
      Issue.record("\(report)")
      return
    }
    #expect(artefact.url == vendor.url + "/files/a.png")
    #expect(artefact.expires == Samples.now + .hours(24))
    let path = FileManager.default.temporaryDirectory.appending(path: "adapters-\(UUID()).png").path
    let descriptor = open(path, O_CREAT | O_RDWR, 0o600)
    defer {
      Glibc.close(descriptor)
      unlink(path)
    }
    let copy = try await adapter.download(artefact, to: descriptor)
    #expect(copy.contentType == "image/png" && copy.byteCount == 3)
    #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
  }

  @Test("a submission whose answer is lost is never called refused; a vendor that cannot be reached is")
  func lost() async throws {
    let order = try Samples.order(.imageGeneration, "fal-ai/flux/dev", ["prompt": "x"])
    let silent = try LoopbackVendor { _ in LoopbackVendor.Reply(isLost: true) }
    let toSilence = try Loopback.adapter("fal", at: silent.url, store: store)
    let toNobody = try Loopback.adapter("fal", at: "http://127.0.0.1:1", store: store)
    let lost = await Loopback.failed { () async throws(VendorFailure) in
      _ = try await toSilence.submit(order)
    }
    #expect(lost?.failureClass == .ambiguous)
    #expect(lost?.leavesSubmissionUnknown == true)
    #expect(silent.calls.count == 1)
    // Port 1 has no server: no connection, so nothing was sent.
    let nobody = await Loopback.failed { () async throws(VendorFailure) in
      _ = try await toNobody.submit(order)
    }
    #expect(nobody?.failureClass == .transient)
    #expect(nobody?.leavesSubmissionUnknown == false)
  }

  @Test("a missing credential is named and nothing is called")
  func missingCredential() async throws {
    let vendor = try LoopbackVendor { _ in .json("{}") }
    let adapter = try Loopback.adapter("openai", at: vendor.url, key: nil, store: store)
    #expect(adapter.obstacle(for: nil) == .missingCredential(provider: "openai", variable: "OPENAI_API_KEY"))
    let order = try Samples.order(.textGeneration, "m", ["prompt": "x"])
    let failure = await Loopback.failed { () async throws(VendorFailure) in
      _ = try await adapter.submit(order)
    }
    #expect(failure?.failureClass == .authCredit)
    #expect(failure?.message.contains("OPENAI_API_KEY") == true)
    #expect(vendor.calls.isEmpty)
  }

  @Test("a provider paid by its callers gets the caller's credential, and not ours")
  func forwarded() async throws {
    let vendor = try LoopbackVendor { _ in .json(#"{"choices": [{"message": {"content": "Hi"}}]}"#) }
    let adapter = try Loopback.adapter("openai", at: vendor.url, payment: .forwarded, store: store)
    #expect(adapter.obstacle(for: nil) == .noForwardedCredential(provider: "openai"))
    var order = try Samples.order(.textGeneration, "m", ["prompt": "x"])
    order.credential = CallerCredential("sk-caller")
    _ = try await adapter.submit(order)
    #expect(vendor.calls.map { $0.headers["authorization"] } == ["Bearer sk-caller"])
    #expect("\(order)".contains("sk-caller") == false)
  }

  @Test("a credential that the vendor repeats is not repeated by us")
  func redacted() async throws {
    let vendor = try LoopbackVendor { _ in
      .json(#"{"error": {"message": "Incorrect API key provided: sk-secret-1."}}"#, status: 401)
    }
    let adapter = try Loopback.adapter("openai", at: vendor.url, store: store)
    let failure = await Loopback.failed { () async throws(VendorFailure) in
      _ = try await adapter.submit(try! Samples.order(.textGeneration, "m", ["prompt": "x"]))
    }
    #expect(failure?.message == "Incorrect API key provided: [credential].")
    #expect(await adapter.health()?.failureClass == .authCredit)
  }

  @Test("a file inside the answer is kept, and not lost when the store is full")
  func kept() async throws {
    let vendor = try LoopbackVendor { call in
      LoopbackVendor.Reply(headers: ["Content-Type": "audio/mpeg"], body: [9, 9])
    }
    let order = try Samples.order(.textToSpeech, "tts-1", ["prompt": "Hi"])
    func made(_ adapter: DeclaredAdapter) async throws -> Artefact? {
      guard case .finished(let report, _) = try await adapter.submit(order),
        case .succeeded(let result) = report.status
      else { return nil }
      return result.artefacts.first
    }
    let kept = try await made(try Loopback.adapter("openai", at: vendor.url, store: store))
    #expect(kept?.isCopied == true && kept?.contentType == "audio/mpeg")
    #expect(store.kept.map(\.bytes) == [[9, 9]])
    let inline = try await made(try Loopback.adapter("openai", at: vendor.url, store: FullStore()))
    #expect(inline?.url == "data:audio/mpeg;base64,CQk=" && inline?.isCopied == false)
  }

  @Test("a form carries the recording that a data URL holds")
  func form() async throws {
    let vendor = try LoopbackVendor { _ in .json(#"{"text": "hello"}"#) }
    let order = try Samples.order(
      .speechToText, "whisper-1", ["audio_url": "data:audio/wav;base64,UklGRg=="])
    guard
      case .finished(let report, _) = try await Loopback.adapter("openai", at: vendor.url, store: store)
        .submit(order)
    else {
      Issue.record("not finished")
      return
    }
    #expect(report.status == .succeeded(JobResult(text: "hello")))
    let call = try #require(vendor.calls.first)
    #expect(call.headers["content-type"] == "multipart/form-data; boundary=pointsman-form-0")
    let body = String(decoding: call.body, as: UTF8.self)
    #expect(body.contains("name=\"file\"; filename=\"file.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n"))
  }

  @Test("an input file on a private address is not fetched, and the vendor not called")
  func privateInput() async throws {
    let vendor = try LoopbackVendor { _ in .json(#"{"text": "hello"}"#) }
    let order = try Samples.order(.speechToText, "whisper-1", ["audio_url": .string(vendor.url + "/a.wav")])
    let adapter = try Loopback.adapter("openai", at: vendor.url, store: store)
    let failure = await Loopback.failed { () async throws(VendorFailure) in
      _ = try await adapter.submit(order)
    }
    #expect(failure?.failureClass == .callerError)
    #expect(vendor.calls.isEmpty)
  }

  @Test("a streamed chat comes in pieces and ends with its tokens")
  func streamed() async throws {
    let events = [
      #"{"choices": [{"delta": {"content": "Hel"}}]}"#, #"{"choices": [{"delta": {"content": "lo"}}]}"#,
      #"{"choices": [{"delta": {}, "finish_reason": "stop"}]}"#,
      #"{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}"#, "[DONE]",
    ]
    let vendor = try LoopbackVendor { call in
      let isWhole = !call.target.contains("/cut")
      let shown = isWhole ? events[...] : events[..<2]
      return LoopbackVendor.Reply(
        headers: ["Content-Type": "text/event-stream"],
        body: Array(shown.map { "data: \($0)\n\n" }.joined().utf8))
    }
    let order = try Samples.order(.textGeneration, "m", ["prompt": "x"])
    var deltas: [TextDelta] = []
    for try await delta in try await Loopback.adapter("openai", at: vendor.url, store: store).stream(order) {
      deltas.append(delta)
    }
    #expect(deltas.map(\.text).joined() == "Hello")
    #expect(deltas.compactMap(\.finish) == ["stop"])
    #expect(deltas.last?.usage == TokenUsage(input: 3, output: 2))
    let body = try JSONValue.parse(try #require(vendor.calls.first).body)
    #expect(body["stream"] == true && body["stream_options"] == ["include_usage": true])
    var text = ""
    await #expect(throws: VendorFailure.self) {
      for try await delta in try await Loopback.adapter("openai", at: vendor.url + "/cut", store: store)
        .stream(order)
      {
        text += delta.text
      }
    }
    #expect(text == "Hello")
  }
}
