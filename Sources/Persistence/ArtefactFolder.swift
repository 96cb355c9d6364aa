import Foundation
public import Jobs
public import Serving

/// Artefacts as files of a folder, each under the digest of its bytes. What has been kept is durable; what was half
/// written when a process ended is removed by the next one.
public final class ArtefactFolder: Sendable {
  public let path: String
  private let publicBase: String?
  private let folder: Int32
  private let output: @Sendable (Int32, UnsafeRawPointer, Int) -> Int
  /// Disks are waited for here, not on the threads that all tasks share.
  private let lanes: OperationQueue

  private static let prefix = ".incoming-"

  /// Opens a folder, which is made where it does not exist.
  ///
  /// - Parameter publicBase: what stands before `/v1/artefacts/` in the addresses; nil for addresses without a host.
  /// - Throws: when no file can be made in it.
  public convenience init(path: String, publicBase: String? = nil) throws(ArtefactError) {
    try self.init(path: path, publicBase: publicBase) { Foundation.write($0, $1, $2) }
  }

  /// - Parameter output: writes some of the bytes; -1 and `errno` when it cannot. A test's disk is full here.
  init(
    path: String, publicBase: String? = nil,
    output: @escaping @Sendable (_ descriptor: Int32, UnsafeRawPointer, _ count: Int) -> Int
  ) throws(ArtefactError) {
    self.path = path
    self.publicBase = publicBase
    self.output = output
    lanes = OperationQueue()
    lanes.maxConcurrentOperationCount = 4
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .notWritable(path: path, reason: "it cannot be made: \(error.localizedDescription)")
    }
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .notWritable(path: path, reason: ArtefactError.reason(errno)) }
    self.folder = folder
    removeLeftovers()
    // Better said at start than when the first result, paid for, comes in.
    discard(try begin())
  }

  deinit { close(folder) }

  /// Removes what was being written when an earlier process ended. A file that somebody still writes is locked by him.
  private func removeLeftovers() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where name.hasPrefix(ArtefactFolder.prefix) {
      let descriptor = open("\(path)/\(name)", O_RDWR | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink("\(path)/\(name)") }
      close(descriptor)
    }
  }

  // MARK: Writing

  private struct Draft: Sendable {
    let descriptor: Int32
    let path: String
  }

  private func begin() throws(ArtefactError) -> Draft {
    let name = "\(path)/\(ArtefactFolder.prefix)\(UUID().uuidString)"
    let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw ArtefactError(errno, path) }
    // Nobody else knows the name, so this cannot fail but for a file system without locks.
    flock(descriptor, LOCK_EX | LOCK_NB)
    return Draft(descriptor: descriptor, path: name)
  }

  private func discard(_ draft: Draft) {
    unlink(draft.path)
    close(draft.descriptor)
  }

  /// Makes a written file an artefact: durable, then under its name, then durably so.
  private func finish(_ draft: Draft, word: String?) throws(ArtefactError) -> Artefact {
    let survey: ArtefactSurvey
    do {
      survey = try ArtefactSurvey(draft.descriptor, word: word)
    } catch {
      throw ArtefactError((error as? POSIXError)?.code.rawValue ?? EIO, path)
    }
    let name = survey.name
    guard fsync(draft.descriptor) == 0, rename(draft.path, "\(path)/\(name)") == 0, fsync(folder) == 0
    else { throw ArtefactError(errno, path) }
    close(draft.descriptor)
    return Artefact(
      url: name.address(base: publicBase), contentType: name.type.name, byteCount: survey.byteCount,
      isCopied: true)
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) throws(ArtefactError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { output(descriptor, $0.baseAddress! + done, $0.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw ArtefactError(errno, path) }
      done += count
    }
  }

  private func offload<Value: Sendable>(
    _ work: @escaping @Sendable () throws(ArtefactError) -> Value
  ) async throws(ArtefactError) -> Value {
    let result: Result<Value, ArtefactError> = await withCheckedContinuation { continuation in
      lanes.addOperation {
        do throws(ArtefactError) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }
}

extension ArtefactFolder: ArtefactStore {
  public func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact {
    try await offload { [self] () throws(ArtefactError) in
      let draft = try begin()
      do throws(ArtefactError) {
        try write(bytes, to: draft.descriptor)
        return try finish(draft, word: contentType)
      } catch {
        discard(draft)
        throw error
      }
    }
  }
}

extension ArtefactFolder: ArtefactIntake {
  public func receive(
    _ artefact: Artefact,
    _ download:
      @Sendable (_ descriptor: Int32) async throws(VendorFailure) -> (
        contentType: String?, byteCount: Int
      )
  ) async throws -> Artefact {
    let draft = try await offload { [self] () throws(ArtefactError) in try begin() }
    do {
      let said = try await download(draft.descriptor).contentType
      let word = ArtefactSurvey.word(said: said, announced: artefact.contentType)
      return try await offload { [self] () throws(ArtefactError) in try finish(draft, word: word) }
    } catch {
      discard(draft)
      throw error
    }
  }
}

extension ArtefactFolder: ArtefactReading {
  public func artefact(named name: String) async throws -> StoredArtefact? {
    guard let name = ArtefactName(name) else { return nil }
    return try await offload { [self] () throws(ArtefactError) -> StoredArtefact? in
      guard let descriptor = try opened(name) else { return nil }
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw ArtefactError(errno, path) }
      return StoredArtefact(
        name: name.description, contentType: name.type.name, byteCount: Int(status.st_size))
    }
  }

  public func read(_ artefact: StoredArtefact, _ range: Range<Int>) async throws -> [UInt8] {
    guard let name = ArtefactName(artefact.name) else { throw ArtefactError.gone(name: artefact.name) }
    return try await offload { [self] () throws(ArtefactError) in
      guard let descriptor = try opened(name) else { throw .gone(name: artefact.name) }
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: range.count)
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeMutableBytes {
          pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(range.lowerBound + done))
        }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw ArtefactError(errno, path) }
        guard count > 0 else { throw .failed(path: path, reason: "\(name) is shorter than it was") }
        done += count
      }
      return bytes
    }
  }

  /// Nil when there is no such file.
  private func opened(_ name: ArtefactName) throws(ArtefactError) -> Int32? {
    let descriptor = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    if descriptor < 0, errno == ENOENT { return nil }
    guard descriptor >= 0 else { throw ArtefactError(errno, path) }
    return descriptor
  }
}

