import Glibc

/// A file that is sent as a body.
final class UploadFile {
  let size: Int
  private let descriptor: Int32

  init(_ path: String) throws(TransportError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .refused(.invalidBody, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .refused(.invalidBody, "\(path) is not a file")
    }
    size = Int(facts.st_size)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// - Returns: how many bytes were read; negative when the file cannot be read.
  func read(into buffer: UnsafeMutableRawPointer, _ count: Int, at offset: Int) -> Int {
    pread(descriptor, buffer, min(count, size - offset), offset)
  }
}
