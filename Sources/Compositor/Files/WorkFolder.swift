import Foundation
import Glibc

/// The service's folder: a folder for each composition, and the uploads.
///
/// Nothing in it outlives the service: whatever one that was killed has left, files and running programs, is removed by
/// the next.
final class WorkFolder: Sendable {
  let path: String
  private let lock: Int32

  private var compositions: String { path + "/compositions" }
  private var uploads: String { path + "/uploads" }
  /// For what programs remember between runs, such as the list of fonts.
  var cache: String { path + "/cache" }

  /// Takes a folder, and clears it.
  ///
  /// - Throws: when another service has it, it cannot be written, or what would be cleared is not ours.
  init(_ path: String) throws {
    let path = URL(fileURLWithPath: path).standardizedFileURL.path
    self.path = path
    let files = FileManager.default
    try files.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    // Only a folder in which such a service has worked has its lock.
    if !files.fileExists(atPath: path + "/lock"),
      let name = ["compositions", "uploads"].first(where: { files.fileExists(atPath: "\(path)/\($0)") })
    {
      throw WorkFolderFailure(
        path: path,
        reason: "its '\(name)' is not of this service, which would clear it; name another with --folder")
    }
    let lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw WorkFolderFailure(path: path, reason: String(cString: strerror(errno))) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw WorkFolderFailure(path: path, reason: "another service works in it; name another with --folder")
    }
    // Only now: with all its properties set, an object is deinitialised even where its initializer throws, and what is
    // closed twice may be somebody else's by then.
    self.lock = lock
    endOrphans()
    for folder in [compositions, uploads] {
      try? files.removeItem(atPath: folder)
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    try files.createDirectory(atPath: cache, withIntermediateDirectories: true)
  }

  deinit { close(lock) }

  // MARK: Compositions

  func folder(of composition: String) -> String { "\(compositions)/\(composition)" }

  func create(_ composition: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder(of: composition), withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
  }

  func remove(_ composition: String) { try? FileManager.default.removeItem(atPath: folder(of: composition)) }

  /// Removes everything but one file.
  func strip(_ composition: String, to name: String) {
    let folder = folder(of: composition)
    for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where file != name {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(file)")
    }
  }

  /// Remembers the program that works at a composition, so that it can be ended by the next service.
  func mark(_ process: ChildProcess, of composition: String) {
    guard let mark = ProcessMark(pid: process.pid) else { return }
    try? Data(mark.text.utf8).write(to: URL(fileURLWithPath: folder(of: composition) + "/process"))
  }

  private func endOrphans() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: compositions)) ?? [] {
      let file = folder(of: name) + "/process"
      if let text = try? String(contentsOfFile: file, encoding: .utf8) { ProcessMark(text)?.kill() }
    }
  }

  // MARK: Uploads

  func upload(_ id: String) -> String { "\(uploads)/\(id)" }

  func removeUpload(_ id: String) { try? FileManager.default.removeItem(atPath: upload(id)) }
}

struct WorkFolderFailure: Error, CustomStringConvertible {
  let path: String
  let reason: String

  var description: String { "the folder \(path) cannot be used: \(reason)" }
}

extension FileManager {
  /// Of a file, in bytes; nil when there is none.
  func size(of path: String) -> Int? {
    (try? attributesOfItem(atPath: path))?[.size].flatMap { ($0 as? NSNumber)?.intValue }
  }
}
