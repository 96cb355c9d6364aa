import Foundation
import Wire

/// The folder of an experiment while it runs: `OUT.partial`, one file for each finished run, so that what is interrupted
/// can be taken up again. Every file is written under a temporary name and then renamed, so none is ever half there.
struct RunStore: Sendable {
  private let out: URL
  private let partial: URL
  private let digest: String

  /// Opens or makes the folder.
  ///
  /// - Throws: ``ExperimentError`` where `out` exists and is not to be replaced, or where the partial folder belongs to
  ///   another experiment.
  init(out path: String, digest: String, force: Bool) throws {
    out = URL(fileURLWithPath: path)
    partial = URL(fileURLWithPath: path + ".partial")
    self.digest = digest
    let files = FileManager.default
    if files.fileExists(atPath: out.path), !force {
      throw ExperimentError("\(path) exists; name another folder, or replace it with --force")
    }
    let mark = partial.appendingPathComponent("digest")
    if files.fileExists(atPath: partial.path) {
      let found = (try? String(contentsOf: mark, encoding: .utf8)) ?? ""
      guard found == digest else {
        throw ExperimentError(
          "\(path).partial belongs to an experiment with other arguments, another scenario or another table; "
            + "run that one to its end, name another folder, or remove it")
      }
      return
    }
    try RunStore.attempt("make \(path).partial") {
      try files.createDirectory(at: partial.appendingPathComponent("runs"), withIntermediateDirectories: true)
      try Data(digest.utf8).write(to: mark, options: .atomic)
    }
  }

  /// The finished runs of an earlier sitting; what cannot be read counts as not there.
  func finished() -> [RunResult] {
    let folder = partial.appendingPathComponent("runs")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
      guard let data = FileManager.default.contents(atPath: folder.appendingPathComponent(name).path),
        let json = try? JSONValue.parse(Array(data))
      else { return nil }
      return RunResult(json)
    }
  }

  func keep(_ run: RunResult) throws {
    var writer = JSONWriter(reserving: 1 << 16)
    run.write(to: &writer)
    try write(writer.bytes, to: "runs/\(run.policy).\(run.seed).json")
  }

  /// Writes what the runs come to, and puts the folder in its place.
  func finish(_ result: ExperimentResult) throws {
    var writer = JSONWriter(reserving: 1 << 20)
    result.write(to: &writer)
    try write(writer.bytes + [0x0A], to: "result.json")
    try write(Array(result.summaryCSV.utf8), to: "summary.csv")
    try write(Array(result.seriesCSV.utf8), to: "series.csv")
    try RunStore.attempt("write \(out.path)") {
      let files = FileManager.default
      // What stood there before is there until its successor is.
      let former = URL(fileURLWithPath: out.path + ".former")
      if files.fileExists(atPath: out.path) { try files.moveItem(at: out, to: former) }
      try files.moveItem(at: partial, to: out)
      try files.removeItem(at: out.appendingPathComponent("digest"))
      if files.fileExists(atPath: former.path) { try files.removeItem(at: former) }
    }
  }

  /// Lets go of the finished runs.
  func discard() throws {
    try RunStore.attempt("remove \(partial.path)") { try FileManager.default.removeItem(at: partial) }
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    try RunStore.attempt("write \(partial.appendingPathComponent(name).path)") {
      try Data(bytes).write(to: partial.appendingPathComponent(name), options: .atomic)
    }
  }

  /// One line for whatever goes wrong with the disk.
  private static func attempt(_ what: String, _ work: () throws -> Void) throws {
    do { try work() } catch { throw ExperimentError("cannot \(what): \(error.localizedDescription)") }
  }
}

extension Experiment {
  /// Runs into a folder: `result.json`, `summary.csv`, `series.csv`, and `runs/` with every single run.
  ///
  /// What was interrupted is taken up where it stood when the same experiment is run into the same folder again.
  ///
  /// - Parameters:
  ///   - out: must not exist, unless `force`, which replaces it when everything is done.
  ///   - threads, progress: see ``run(threads:progress:)``.
  /// - Throws: ``ExperimentError``; `CancellationError` when the task is cancelled, with all finished runs kept.
  public func run(
    to out: String, force: Bool = false, threads: Int,
    progress: @escaping @Sendable (RunProgress) -> Void = { _ in }
  ) async throws -> ExperimentResult {
    let store = try RunStore(out: out, digest: header.digest, force: force)
    let result = try await run(store, threads, progress)
    try store.finish(result)
    return result
  }

  /// Runs with the finished runs kept beside a folder that somebody else writes, until it is written: what was
  /// interrupted is taken up where it stood.
  ///
  /// - Parameters:
  ///   - out: the folder's path; `OUT.partial` holds the finished runs meanwhile.
  ///   - publish: writes the folder.
  public func run(
    beside out: String, threads: Int, progress: @escaping @Sendable (RunProgress) -> Void = { _ in },
    publish: (ExperimentResult) throws -> Void
  ) async throws -> ExperimentResult {
    // Whether the folder may be replaced is for its writer to say.
    let store = try RunStore(out: out, digest: header.digest, force: true)
    let result = try await run(store, threads, progress)
    try publish(result)
    try store.discard()
    return result
  }

  private func run(
    _ store: RunStore, _ threads: Int, _ progress: @escaping @Sendable (RunProgress) -> Void
  ) async throws -> ExperimentResult {
    var known: [RunPool.Unit: RunResult] = [:]
    for run in store.finished() {
      guard let contender = header.policies.firstIndex(of: run.policy), header.seeds.contains(run.seed) else {
        continue
      }
      known[RunPool.Unit(contender: contender, seed: run.seed)] = run
    }
    let runs = try await RunPool(self, threads: threads, progress: progress).run(
      known: known, keep: store.keep)
    return ExperimentResult(header: header, scenario: scenario, runs: runs)
  }
}
