import Foundation
public import Jobs
public import Routing
public import Serving
public import Wire

/// What every ``Adapter`` must do, as clauses that are run against each vendor's.
public struct AdapterContract: Sendable, CustomStringConvertible {
  /// An adapter with a vendor that answers it, and work that it can do.
  public struct Bench: Sendable {
    public var adapter: any Adapter
    public var candidate: Candidate
    public var capability: Capability
    /// Besides the prompt.
    public var input: [JSONValue.Member]
    /// Prompts at which the vendor fails, and as what.
    public var provocations: [(prompt: String, failure: FailureClass)]

    public init(
      _ adapter: any Adapter, _ candidate: Candidate, _ capability: Capability,
      input: [JSONValue.Member] = [], provocations: [(prompt: String, failure: FailureClass)] = []
    ) {
      self.adapter = adapter
      self.candidate = candidate
      self.capability = capability
      self.input = input
      self.provocations = provocations
    }

    func order(_ prompt: String = "a fox in the snow", token: String) throws -> WorkOrder {
      let input = try WorkInput(.object([.init("prompt", .string(prompt))] + input))
      return WorkOrder(
        capability: capability, model: candidate.model, input: input, token: token, limit: .seconds(20))
    }

    func work(_ job: VendorJob) -> VendorWork {
      VendorWork(capability: capability, model: candidate.model, job: job)
    }

    /// The end of an order, asked for until it is there.
    func end(_ prompt: String = "a fox in the snow", token: String) async throws -> VendorReport {
      switch try await adapter.submit(order(prompt, token: token)) {
      case .finished(let report, _): return report
      case .accepted(let job, _):
        var report = VendorReport(.queued)
        _ = try await eventually {
          report = try await adapter.status(of: work(job))
          switch report.status {
          case .queued, .running, .unrecognised: return false
          case .succeeded, .failed, .canceled, .expired: return true
          }
        }
        return report
      }
    }
  }

  public let name: String
  public let check: @Sendable (Bench) async throws -> Void

  public var description: String { name }

  init(_ name: String, _ check: @escaping @Sendable (Bench) async throws -> Void) {
    self.name = name
    self.check = check
  }

  public static let all = [
    AdapterContract("work that can be done has a contract and no fault, other work has no contract") {
      bench in
      let contract = bench.adapter.contract(for: bench.capability, model: bench.candidate.model)
      try expect(contract != nil)
      try expect(bench.adapter.obstacle(for: nil) == nil)
      let order = try bench.order(token: "a-0")
      let faults = bench.adapter.check(order, for: bench.candidate)
      try expect(faults == nil, "\(faults.map(\.description) ?? "")")
      try expect(bench.adapter.contract(for: .videoComposition, model: bench.candidate.model) == nil)
    },
    AdapterContract("what shapes the work and cannot be followed is a fault, not ignored") { bench in
      var order = try bench.order(token: "b-0")
      order.input = try WorkInput([
        "prompt": "a fox", "video_urls": ["https://files.example.com/a.mp4"],
      ])
      let faults = bench.adapter.check(order, for: bench.candidate)
      try expect(
        faults?.errors.contains { $0.pointer == "/video_urls" } == true, "\(String(describing: faults))")
    },
    AdapterContract("work ends with something, and its files can be fetched") { bench in
      let report = try await bench.end(token: "c-0")
      guard case .succeeded(let result) = report.status else {
        throw Violation(description: "it ended as \(report.status)")
      }
      try expect(!result.isEmpty)
      let store = MemoryArtefacts()
      for artefact in result.artefacts where !artefact.isCopied {
        let copy = try await store.receive(artefact) { descriptor throws(VendorFailure) in
          try await bench.adapter.download(artefact, to: descriptor)
        }
        try expect((copy.byteCount ?? 0) > 0)
      }
    },
    AdapterContract("one token is one job where the vendor honours tokens, however often it is submitted") {
      bench in
      let contract = bench.adapter.contract(for: bench.capability, model: bench.candidate.model)
      guard contract?.honoursToken == true else { return }
      let order = try bench.order(token: "d-0")
      guard case .accepted(let first, _) = try await bench.adapter.submit(order),
        case .accepted(let again, _) = try await bench.adapter.submit(order)
      else { throw Violation(description: "not accepted") }
      try expect(again, is: first)
      let found = await bench.adapter.reconcile(order, by: .token, since: Instant(microseconds: 0))
      try expect(found, is: .found(first))
      guard case .accepted(let other, _) = try await bench.adapter.submit(try bench.order(token: "d-1"))
      else { throw Violation(description: "not accepted") }
      try expect(other != first)
    },
    AdapterContract("a job that the vendor does not know is missing, and its model is not gone for it") {
      bench in
      let contract = bench.adapter.contract(for: bench.capability, model: bench.candidate.model)
      guard contract?.poll != nil else { return }
      do {
        let report = try await bench.adapter.status(of: bench.work(VendorJob(id: "no-such-job")))
        if case .failed = report.status { return }
        throw Violation(description: "it is said to be \(report.status)")
      } catch let failure as VendorFailure {
        try expect([404, 410].contains(failure.httpStatus), "\(failure)")
        try expect(failure.failureClass != .retired && failure.failureClass != .ambiguous, "\(failure)")
      }
    },
    AdapterContract("a stranger's webhook is refused, or taken for a hint at most") { bench in
      let call = WebhookCall(headers: [], body: Array(#"{"id": "j", "request_id": "j"}"#.utf8))
      let notice = try? await bench.adapter.verify(call, at: Instant(microseconds: 0))
      try expect(notice?.isSigned != true)
    },
    AdapterContract("each way to fail has its class, and a refusal leaves no doubt about the submission") {
      bench in
      for (number, provocation) in bench.provocations.enumerated() {
        let failure: VendorFailure
        do {
          let report = try await bench.end(provocation.prompt, token: "g-\(number)")
          guard case .failed(let found) = report.status else {
            throw Violation(description: "\(provocation.prompt) ended as \(report.status)")
          }
          failure = found
        } catch let thrown as VendorFailure {
          failure = thrown
          try expect(!failure.leavesSubmissionUnknown, "\(failure)")
        }
        try expect(failure.failureClass == provocation.failure, "\(provocation.prompt): \(failure)")
        try expect(!failure.message.isEmpty)
      }
    },
  ]
}
