import Declarations
import Foundation
import Jobs
import Routing
import Testing
import Wire

@testable import Adapters

/// The declared vendors of `data/vendors`, and what is said of a file that is wrong.
@Suite("Vendor files")
struct VendorFilesTests {
  @Test("every shipped file is right, and called like its vendor")
  func shipped() throws {
    let declarations = try AdapterShelf.declarations(inFolder: Samples.vendors)
    #expect(declarations.map(\.vendor).contains("fal"))
    for declaration in declarations {
      #expect(FileManager.default.fileExists(atPath: "\(Samples.vendors)/\(declaration.vendor).yaml"))
    }
  }

  static let good = """
    version: 1
    vendor: acme
    credential: ACME_KEY
    bases: {api: https://api.acme.example/v1}
    hosts: [cdn.acme.example]
    headers: {Authorization: "Bearer {credential}"}
    operations:
      - name: film
        capabilities: [text_to_video]
        submit:
          url: "{api}/films"
          fields:
            text: {from: prompt, required: true}
            seconds: {from: duration_s, one_of: [4, 8]}
        answer:
          id: /id
          state: /state
          states: {running: [busy], succeeded: [done], failed: [broken]}
          urls: /film/url
        status: {url: "{api}/films/{id}"}

    """

  func errors(replacing old: String, with new: String) -> [String] {
    #expect(Self.good.contains(old))
    do {
      _ = try VendorFile.parse(Self.good.replacingOccurrences(of: old, with: new), file: "v.yaml")
      return []
    } catch {
      return error.errors.map(\.description)
    }
  }

