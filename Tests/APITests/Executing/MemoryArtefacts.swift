import Serving
import Synchronization

/// Artefacts in memory, which count how often and how much is read.
final class MemoryArtefacts: ArtefactReading {
  struct Read: Hashable {
    var name: String
    var range: Range<Int>
  }

  private let files: [String: (type: String, bytes: [UInt8])]
  private let seen = Mutex<[Read]>([])

  init(_ files: [String: (type: String, bytes: [UInt8])]) { self.files = files }

  var reads: [Read] { seen.withLock { $0 } }

  func artefact(named name: String) async throws -> StoredArtefact? {
    files[name].map { StoredArtefact(name: name, contentType: $0.type, byteCount: $0.bytes.count) }
  }

  func read(_ artefact: StoredArtefact, _ range: Range<Int>) async throws -> [UInt8] {
    seen.withLock { $0.append(Read(name: artefact.name, range: range)) }
    return Array(files[artefact.name]!.bytes[range])
  }
}
