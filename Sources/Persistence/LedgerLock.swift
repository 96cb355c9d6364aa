import Foundation

/// Keeps a second router away from a database, in this process or another: an exclusive `flock` on a file beside it,
/// which the kernel gives back however the process ends.
final class LedgerLock: Sendable {
  private let descriptor: Int32

  /// - Throws: ``LedgerError/locked(path:)`` when somebody else has it.
  init(path: String) throws(LedgerError) {
    let name = path + ".lock"
    let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .folderNotWritable(path: path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .locked(path: path)
    }
    self.descriptor = descriptor
  }

  // The file stays: if it were removed, two could hold locks on two files of the same name.
  deinit { close(descriptor) }
}
