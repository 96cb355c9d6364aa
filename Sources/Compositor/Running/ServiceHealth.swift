import Foundation
import Wire

/// How the service is, for whoever may send it work.
public struct ServiceHealth: Hashable, Sendable {
  public enum Status: String, CaseIterable, Hashable, Sendable {
    /// Its programs start, and it takes compositions in.
    case healthy
    /// Its programs start, and all places and the queue are full: new compositions are refused for now.
    case running
    /// A program is missing or cannot be started.
    case error
  }

  public var status: Status
  /// As ffmpeg says it, such as `5.1.9-0+deb12u1`; nil when it does not start.
  public var version: String?
  /// What is wrong; nil when nothing is.
  public var detail: String?
  public var working: Int
  public var waiting: Int
  public var places: Int

  init(_ programs: ProgramVersion, working: Int, waiting: Int, places: Int, queue: Int) {
    self.working = working
    self.waiting = waiting
    self.places = places
    switch programs {
    case .missing(let reason):
      status = .error
      detail = reason
    case .found(let version):
      self.version = version
      let takesMore = working < places || waiting < queue
      status = takesMore ? .healthy : .running
      detail =
        takesMore
        ? nil : "all places are taken, \(waiting) compositions wait, and no more are taken in for now"
    }
  }

  func write(to writer: inout JSONWriter) {
    writer.field("status", status.rawValue)
    writer.field("ffmpeg", version)
    writer.field("detail", detail)
    writer.field("working", working)
    writer.field("waiting", waiting)
    writer.field("places", places)
  }
}

/// What the programs say about themselves.
enum ProgramVersion: Hashable, Sendable {
  case found(String)
  case missing(String)
}

/// Starts ffmpeg and ffprobe to see whether they do, at most every few seconds.
actor ProgramCheck {
  private let settings: CompositorSettings
  private let files: WorkFolder
  private var last: (version: ProgramVersion, at: ContinuousClock.Instant)?

  /// How long an answer holds.
  private static let lifetime = Duration.seconds(5)

  init(settings: CompositorSettings, files: WorkFolder) {
    self.settings = settings
    self.files = files
  }

  func version() async -> ProgramVersion {
    if let last, ContinuousClock.now - last.at < ProgramCheck.lifetime { return last.version }
    let version = await look()
    last = (version, .now)
    return version
  }

  private func look() async -> ProgramVersion {
    switch await ask(settings.sibling("ffprobe")) {
    case .missing(let reason): .missing(reason)
    case .found: await ask(settings.ffmpeg)
    }
  }

  private func ask(_ program: String) async -> ProgramVersion {
    let output = files.cache + "/version-\(UUID().uuidString).txt"
    defer { try? FileManager.default.removeItem(atPath: output) }
    let child: ChildProcess
    do throws(SpawnFailure) {
      child = try ChildProcess(
        program, ["-version"], folder: files.cache, output: output,
        environment: CompositionWork.environment(files))
    } catch {
      return .missing("\(error); install Debian's package ffmpeg, or name the program with --ffmpeg")
    }
    let timer = Task {
      if (try? await Task.sleep(for: .seconds(10))) != nil { child.kill() }
    }
    let ending = await child.ending()
    timer.cancel()
    // ffmpeg version 5.1.9-0+deb12u1 Copyright (c) …
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    let words = text.prefix(200).split(separator: " ")
    guard ending == .exit(0), words.count > 2, words[1] == "version" else {
      return .missing("\(program) starts and does not say its version")
    }
    return .found(String(words[2]))
  }
}
