import Foundation
import Serving

/// A file without a name that an artefact goes through on its way to a bucket: it is gone when it is closed, however
/// its process ends. Blocking calls are made elsewhere than on the threads that all tasks share.
final class SpoolFile: Sendable {
  let descriptor: Int32
  private let folder: String

  private static let lanes: OperationQueue = {
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 4
    return queue
  }()

  /// - Throws: ``S3Failure/spool(path:reason:)``.
  init(in folder: String) throws(S3Failure) {
    self.folder = folder
    let path = "\(folder)/.artefact-\(UUID().uuidString)"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .spool(path: folder, reason: SpoolFile.reason(errno)) }
    self.descriptor = descriptor
    unlink(path)
  }

  deinit { close(descriptor) }

  func survey(word: String?) async throws -> ArtefactSurvey {
    try await offload { [self] in try ArtefactSurvey(descriptor, word: word) }
  }

  func read(_ range: Range<Int>) async throws -> [UInt8] {
    try await offload { [self] in
      var bytes = [UInt8](repeating: 0, count: range.count)
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeMutableBytes {
          pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(range.lowerBound + done))
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          let reason = count < 0 ? SpoolFile.reason(errno) : "it has become shorter"
          throw S3Failure.spool(path: folder, reason: reason)
        }
        done += count
      }
      return bytes
    }
  }

  private func offload<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      SpoolFile.lanes.addOperation { continuation.resume(with: Result { try work() }) }
    }
  }

  private static func reason(_ code: Int32) -> String {
    code == ENOSPC || code == EDQUOT ? "its disk is full; free some space" : String(cString: strerror(code))
  }
}
