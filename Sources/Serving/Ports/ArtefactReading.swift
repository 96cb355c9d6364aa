public import Routing

/// The reading side of where copies of artefacts lie.
public protocol ArtefactReading: Sendable {
  /// What is kept under a name; nil when there is nothing, or no copy could have such a name.
  func artefact(named name: String) async throws -> StoredArtefact?

  /// A part of it, in one piece: whoever wants all of a large file reads it part by part.
  ///
  /// - Parameter range: within its bytes.
  func read(_ artefact: StoredArtefact, _ range: Range<Int>) async throws -> [UInt8]

  /// An address at which the store itself hands an artefact out; nil for a store that has none.
  ///
  /// - Parameters:
  ///   - method: `GET` or `HEAD`, the only one that it holds for.
  ///   - lifetime: how long from `now` on.
  func directAddress(
    of artefact: StoredArtefact, method: String, from now: Instant, lifetime: Span
  ) async throws -> String?
}

extension ArtefactReading {
  public func directAddress(
    of artefact: StoredArtefact, method: String, from now: Instant, lifetime: Span
  ) async throws -> String? { nil }
}

/// A copy of an artefact. What is kept under a name never changes.
public struct StoredArtefact: Hashable, Sendable {
  public var name: String
  public var contentType: String
  public var byteCount: Int

  public init(name: String, contentType: String, byteCount: Int) {
    self.name = name
    self.contentType = contentType
    self.byteCount = byteCount
  }
}
