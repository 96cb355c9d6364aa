import Crypto
import Foundation
public import Jobs
public import Serving
import Synchronization

/// Artefacts in memory: the twin of the folder.
public final class MemoryArtefacts: ArtefactKeeping {
  public struct Missing: Error {}

  private let files = Mutex<[String: [UInt8]]>([:])
  private let publicBase: String?

  public init(publicBase: String? = nil) { self.publicBase = publicBase }

  /// Names of all that is kept, sorted.
  public var names: [String] { files.withLock { $0.keys.sorted() } }

  public func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact {
    let head = Array(bytes.prefix(MediaType.sniffLength))
    let type = MediaType(word: contentType, head: head, isWhole: head.count == bytes.count)
    let name = ArtefactName(digest: SHA256.hash(data: bytes), type: type)
    files.withLock { $0[name.description] = bytes }
    return Artefact(
      url: name.address(base: publicBase), contentType: type.name, byteCount: bytes.count, isCopied: true)
  }

  public func receive(
    _ artefact: Artefact,
    _ download:
      @Sendable (_ descriptor: Int32) async throws(VendorFailure) -> (
        contentType: String?, byteCount: Int
      )
  ) async throws -> Artefact {
    let path = FileManager.default.temporaryDirectory.appending(path: "artefact-\(UUID().uuidString)").path
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(.EIO) }
    unlink(path)
    defer { close(descriptor) }
    let said = try await download(descriptor).contentType
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw POSIXError(.EIO) }
    let bytes = try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd() ?? Data()
    let word = said.flatMap { MediaType(word: $0) } == nil ? artefact.contentType ?? said : said
    return try await keep(Array(bytes), contentType: word ?? "")
  }

  public func artefact(named name: String) async throws -> StoredArtefact? {
    guard let parsed = ArtefactName(name), let bytes = files.withLock({ $0[name] }) else { return nil }
    return StoredArtefact(name: name, contentType: parsed.type.name, byteCount: bytes.count)
  }

  public func read(_ artefact: StoredArtefact, _ range: Range<Int>) async throws -> [UInt8] {
    guard let bytes = files.withLock({ $0[artefact.name] }) else { throw Missing() }
    return Array(bytes[range])
  }

  public func remove(_ name: String) async throws { files.withLock { $0[name] = nil } }
}

/// Writes a text where a download would go.
public func write(_ text: String, to descriptor: Int32) throws(VendorFailure) {
  try write(Array(text.utf8), to: descriptor)
}

public func write(_ bytes: [UInt8], to descriptor: Int32) throws(VendorFailure) {
  let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
  guard count == bytes.count else {
    throw VendorFailure(.local, cause: .found, message: "the file cannot be written")
  }
}