extension ArtefactFolder: ArtefactRemoval {
  public func remove(_ name: String) async throws {
    guard let name = ArtefactName(name) else { return }
    try await offload { [self] () throws(ArtefactError) in
      // Durably, or a file that nobody remembers would be back after a loss of power.
      guard unlink("\(path)/\(name)") == 0 || errno == ENOENT, fsync(folder) == 0 else {
        throw ArtefactError(errno, path)
      }
    }
  }
}

/// Why an artefact cannot be kept or read, and what to do about it.
public enum ArtefactError: Error, Hashable, Sendable, CustomStringConvertible {
  case notWritable(path: String, reason: String)
  case diskFull(path: String)
  /// Somebody removed it.
  case gone(name: String)
  case failed(path: String, reason: String)

  public var description: String {
    switch self {
    case .notWritable(let path, let reason):
      "artefacts cannot be kept in \(path) (\(reason)): give this user the right, or name another folder with --artefacts"
    case .diskFull(let path): "the disk of \(path) is full: nothing was kept of the artefact; free some space"
    case .gone(let name): "the artefact \(name) is not in its folder any more"
    case .failed(let path, let reason): "artefacts in \(path): \(reason)"
    }
  }

  init(_ code: Int32, _ path: String) {
    switch code {
    case ENOSPC, EDQUOT: self = .diskFull(path: path)
    case EACCES, EPERM, EROFS: self = .notWritable(path: path, reason: ArtefactError.reason(code))
    default: self = .failed(path: path, reason: ArtefactError.reason(code))
    }
  }

  static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
