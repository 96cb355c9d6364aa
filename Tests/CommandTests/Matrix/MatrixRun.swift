import Foundation
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Wire

@testable import pointsman

/// Has a vendor struck by a fault and looks at what follows.
enum MatrixRun {
  /// Failures in a row that open a candidate's circuit.
  private static let enough = CircuitRules().failuresInARow

  static func cell(_ line: MatrixLine, _ fault: MatrixFault) async throws -> MatrixCell {
    let seen = Seen(MatrixCell(line: line, fault: fault))
    try await StreetWorld.open(plan(line, fault, hasSecond: true)) { world in
      try await world.serving { router in
        try await isKnownToRun(line, router)
        seen.cell = try await withSecond(seen.cell, world, router)
      }
    }
    if let failure = seen.cell.failure {
      try await StreetWorld.open(plan(line, fault, hasSecond: false)) { world in
        try await world.serving { router in
          try await isKnownToRun(line, router)
          seen.cell.retry = try await retry(line, failure, router)
        }
      }
    }
    return seen.cell
  }

  /// A service on one's own machine gets work when it has been seen to run.
  private static func isKnownToRun(_ line: MatrixLine, _ router: StreetWorld.Router) async throws {
    guard line.provider != nil else { return }
    let status = try await LocalServiceTests.checked(line.vendor, router)
    if status != "healthy" { throw MatrixTrouble("the service is \(status ?? "unknown")") }
  }

  private final class Seen: @unchecked Sendable {
    // Worlds come one after the other.
    var cell: MatrixCell
    init(_ cell: MatrixCell) { self.cell = cell }
  }

  private static func plan(_ line: MatrixLine, _ fault: MatrixFault, hasSecond: Bool) -> StreetWorld.Plan {
    // A vendor that says "later" says so once, so that later can be seen.
    let isOnce = fault.isOnce || (!hasSecond && fault.expected(of: line) == .rateConcurrency)
    let frequency = isOnce ? "calls: [1]" : "probability: 1"
    let changes = line.quick.merging(fault.isEndless || line.endless.contains(fault.name) ? line.brief : [:])
    { $1 }
    // A cooldown is long where it is looked at, and short where it is waited for.
    let order = fault.order.replacingOccurrences(of: "LATER", with: hasSecond ? "600" : "1")
    var plan = StreetWorld.Plan(
      models: [line.model], providers: line.provider.map { [$0] } ?? [],
      faults: ["{fault: \(order), vendor: \(line.house), \(frequency)}"],
      hasWebhooks: fault.isOfWebhooks, changes: [line.vendor: changes])
    // A refused provider, and a circuit that is open, stay as they were left until they have been looked at.
    plan.settings = {
      $0.health.rules.refusalInterval = .minutes(10)
      guard hasSecond else { return }
      $0.jobs.candidateCircuit.openFor = .minutes(10)
      $0.jobs.providerCircuit.openFor = .minutes(10)
    }
    if hasSecond {
      plan.models.append(line.second.model)
      plan.changes[line.second.vendor] = line.second.quick
    }
    return plan
  }

  // MARK: With somebody else to ask

  private static func withSecond(
    _ cell: MatrixCell, _ world: StreetWorld, _ router: StreetWorld.Router
  ) async throws -> MatrixCell {
    var cell = cell
    let line = cell.line
    let job = try await router.done(line.capability, line.input)
    let attempts = job["attempts"]?.arrayValue ?? []
    cell.state = job["state"]?.stringValue ?? "none"
    cell.failure = attempts.first?["error"]?["class"]?.stringValue.flatMap { FailureClass(rawValue: $0) }
    cell.isFlagged = job["possible_double_spend"]?.boolValue ?? false
    cell.taken = (world.taken(line.house), world.taken(line.second.vendor))
    cell.paid = world.paid
    #expect(attempts.first?["candidate"]?.stringValue == line.candidate, "\(line.name): \(job)")
    try await StreetFaultTests.checkEnd(of: job, router)
    if attempts.contains(where: { $0["provider"]?.stringValue == line.second.vendor }) {
      cell.failover = .always
    }
    guard let failure = cell.failure else { return cell }
    // Of these two the flag says something else: bought and of no use, and never known to be there.
    cell.isAlive = cell.isFlagged && ![.badOutput, .ambiguous].contains(failure)

    let treatment = failure.treatment
    // The board hears of an attempt's end with it; what a check of the provider's health finds comes later.
    // The first look that shows it counts: without a check of its health a refused provider is tried again soon.
    var first = await effect(line, router)
    _ = await eventually {
      let isSeen =
        (treatment.statistic == .none || first.statistic == treatment.statistic)
        && ([.unaffected, .counts].contains(treatment.circuit) || first.circuit == treatment.circuit)
      if !isSeen { first = await effect(line, router) }
      return isSeen
    }
    (cell.circuit, cell.scope, cell.statistic) = (first.circuit, first.scope, first.statistic)
    // Questions about the work that fail count as well, and can be enough before the attempt has ended.
    let isCounted =
      switch first.circuit {
      case .unaffected: await repeated(line, router, isExpected: treatment.circuit == .counts)
      // The attempt's own end is one of the failures.
      case .removed: try await world.failedAnswers(line.house) >= enough - 1
      default: false
      }
    if isCounted { (cell.circuit, cell.scope) = (.counts, .candidate) }
    if failure == .moderated, cell.failover == .never {
      let allowed = try await router.done(
        line.capability, line.input, [.init("fallback_on_moderation", true)])
      let providers = allowed["attempts"]?.arrayValue?.compactMap { $0["provider"]?.stringValue } ?? []
      if providers.contains(line.second.vendor) { cell.failover = .ifAllowed }
    }
    cell.quality = try await quality(line, router)
    return cell
  }

