import Foundation
import Testing

@testable import Embedding

/// A made-up table in a temporary folder, which goes with it.
private final class TinyFolder {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("tiny-\(UUID().uuidString)").path
  private(set) var files: StaticEmbedding.Files

  init(table: [UInt8], tokenizer: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data(table).write(to: URL(fileURLWithPath: path + "/tiny.safetensors"))
    try Data(tokenizer.utf8).write(to: URL(fileURLWithPath: path + "/tiny.json"))
    files = StaticEmbedding.Files(
      name: "tiny",
      table: ("tiny.safetensors", table.withUnsafeBytes { Checksum.sha256($0) }),
      tokenizer: ("tiny.json", Array(tokenizer.utf8).withUnsafeBytes { Checksum.sha256($0) }))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

struct StaticEmbeddingTests {
  /// Two columns; U+2581 is (3, 0), l is (0, −4), everything else zero.
  private var table: SafetensorsFile {
    var rows = [[UInt16]](repeating: [0, 0], count: 266)
    rows[256] = [SafetensorsFile.three, 0]
    rows[257] = [0, SafetensorsFile.minusFour]
    return SafetensorsFile(rows: rows)
  }

  @Test("a vector is the direction of the sum of its tokens' rows")
  func embeds() async throws {
    let folder = try TinyFolder(table: table.bytes, tokenizer: TinyTokenizer.lower.json)
    let embedding = try StaticEmbedding(directory: folder.path, files: folder.files)
    #expect(embedding.name == "tiny" && embedding.dimension == 2)
    // ▁ l: (3, −4) / 5. ▁ l l: (3, −8) / √73.
    #expect(embedding.tokens(of: "l") == [256, 257])
    #expect(embedding.vector(of: "l") == [0.6, -0.8])
    #expect(try await embedding.embed("ll") == [Float(3 / 73.0.squareRoot()), Float(-8 / 73.0.squareRoot())])
    #expect(embedding.vector(of: "") == [0, 0])
    #expect(embedding.vector(of: "   ") == [1, 0])
    #expect(embedding.vector(of: "low") == [0, 0])
  }

  @Test("each fault of the files says which file, why and what to do")
  func refuses() throws {
    let folder = try TinyFolder(table: table.bytes, tokenizer: TinyTokenizer.lower.json)
    func fault(_ files: StaticEmbedding.Files) -> StaticEmbeddingError? {
      let error = #expect(throws: StaticEmbeddingError.self) {
        try StaticEmbedding(directory: folder.path, files: files)
      }
      #expect(error?.description.contains("make setup") == true)
      return error
    }
    let good = folder.files
    #expect(
      fault(.init(name: "x", table: ("none", ""), tokenizer: good.tokenizer))
        == .missing(path: folder.path + "/none"))
    #expect(
      fault(.init(name: "x", table: good.table, tokenizer: (good.tokenizer.file, "00")))
        == .wrongChecksum(path: folder.path + "/tiny.json", expected: "00", found: good.tokenizer.sha256))
    #expect(
      fault(.init(name: "x", table: good.tokenizer, tokenizer: good.tokenizer))
        == .malformed(path: folder.path + "/tiny.json", reason: "shorter than its own header"))
    #expect(
      fault(.init(name: "x", table: good.table, tokenizer: good.table))
        == .malformed(path: folder.path + "/tiny.safetensors", reason: "expected an object at byte 0"))
    let short = try TinyFolder(
      table: SafetensorsFile(rows: [[0, 0]]).bytes, tokenizer: TinyTokenizer.lower.json)
    #expect(
      throws: StaticEmbeddingError.malformed(
        path: short.path + "/tiny.json", reason: "266 tokens, but the table has 1 rows")
    ) { try StaticEmbedding(directory: short.path, files: short.files) }
  }

  @Test(
    "the reference tokens exactly, the reference vectors to 1e-6",
    .enabled(if: Golden.exists, "needs shared/data/embedding_golden.json beside the repository"),
    .enabled(if: Golden.hasTable, "needs the embedding table: make setup"))
  func agreesWithReference() throws {
    let embedding = try StaticEmbedding(directory: Golden.tableFolder)
    #expect(embedding.name == "static-l2-supercat-256" && embedding.dimension == 256)
    for golden in try Golden.load() {
      #expect(embedding.tokens(of: golden.text) == golden.wordllama_ids, "\(golden.text)")
      let vector = embedding.vector(of: golden.text)
      #expect(zip(vector, golden.wordllama256).allSatisfy { abs($0 - $1) <= 1e-6 }, "\(golden.text)")
    }
    // Special tokens are text, and an emoji outside the vocabulary is ▁ and its four bytes (ids 3 + byte).
    #expect(!embedding.tokens(of: "<s></s><unk>").contains { $0 < 3 })
    #expect(embedding.tokens(of: "😀") == [29871, 3 + 0xF0, 3 + 0x9F, 3 + 0x98, 3 + 0x80])
  }
}
