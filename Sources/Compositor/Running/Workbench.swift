public import Composition
import Foundation
public import Logging
public import ServiceLifecycle
public import Transport
import Wire

/// Takes compositions in, does a few of them at a time, and keeps what came out for a while.
///
/// What it holds ends with it: a composition that was under way when the service ended is unknown to the next one.
public actor Workbench: Service {
  private struct Entry {
    var order: CompositionOrder
    var key: String?
    var status: CompositionStatus
    /// Of the film, in seconds; nil before the composing.
    var duration: Double?
    var task: Task<Void, Never>?
    var ended: ContinuousClock.Instant?
  }

  public nonisolated let settings: CompositorSettings
  nonisolated let files: WorkFolder
  private let work: CompositionWork
  private let check: ProgramCheck
  private let logger: Logger
  private var entries: [String: Entry] = [:]
  /// Ids that wait for a place, in their order.
  private var waiting: [String] = []
  private var working: Set<String> = []
  /// By id, when they were sent.
  private var uploads: [String: ContinuousClock.Instant] = [:]
  private var isClosing = false

  /// - Throws: when the folder cannot be used or belongs to another service.
  public init(_ settings: CompositorSettings, transport: HTTPTransport, logger: Logger) throws {
    self.settings = settings
    self.logger = logger
    files = try WorkFolder(settings.folder)
    work = CompositionWork(settings: settings, transport: transport, files: files)
    check = ProgramCheck(settings: settings, files: files)
  }

  // MARK: Compositions

  /// Takes a composition in.
  ///
  /// - Parameter key: the same for the same composition sent again, which is then not made twice.
  /// - Throws: ``WorkbenchRefusal``.
  public func submit(_ order: CompositionOrder, key: String?) throws(WorkbenchRefusal) -> CompositionStatus {
    sweep()
    if let key, let known = entries.values.first(where: { $0.key == key }) {
      guard known.order == order else { throw .keyUsed(key) }
      return status(known)
    }
    guard !isClosing else { throw .closing }
    guard working.count < settings.places || waiting.count < settings.queue else {
      throw .full(settings.queue)
    }
    let id = UUID().uuidString.lowercased()
    let entry = Entry(order: order, key: key, status: CompositionStatus(id: id))
    entries[id] = entry
    waiting.append(id)
    startWaiting()
    return status(entries[id] ?? entry)
  }

  /// Nil for one that is not known, or not any more.
  public func status(of id: String) -> CompositionStatus? {
    sweep()
    return entries[id].map(status)
  }

  /// Every composition that is known, the unfinished among them.
  public var statuses: [CompositionStatus] { entries.values.map(status).sorted { $0.id < $1.id } }

  /// Ends a composition, and its program with it; of one that is over, removes what it made.
  ///
  /// - Returns: how it ended, once nothing of it runs any more; nil for one that is not known.
  public func cancel(_ id: String) async -> CompositionStatus? {
    guard let entry = entries[id] else { return nil }
    guard !entry.status.state.isOver else {
      files.remove(id)
      entries[id] = nil
      return entry.status
    }
    if let task = entry.task {
      task.cancel()
      await task.value
    } else {
      waiting.removeAll { $0 == id }
      end(id, .canceled)
    }
    return entries[id].map(status)
  }

  private func status(_ entry: Entry) -> CompositionStatus {
    var status = entry.status
    if status.state == .composing, let duration = entry.duration {
      let path = "\(files.folder(of: status.id))/\(CompositionPlan.progressName)"
      status.progress = CompositionProgress.fraction(FileEnd.text(path), of: duration) ?? 0
    }
    return status
  }

  // MARK: Work

  private func startWaiting() {
    while working.count < settings.places, !waiting.isEmpty, !isClosing {
      let id = waiting.removeFirst()
      guard let order = entries[id]?.order else { continue }
      working.insert(id)
      entries[id]?.status.state = .fetching
      entries[id]?.task = Task { await self.compose(order, id) }
    }
  }

  private func compose(_ order: CompositionOrder, _ id: String) async {
    do {
      let result = try await work.result(of: order, id) { await self.note(id, duration: $0) }
      entries[id]?.status.result = result
      end(id, .succeeded)
    } catch let failure as CompositionFailure {
      entries[id]?.status.failure = failure
      if failure.code == .outOfService {
        logger.error(
          "a composition failed for our sake", metadata: ["id": "\(id)", "error": "\(failure.message)"])
      }
      end(id, .failed)
    } catch {
      end(id, .canceled)
    }
    working.remove(id)
    startWaiting()
  }

  private func note(_ id: String, duration: Double) {
    entries[id]?.duration = duration
    entries[id]?.status.state = .composing
  }

  private func end(_ id: String, _ state: CompositionStatus.State) {
    entries[id]?.status.state = state
    entries[id]?.ended = .now
    entries[id]?.task = nil
    if state == .succeeded { entries[id]?.status.progress = 1 } else { files.remove(id) }
  }

  // MARK: Uploads

  /// Makes room for a file that is about to be sent.
  ///
  /// - Returns: its id, and where it is to be written.
  /// - Throws: ``WorkbenchRefusal/tooManyUploads(_:)``.
  func beginUpload() throws(WorkbenchRefusal) -> (id: String, path: String) {
    sweep()
    guard !isClosing else { throw .closing }
    guard uploads.count < settings.uploads else { throw .tooManyUploads(settings.uploads) }
    let id = UUID().uuidString.lowercased()
    uploads[id] = .now
    return (id, files.upload(id))
  }

  /// Forgets a file that did not arrive whole.
  func abandonUpload(_ id: String) {
    uploads[id] = nil
    files.removeUpload(id)
  }

  // MARK: The service

  /// How the service is: its programs, looked at now or a moment ago, and its places.
  public func health() async -> ServiceHealth {
    let programs = await check.version()
    return ServiceHealth(
      programs, working: working.count, waiting: waiting.count, places: settings.places, queue: settings.queue
    )
  }

  /// Removes what has been kept long enough.
  private func sweep() {
    let oldest = ContinuousClock.now - settings.retention
    for (id, entry) in entries where entry.ended.map({ $0 < oldest }) ?? false {
      files.remove(id)
      entries[id] = nil
    }
    for (id, sent) in uploads where sent < oldest { abandonUpload(id) }
  }

  /// Sweeps now and then until shutdown begins; then ends everything that is under way.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: .seconds(30))) != nil { await self.sweep() }
    }
    await close()
  }

  /// Takes nothing in any more, and ends every program.
  public func close() async {
    isClosing = true
    for id in waiting { end(id, .canceled) }
    waiting = []
    let tasks = entries.values.compactMap(\.task)
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }
}

/// Why the workbench takes something not in.
public enum WorkbenchRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// So many wait already.
  case full(Int)
  case keyUsed(String)
  case tooManyUploads(Int)
  case closing

  public var description: String {
    switch self {
    case .full(let count): "all places are taken, and \(count) compositions wait already; try again later"
    case .keyUsed(let key): "the idempotency key '\(key)' was used for another composition"
    case .tooManyUploads(let count):
      "\(count) uploads are kept already; each goes some time after it was sent, so try again later"
    case .closing: "the service is ending"
    }
  }
}

/// The end of a file that grows.
enum FileEnd {
  /// At most 2,048 bytes; empty when there is no such file.
  static func text(_ path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    guard let size = try? file.seekToEnd(), (try? file.seek(toOffset: size - min(size, 2_048))) != nil,
      let data = try? file.readToEnd()
    else { return "" }
    return String(decoding: data, as: UTF8.self)
  }
}