  /// What can be seen of a vendor after its first failure.
  private static func effect(
    _ line: MatrixLine, _ router: StreetWorld.Router
  ) async -> (
    circuit: FailureTreatment.Circuit, scope: FailureTreatment.Scope?, statistic: FailureTreatment.Statistic
  ) {
    guard let provider = await router.executors.jobs.providers().first(where: { $0.provider == line.vendor }),
      let candidate = provider.candidates.first(where: { $0.candidate == line.candidate })
    else { return (.unaffected, nil, .none) }
    let statistic: FailureTreatment.Statistic =
      if candidate.evidence == 0 {
        .none
      } else if candidate.refusalRate > 0 {
        .refused
      } else {
        candidate.availability < 1 ? .unavailable : .available
      }
    for (phase, scope) in [
      (provider.circuit, FailureTreatment.Scope.provider), (candidate.circuit, .candidate),
    ] {
      switch phase {
      case .closed: continue
      case .coolingDown: return (.coolsDown, scope, statistic)
      case .openHard: return (.opensHard, scope, statistic)
      // At once and for a time: the candidate alone is out of the market.
      case .open, .halfOpen: return (.removed, nil, statistic)
      }
    }
    return (.unaffected, nil, statistic)
  }

  /// Whether as many failures as open a circuit open it.
  ///
  /// - Parameter isExpected: then it is waited for.
  private static func repeated(
    _ line: MatrixLine, _ router: StreetWorld.Router, isExpected: Bool
  ) async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      for _ in 1..<enough {
        group.addTask { _ = try? await router.done(line.capability, line.input) }
      }
    }
    func isOpen() async -> Bool {
      let provider = await router.executors.jobs.providers().first { $0.provider == line.vendor }
      if case .open? = provider?.candidates.first(where: { $0.candidate == line.candidate })?.circuit {
        return true
      }
      return false
    }
    // All of them are over, and so the board has heard of them; a moment for one that is told last.
    if isExpected { return await eventually(isOpen) }
    for _ in 0..<20 where await !isOpen() { try? await Task.sleep(for: .milliseconds(10)) }
    return await isOpen()
  }

  private static func quality(
    _ line: MatrixLine, _ router: StreetWorld.Router
  ) async throws -> FailureTreatment.Quality {
    _ = try await router.client.post("/v1/epochs")
    let answer = try await router.client.get("/v1/rankings", [("capability", line.capability)])
    let entry = answer["rankings"]?.arrayValue?.first { $0["candidate"]?.stringValue == line.candidate }
    let observations = entry?["observations"]?.doubleValue ?? 0
    return observations > 0 ? .zero : .unaffected
  }

  // MARK: With nobody else

  private static func retry(
    _ line: MatrixLine, _ failure: FailureClass, _ router: StreetWorld.Router
  ) async throws -> FailureTreatment.Retry {
    let job = try await router.done(line.capability, line.input)
    let attempts = job["attempts"]?.arrayValue ?? []
    guard attempts.count <= 2 else {
      throw MatrixTrouble("with nobody else there it was asked \(attempts.count) times")
    }
    guard attempts.count == 2 else { return .never }
    func time(_ attempt: JSONValue, _ name: String) -> Instant? {
      attempt[name]?.stringValue.flatMap { Instant($0) }
    }
    guard let ended = time(attempts[0], "ended_at"), let began = time(attempts[1], "started_at") else {
      throw MatrixTrouble("its attempts have no times: \(job)")
    }
    // The street asks for a second.
    return failure == .rateConcurrency && began - ended >= .seconds(1) ? .afterCooldown : .once
  }
}

/// Why a cell could not be seen.
struct MatrixTrouble: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
