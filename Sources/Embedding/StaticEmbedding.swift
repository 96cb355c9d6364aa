import Crypto
import Foundation
import Vectors

/// A text as the mean of the vectors of its tokens: no network, no neural network, microseconds.
///
/// v = mean over the tokens t of E[t], then v / ‖v‖₂, with E a table trained for just this use (WordLlama,
/// https://github.com/dleemiller/WordLlama) and tokens by ``BytePairEncoding``. The order of words is lost; on
/// public routing data it captured 0.533 where a six-layer transformer captured 0.541.
public struct StaticEmbedding: TextEmbedding {
  /// The files of a table, with the SHA-256 of each as 64 lower-case hexadecimal digits.
  public struct Files: Sendable {
    /// The embedding's name.
    public let name: String
    /// A safetensors file with the tensor `embedding.weight`, F16, [tokens, D].
    public let table: (file: String, sha256: String)
    /// A tokenizer in the JSON format of the Hugging Face library.
    public let tokenizer: (file: String, sha256: String)

    public init(
      name: String, table: (file: String, sha256: String), tokenizer: (file: String, sha256: String)
    ) {
      self.name = name
      self.table = table
      self.tokenizer = tokenizer
    }

    /// WordLlama's L2 supercat: 32,000 tokens × 256, 16 MB; MIT licence. `make setup` fetches it.
    public static let l2Supercat256 = Files(
      name: "static-l2-supercat-256",
      table: (
        "l2_supercat_256.safetensors", "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5"
      ),
      tokenizer: (
        "l2_supercat_tokenizer_config.json",
        "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68"
      ))
  }

  public let name: String
  public var dimension: Int { table.columns }
  public var noveltyFloor: Float { 0.15 }

  private let table: TokenTable
  private let tokenizer: BytePairEncoding

  /// Loads both files from the folder at path `directory` and checks them.
  ///
  /// - Throws: ``StaticEmbeddingError``.
  public init(directory: String, files: Files = .l2Supercat256) throws {
    name = files.name
    let folder = URL(fileURLWithPath: directory, isDirectory: true)
    table = try Self.read(folder.appendingPathComponent(files.table.file), sha256: files.table.sha256) {
      bytes in
      try TokenTable(safetensors: bytes, tensor: "embedding.weight")
    }
    let rows = table.rows
    tokenizer = try Self.read(
      folder.appendingPathComponent(files.tokenizer.file), sha256: files.tokenizer.sha256
    ) { bytes in
      let tokenizer = try bytes.withMemoryRebound(to: UInt8.self) { try BytePairEncoding(json: $0) }
      guard tokenizer.count <= rows else {
        throw MalformedFile("\(tokenizer.count) tokens, but the table has \(rows) rows")
      }
      return tokenizer
    }
  }

  /// D elements of length 1; all zero for the empty text.
  public func vector(of text: String) -> [Float] {
    let sum = tokenizer.withTokens(of: text) { table.sum($0) }
    // The mean is the sum but for its length, which goes next.
    return UnitVector(normalising: sum)?.elements ?? [Float](repeating: 0, count: dimension)
  }

  /// The ids of the text's tokens, in order: rows of the table.
  public func tokens(of text: String) -> [Int] {
    tokenizer.withTokens(of: text) { $0.map(Int.init) }
  }

  private static func read<Content>(
    _ file: URL, sha256: String, _ parse: (UnsafeRawBufferPointer) throws -> Content
  ) throws -> Content {
    guard let data = try? Data(contentsOf: file, options: .mappedIfSafe) else {
      throw StaticEmbeddingError.missing(path: file.path)
    }
    return try data.withUnsafeBytes { bytes in
      let found = Checksum.sha256(bytes)
      guard found == sha256 else {
        throw StaticEmbeddingError.wrongChecksum(path: file.path, expected: sha256, found: found)
      }
      do {
        return try parse(bytes)
      } catch {
        throw StaticEmbeddingError.malformed(path: file.path, reason: "\(error)")
      }
    }
  }
}

enum Checksum {
  /// SHA-256 as 64 lower-case hexadecimal digits: whether a downloaded file is the one that was published.
  static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
