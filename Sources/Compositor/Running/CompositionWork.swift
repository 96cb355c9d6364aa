import Composition
import Foundation
import Transport
import Wire

/// One composition from its order to its file: fetches, looks, runs ffmpeg.
struct CompositionWork: Sendable {
  let settings: CompositorSettings
  let transport: HTTPTransport
  let files: WorkFolder

  /// Looking at an input takes no longer.
  private static let probeLimit = Duration.seconds(30)

  /// - Parameter note: told when the composing begins, with the film's length in seconds.
  /// - Throws: ``CompositionFailure``; `CancellationError`, once the program has ended.
  func result(
    of order: CompositionOrder, _ id: String, note: @Sendable (Double) async -> Void
  ) async throws -> CompositionResult {
    let sources = order.sources
    do {
      try files.create(id)
    } catch {
      throw CompositionFailure(.outOfService, "no folder can be made: \(error.localizedDescription)")
    }
    let fetcher = InputFetcher(settings: settings, transport: transport, files: files)
    try await fetcher.fetch(sources, into: id)
    var probes: [ProbedInput] = []
    for (number, named) in sources.enumerated() {
      probes.append(try await probe(number, named, id))
    }
    let plan: CompositionPlan
    do {
      plan = try CompositionPlan(order, probes, limits: settings.limits)
    } catch {
      throw CompositionFailure(error)
    }
    let folder = files.folder(of: id)
    for (name, text) in plan.texts {
      do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      } catch {
        throw CompositionFailure(.outOfService, "a text cannot be written: \(error.localizedDescription)")
      }
    }
    await note(plan.duration)
    try await compose(plan, id)
    return try finished(plan, id)
  }

  // MARK: Looking

  private func probe(_ number: Int, _ named: NamedSource, _ id: String) async throws -> ProbedInput {
    let folder = files.folder(of: id)
    let output = "\(folder)/probe-\(number).json"
    let file = CompositionPlan.inputName(number)
    let ending = try await run(
      settings.sibling("ffprobe"), ProbedInput.arguments(file: file, limits: settings.limits), id,
      output: output, limit: CompositionWork.probeLimit)
    switch ending {
    case .exit(0): break
    case .exit:
      throw CompositionFailure(
        .invalidInput, "cannot be read as a film, picture or sound: \(complaint(id))", at: named.pointer)
    case nil: throw CompositionFailure(.invalidInput, "takes too long to be looked at", at: named.pointer)
    case .signal(let number): throw killed("ffprobe", number)
    }
    guard let text = FileManager.default.contents(atPath: output),
      let json = try? JSONValue.parse(Array(text))
    else { throw CompositionFailure(.outOfService, "ffprobe wrote nothing that can be read") }
    do throws(ProbeRefusal) {
      return try ProbedInput(ffprobe: json)
    } catch {
      throw CompositionFailure(.invalidInput, "\(error)", at: named.pointer)
    }
  }

  // MARK: Composing

  private func compose(_ plan: CompositionPlan, _ id: String) async throws {
    let ending = try await run(
      settings.ffmpeg, plan.arguments(threads: settings.threads), id, limit: settings.runLimit)
    switch ending {
    case .exit(0): return
    case .exit: throw CompositionFailure(.cannotCompose, "ffmpeg gave up: \(complaint(id))")
    case nil: throw CompositionFailure(.timedOut, "ffmpeg was not done within \(settings.runLimit)")
    case .signal(let number): throw killed("ffmpeg", number)
    }
  }

  private func finished(_ plan: CompositionPlan, _ id: String) throws -> CompositionResult {
    let name = plan.order.format.fileName
    let path = "\(files.folder(of: id))/\(name)"
    guard let count = FileManager.default.size(of: path), count > 0 else {
      throw CompositionFailure(.cannotCompose, "ffmpeg made an empty file")
    }
    // ffmpeg stops there and calls it done.
    guard count < settings.limits.outputBytes else {
      throw CompositionFailure(
        .outputTooLarge,
        "the film is larger than \(settings.limits.outputBytes) bytes; ask for a smaller frame")
    }
    files.strip(id, to: name)
    return CompositionResult(
      path: path, contentType: plan.order.format.contentType, byteCount: count, duration: plan.duration,
      width: plan.size.width, height: plan.size.height)
  }

  // MARK: Programs

  /// - Returns: nil when it was ended because it took too long.
  private func run(
    _ program: String, _ arguments: [String], _ id: String, output: String? = nil, limit: Duration
  ) async throws -> ChildProcess.Ending? {
    try Task.checkCancellation()
    let child: ChildProcess
    do throws(SpawnFailure) {
      child = try ChildProcess(
        program, arguments, folder: files.folder(of: id), output: output, errors: errors(id),
        environment: CompositionWork.environment(files))
    } catch {
      throw CompositionFailure(.outOfService, "\(error)")
    }
    files.mark(child, of: id)
    let timer = Task {
      guard (try? await Task.sleep(for: limit)) != nil else { return false }
      child.kill()
      return true
    }
    let ending = await withTaskCancellationHandler {
      await child.ending()
    } onCancel: {
      child.kill()
    }
    timer.cancel()
    let isLate = await timer.value
    try Task.checkCancellation()
    return isLate ? nil : ending
  }

  static func environment(_ files: WorkFolder) -> [String: String] {
    [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
      "LC_ALL": "C.UTF-8", "HOME": files.cache, "XDG_CACHE_HOME": files.cache, "TMPDIR": files.cache,
    ]
  }

  private func errors(_ id: String) -> String { files.folder(of: id) + "/errors.txt" }

  /// The last line that a program wrote to its standard error.
  private func complaint(_ id: String) -> String {
    let text = (try? String(contentsOfFile: errors(id), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").last.map { String($0.prefix(300)) } ?? "it does not say why"
  }

  private func killed(_ program: String, _ signal: Int32) -> CompositionFailure {
    CompositionFailure(.outOfService, "\(program) was ended by signal \(signal), not by this service")
  }
}
