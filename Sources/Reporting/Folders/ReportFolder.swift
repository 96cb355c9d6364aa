import Foundation
import Wire

/// A folder of reports on disk. It is there whole or not at all: written beside its place under another name, made
/// durable, then renamed.
public struct ReportFolder: Sendable {
  public let path: String
  private let parent: String
  private let name: String

  /// - Throws: ``ReportFolderError/notAName(_:)`` for a path without a last component of its own.
  public init(_ path: String) throws(ReportFolderError) {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let slash = path.lastIndex(of: "/")
    name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard !["", ".", ".."].contains(name) else { throw .notAName(path) }
    self.path = path
  }

  /// Whether a report could be written here, as far as that can be known before: to be asked ahead of a long run.
  ///
  /// - Parameter force: whether a report that is there may be replaced. Nothing but a report may: a folder that holds
  ///   anything else is refused all the same.
  public func check(force: Bool = false) throws(ReportFolderError) {
    var status = stat()
    guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw .parentMissing(parent) }
    guard access(parent, W_OK | X_OK) == 0 else { throw .notWritable(parent) }
    guard lstat(path, &status) == 0 else { return }
    guard force else { throw .exists(path) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAReport(path, holding: nil) }
    try checkHoldsOnlyAReport()
  }

  /// Writes the files. On an error nothing of them is left, and what was there still is.
  public func write(_ files: [ReportFile], force: Bool = false) throws(ReportFolderError) {
    try check(force: force)
    let fresh = try makeSibling("partial")
    do {
      try fill(fresh, with: files)
      try putInPlace(fresh)
    } catch {
      // Gone from there already if it is in its place.
      try? FileManager.default.removeItem(atPath: fresh)
      throw error
    }
  }

  // MARK: Steps

  private func putInPlace(_ fresh: String) throws(ReportFolderError) {
    var old: String?
    if access(path, F_OK) == 0 {
      // An empty folder is there to be renamed over, so that the name is ours.
      let aside = try makeSibling("replaced")
      guard rename(path, aside) == 0 else {
        let error = ReportFolderError(errno, path)
        rmdir(aside)
        throw error
      }
      old = aside
    }
    guard rename(fresh, path) == 0 else {
      let error = ReportFolderError(errno, path)
      if let old { rename(old, path) }
      throw error
    }
    // The report is in its place: all that a failure means here is that a power cut might bring back the old one.
    try? synchronise(parent)
    if let old {
      do { try FileManager.default.removeItem(atPath: old) } catch { throw .leftover(old) }
    }
  }

  private func makeSibling(_ purpose: String) throws(ReportFolderError) -> String {
    for attempt in 0..<1_000 {
      let sibling = "\(parent)/.\(name).\(purpose)-\(getpid())-\(attempt)"
      if mkdir(sibling, 0o777) == 0 { return sibling }
      guard errno == EEXIST else { throw ReportFolderError(errno, parent) }
    }
    throw .failed(parent, "too many unfinished reports beside it")
  }

  private func fill(_ folder: String, with files: [ReportFile]) throws(ReportFolderError) {
    var folders: [String] = []
    for file in files {
      if let slash = file.path.firstIndex(of: "/") {
        let inner = "\(folder)/\(file.path[..<slash])"
        if !folders.contains(inner) {
          guard mkdir(inner, 0o777) == 0 else { throw ReportFolderError(errno, path) }
          folders.append(inner)
        }
      }
      try write(file.bytes, to: "\(folder)/\(file.path)")
    }
    for each in folders + [folder] { try synchronise(each) }
  }

  private func write(_ bytes: [UInt8], to file: String) throws(ReportFolderError) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw ReportFolderError(errno, path) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        let error = ReportFolderError(errno, path)
        close(descriptor)
        throw error
      }
    }
    let synchronised = fsync(descriptor) == 0
    let error = ReportFolderError(errno, path)
    // A network file system may say only now that there was no room.
    guard close(descriptor) == 0 else { throw ReportFolderError(errno, path) }
    guard synchronised else { throw error }
  }

  private func synchronise(_ folder: String) throws(ReportFolderError) {
    let directory = open(folder, O_RDONLY | O_CLOEXEC)
    guard directory >= 0 else { throw ReportFolderError(errno, path) }
    defer { close(directory) }
    // Some file systems cannot synchronise folders, and say so.
    guard fsync(directory) == 0 || errno == EINVAL else { throw ReportFolderError(errno, path) }
  }

  /// Every file is one that the folder's own `report.json` lists.
  private func checkHoldsOnlyAReport() throws(ReportFolderError) {
    let found = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String }.sorted() ?? []
    if found.isEmpty { return }
    guard let content = FileManager.default.contents(atPath: path + "/report.json"),
      let listed = (try? JSONValue.parse(Array(content)))?["files"]?.arrayValue
    else { throw .notAReport(path, holding: nil) }
    let known = Set(listed.compactMap(\.stringValue))
    for each in found where !known.contains(each) {
      var isFolder: ObjCBool = false
      let isThere = FileManager.default.fileExists(atPath: "\(path)/\(each)", isDirectory: &isFolder)
      if isThere, isFolder.boolValue, known.contains(where: { $0.hasPrefix(each + "/") }) { continue }
      throw .notAReport(path, holding: each)
    }
  }
}

extension ReportFolderError {
  /// What the system's error number means for a report.
  fileprivate init(_ code: Int32, _ path: String) {
    switch code {
    case ENOSPC, EDQUOT: self = .diskFull(path)
    case EACCES, EPERM, EROFS: self = .notWritable(path)
    case ENOENT, ENOTDIR: self = .parentMissing(path)
    default: self = .failed(path, String(cString: strerror(code)))
    }
  }
}
