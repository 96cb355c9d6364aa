import Crypto
import Foundation

/// What a file is, read through once from its beginning: the digest that names it, its size and its type.
public struct ArtefactSurvey: Sendable {
  public let name: ArtefactName
  public let byteCount: Int

  public var type: MediaType { name.type }

  /// Bytes read at once. (Memory for more is fetched anew from the system for each file, and given back.)
  private static let step = 64 << 10

  /// Reads an open file. Blocks.
  ///
  /// - Parameters:
  ///   - descriptor: of a file that can be read at any place; where it stands does not matter.
  ///   - word: the media type that somebody gave it; nil when nobody did.
  /// - Throws: `POSIXError` when the file cannot be read.
  public init(_ descriptor: Int32, word: String?) throws {
    var hash = SHA256()
    var head: [UInt8] = []
    var count = 0
    var buffer = [UInt8](repeating: 0, count: ArtefactSurvey.step)
    while true {
      let read = pread(descriptor, &buffer, buffer.count, off_t(count))
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      if read == 0 { break }
      buffer[..<read].withUnsafeBytes { hash.update(bufferPointer: $0) }
      if count == 0 { head = Array(buffer[..<min(read, MediaType.sniffLength)]) }
      count += read
    }
    let type = MediaType(word: word, head: head, isWhole: count == head.count)
    name = ArtefactName(digest: hash.finalize(), type: type)
    byteCount = count
  }

  /// The same of bytes in memory.
  public init(_ bytes: [UInt8], word: String?) {
    let head = Array(bytes.prefix(MediaType.sniffLength))
    let type = MediaType(word: word, head: head, isWhole: head.count == bytes.count)
    name = ArtefactName(digest: SHA256.hash(data: bytes), type: type)
    byteCount = bytes.count
  }

  /// Which media type is believed of a download: what it said, where that says something, else what was announced.
  public static func word(said: String?, announced: String?) -> String? {
    said.flatMap { MediaType(word: $0) } == nil ? announced ?? said : said
  }
}
