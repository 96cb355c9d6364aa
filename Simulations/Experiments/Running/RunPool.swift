import Synchronization
import World

/// How far an experiment is.
public struct RunProgress: Hashable, Sendable {
  /// Decisions, those of earlier sittings included.
  public var done: Int
  public var total: Int
  /// Decisions a second in this sitting, all threads together.
  public var rate: Double
}

/// Runs (policy, seed) pairs, so many at a time.
///
/// Each pair is a unit of its own and depends on nothing but itself, so neither the number of threads nor the order in
/// which they finish can be seen in the results, which are put back in their order.
struct RunPool: Sendable {
  struct Unit: Hashable, Sendable {
    var contender: Int
    var seed: UInt64
  }

  private let experiment: Experiment
  private let threads: Int
  private let progress: @Sendable (RunProgress) -> Void

  init(_ experiment: Experiment, threads: Int, progress: @escaping @Sendable (RunProgress) -> Void) {
    self.experiment = experiment
    self.threads = max(1, threads)
    self.progress = progress
  }

  /// In the order of results: by contender, then by seed.
  var units: [Unit] {
    experiment.contenders.indices.flatMap { contender in
      experiment.header.seeds.map { Unit(contender: contender, seed: $0) }
    }
  }

  /// - Parameters:
  ///   - known: results that need not be computed again.
  ///   - keep: given every new result, from any thread.
  func run(
    known: [Unit: RunResult], keep: @escaping @Sendable (RunResult) throws -> Void
  ) async throws -> [RunResult] {
    let units = units
    // Seed by seed, so that the maps of a seed are learned once and then shared.
    let order = units.filter { known[$0] == nil }.sorted { ($0.seed, $0.contender) < ($1.seed, $1.contender) }
    let length = experiment.setup.timeline.length
    let meter = Meter(done: known.count * length, total: units.count * length, progress)
    let course = RegionCourse(experiment.setup)
    let desk = Desk(order, known)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<min(threads, max(order.count, 1)) {
        group.addTask { [experiment] in
          while let unit = desk.take() {
            var simulation = Simulation(
              experiment.setup, experiment.contenders[unit.contender], seed: unit.seed, course: course)
            let result = try simulation.run { count in
              try Task.checkCancellation()
              meter.add(count)
            }
            try keep(result)
            desk.hand(unit, result)
          }
        }
      }
      try await group.waitForAll()
    }
    let results = desk.results
    return units.compactMap { results[$0] }
  }
}

/// Where threads fetch their work and hand in what came of it.
private final class Desk: Sendable {
  private let units: [RunPool.Unit]
  private let state: Mutex<(next: Int, results: [RunPool.Unit: RunResult])>

  init(_ units: [RunPool.Unit], _ known: [RunPool.Unit: RunResult]) {
    self.units = units
    state = Mutex((0, known))
  }

  var results: [RunPool.Unit: RunResult] { state.withLock { $0.results } }

  func take() -> RunPool.Unit? {
    state.withLock { state in
      guard state.next < units.count else { return nil }
      defer { state.next += 1 }
      return units[state.next]
    }
  }

  func hand(_ unit: RunPool.Unit, _ result: RunResult) { state.withLock { $0.results[unit] = result } }
}

/// Adds up progress from many threads and passes it on, at most so often.
private final class Meter: Sendable {
  private struct State {
    var done: Int
    var told = 0.0
  }

  private let before: Int
  private let total: Int
  private let start = ContinuousClock.now
  private let state: Mutex<State>
  private let progress: @Sendable (RunProgress) -> Void

  /// Seconds between two words to the listener.
  private static let pause = 0.1

  init(done: Int, total: Int, _ progress: @escaping @Sendable (RunProgress) -> Void) {
    before = done
    self.total = total
    self.progress = progress
    state = Mutex(State(done: done))
  }

  func add(_ count: Int) {
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let word: RunProgress? = state.withLock { state in
      state.done += count
      guard elapsed - state.told >= Meter.pause || state.done == total else { return nil }
      state.told = elapsed
      return RunProgress(
        done: state.done, total: total, rate: Double(state.done - before) / max(elapsed, 1e-9))
    }
    if let word { progress(word) }
  }
}