  @Test("a fresh vendor is one file")
  func freshVendor() throws {
    let declaration = try VendorFile.parse(Self.good, file: "v.yaml")
    let interpreter = VendorInterpreter(declaration, for: Provider(id: "acme", name: "Acme"))
    let order = try Samples.order(.textToVideo, "reel-2", ["prompt": "a fjord", "duration_s": 8])
    let operation = try #require(declaration.operation(for: .textToVideo, model: "reel-2"))
    let call = try interpreter.call(
      operation.submit,
      VendorInterpreter.Filling(order: OrderValues(order: order, now: Samples.now), credential: "k"))
    #expect(call.url == "https://api.acme.example/v1/films")
    #expect(call.headers == [CallDescription.Header(name: "Authorization", value: "Bearer k")])
    #expect(try Samples.body(call) == ["text": "a fjord", "seconds": 8])
    let reading = try interpreter.submitted(
      Samples.json(#"{"id": "f1", "state": "busy"}"#), operation, at: Samples.now)
    #expect(reading.job == VendorJob(id: "f1"))
    #expect(reading.state == .running(progress: nil))
    let done = try interpreter.seen(
      Samples.json(#"{"id": "f1", "state": "done", "film": {"url": "https://cdn.acme.example/f1.mp4"}}"#),
      operation, at: Samples.now)
    #expect(done.state == .succeeded(Output(files: [.address("https://cdn.acme.example/f1.mp4")])))
  }

  static let faults: [(old: String, new: String, error: String)] = [
    ("version: 1", "version: 2", "v.yaml:1: 'version' in vendor must be an integer from 1 to 1, got '2'"),
    (
      "credential: ACME_KEY", "credential: sk-123",
      "v.yaml:3: 'credential' in vendor must be the name of an environment variable in capital letters, never a secret, got 'sk-123'"
    ),
    (
      "api: https://", "api: ftp://",
      "v.yaml:4: 'api' in bases must be an https URL, or an http one of a local service, got 'ftp://api.acme.example/v1'"
    ),
    (
      "hosts: [cdn.acme.example]", "hosts: [\"https://cdn.acme.example\"]",
      "v.yaml:5: an element of 'hosts' must be a host such as cdn.example.com or *.example.com, got 'https://cdn.acme.example'"
    ),
    (
      "Bearer {credential}", "Bearer {credentail}",
      "v.yaml:6: unknown place '{credentail}' in headers; did you mean '{credential}'?"
    ),
    (
      "{api}/films\"\n", "{api/films\"\n",
      "v.yaml:11: '{api/films' in submit has a brace without a partner or without a name"
    ),
    (
      "text_to_video", "text_to_vide",
      "v.yaml:9: unknown capability 'text_to_vide' in operation; did you mean 'text_to_video'?"
    ),
    (
      "from: prompt", "from: promt",
      "v.yaml:13: 'from' in field must be one of "
        + OrderValues.names.joined(separator: ", ") + ", got 'promt'; did you mean 'prompt'?"
    ),
    ("one_of: [4, 8]", "one_of: []", "v.yaml:14: 'one_of' in field must be a list of words or numbers"),
    (
      "id: /id", "id: id",
      "v.yaml:16: 'id' in answer must be a JSON pointer such as /data/0/url, or a list of them, got \"id\""
    ),
    (
      "succeeded: [done]", "succeded: [done]",
      "v.yaml:18: unknown key 'succeded' in states; allowed: queued, running, succeeded, failed, moderated, canceled, expired; did you mean 'succeeded'?"
    ),
    ("failed: [broken]", "failed: [done]", "v.yaml:18: the state 'done' stands twice in states"),
    (
      "    status: {url: \"{api}/films/{id}\"}\n", "",
      "v.yaml:8: operation 'film' needs a status call, or 'immediate: true' when its answer is the finished work"
    ),
    (
      "urls: /film/url", "cost: /cost",
      "v.yaml:8: operation 'film' says nowhere what the work is: its answer needs urls, base64, text, vectors or body"
    ),
    (
      "vendor: acme", "vendor: acme\nwebhook: {scheme: hmac_hex, id: /id}",
      "v.yaml:3: 'scheme' in webhook hmac_hex needs 'secrets', the environment variables that hold them"
    ),
    (
      "vendor: acme", "vendor: acme\nfailures: {rules: [{class: ambiguous, status: 500}]}",
      "v.yaml:3: 'class' in rule must be one of caller_error, moderated, auth_credit, rate_concurrency, transient, bad_output, retired, unknown, got 'ambiguous'"
    ),
  ]

  @Test("a fault is named with its line and what would be right", arguments: 0..<16)
  func fault(number: Int) {
    let fault = Self.faults[number]
    let errors = errors(replacing: fault.old, with: fault.new)
    #expect(errors.contains(fault.error), "\(errors.joined(separator: "\n"))")
  }

  @Test(
    "a pattern stands for a whole text",
    arguments: [
      ("*", "", true), ("*", "a/b", true), ("SAFETY.*", "SAFETY.INPUT.TEXT", true),
      ("SAFETY.*", "xSAFETY.A", false),
      ("*:*", "owner/name", false), ("*:*", "o/n:1", true), ("a*b*c", "a-b-b-c", true),
      ("a*b*c", "acb", false),
      ("ab*ba", "aba", false), ("plain", "plain", true), ("*-transcribe*", "gpt-4o-transcribe", true),
    ])
  func globs(pattern: String, text: String, matches: Bool) {
    #expect(Glob(pattern).matches(text) == matches)
  }

  @Test("a template fills URLs without letting a value climb out of its place")
  func templates() throws {
    let template = try #require(Template("{api}/models/{model}/jobs/{id}"))
    let values: [String: Template.Value] = [
      "api": .address("https://h/v1"), "model": .path("owner/../n b"), "id": .word("a/b?c#d%é"),
    ]
    #expect(
      template.filled(for: .url) { values[$0] }
        == "https://h/v1/models/owner/%2E%2E/n%20b/jobs/a%2Fb%3Fc%23d%25%C3%A9")
    #expect(template.filled(for: .url) { $0 == "id" ? nil : values[$0] } == nil)
    #expect(Template("{a") == nil)
    #expect(Template("a}") == nil)
    #expect(Template("{}") == nil)
  }
}
