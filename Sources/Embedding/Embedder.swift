/// Where a text becomes a direction: the port between the router and whatever understands language.
///
/// The two local ones are ``StaticEmbedding`` and ``HashingEmbedding``. A model behind a network is a third:
/// it conforms here, throws what its connection throws, and is best wrapped in an ``EmbeddingCache``.
/// Vectors of different embedders share no meaning; ``name`` is kept beside every stored vector.
public protocol Embedder: Sendable {
  /// Which embedding this is, with everything that changes its vectors, such as `hashing-256`.
  var name: String { get }

  /// D, the number of elements of every vector.
  var dimension: Int { get }

  /// The cosine with the best region, after the common mean was removed, below which an intent is unknown
  /// territory; in [0, 1).
  var noveltyFloor: Float { get }

  /// The text's direction: D elements of length 1, or all zero for a text without one (such as the empty
  /// text).
  func embed(_ text: String) async throws -> [Float]

  /// What ``embed(_:)`` gives, where it is to be had without waiting; nil otherwise.
  func embedAtOnce(_ text: String) -> [Float]?
}

extension Embedder {
  public func embedAtOnce(_ text: String) -> [Float]? { nil }
}

/// An embedder that needs no network: it cannot fail and does not wait.
public protocol TextEmbedding: Embedder {
  /// What ``Embedder/embed(_:)`` gives, at once.
  func vector(of text: String) -> [Float]
}

extension TextEmbedding {
  public func embed(_ text: String) async throws -> [Float] { vector(of: text) }
  public func embedAtOnce(_ text: String) -> [Float]? { vector(of: text) }
}
