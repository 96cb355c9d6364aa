import Foundation
import Jobs
import Routing
import Serving
import Testing
import Wire

@testable import Adapters

/// Real files, the same for the same order.
@Suite("The sandbox")
struct SandboxTests {
  let store = ShelfStore()
  var sandbox: SandboxAdapter { SandboxAdapter(store: store, delay: .zero) }

  func made(_ capability: Capability, _ input: JSONValue, model: String = "steady") async throws -> JobResult
  {
    let acceptance = try await sandbox.submit(try Samples.order(capability, model, input))
    guard case .finished(let report, _) = acceptance, case .succeeded(let result) = report.status else {
      throw VendorFailure(.unknown, message: "not finished: \(acceptance)")
    }
    return result
  }

  @Test("every capability makes something that is not empty", arguments: Capability.allCases)
  func everyCapability(capability: Capability) async throws {
    let input: JSONValue =
      capability == .speechToText
      ? ["audio_url": "data:audio/wav;base64,AAAA"] : ["prompt": "a fjord at dawn"]
    let order = try Samples.order(capability, "steady", input)
    let candidate = Candidate(
      id: "sandbox/steady", provider: "sandbox", model: "steady", capabilities: [capability])
    #expect(sandbox.check(order, for: candidate) == nil)
    let result = try await made(capability, input)
    #expect(!result.isEmpty)
    #expect(try await made(capability, input).text == result.text)
    #expect(store.kept.count < 2 || store.kept[0].bytes == store.kept[1].bytes)
    #expect(result.artefacts.allSatisfy { $0.isCopied && ($0.byteCount ?? 0) > 100 })
  }

  @Test("a PNG of the shape that was asked for, with right sums")
  func png() async throws {
    _ = try await made(.imageGeneration, ["prompt": "a fjord", "aspect_ratio": "2:1"])
    let bytes = store.kept[0].bytes
    #expect(store.kept[0].type == "image/png")
    #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    // 2:1 of a megapixel in sixteenths is 1456 x 720; its longer side becomes 256: 256 x 127.
    #expect(Array(bytes[16..<24]) == [0, 0, 1, 0, 0, 0, 0, 127])
    // Every chunk: length, type, data, and the CRC over type and data.
    var place = 8
    var types: [String] = []
    while place < bytes.count {
      let count = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let body = Array(bytes[place + 4..<place + 8 + count])
      let sum = bytes[place + 8 + count..<place + 12 + count].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      #expect(Raster.crc32(body) == sum)
      types.append(String(decoding: body.prefix(4), as: UTF8.self))
      place += 12 + count
    }
    #expect(types == ["IHDR", "PLTE", "IDAT", "IEND"])
    // RFC 1952's check value for CRC-32.
    #expect(Raster.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
  }

  @Test("a WAV of the length that was asked for, and a film whose sizes add up")
  func soundAndFilm() async throws {
    _ = try await made(.audioGeneration, ["prompt": "rain", "duration_s": 1.5])
    let wave = store.kept[0].bytes
    // 44 bytes of head, 1.5 s of 8,000 samples of 2 bytes.
    #expect(wave.count == 44 + 24_000)
    #expect(Array(wave[0..<4]) == Array("RIFF".utf8) && Array(wave[8..<12]) == Array("WAVE".utf8))
    #expect(wave[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) } == wave.count - 8)
    _ = try await made(.textToVideo, ["prompt": "rain", "duration_s": 1])
    let film = store.kept[1].bytes
    #expect(Array(film[8..<12]) == Array("AVI ".utf8))
    #expect(film[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) } == film.count - 8)
    // 8 frames of 96 x 56 x 3 bytes, each behind 8 bytes of chunk head.
    #expect(film.count > 8 * (96 * 56 * 3 + 8))
  }

  @Test("another prompt or seed makes another picture")
  func differs() async throws {
    _ = try await made(.imageGeneration, ["prompt": "a"])
    _ = try await made(.imageGeneration, ["prompt": "b"])
    _ = try await made(.imageGeneration, ["prompt": "a", "seed": 2])
    #expect(Set(store.kept.map(\.bytes)).count == 3)
  }

  @Test("embeddings are unit vectors, nearer for texts with common words")
  func embeddings() async throws {
    let result = try await made(
      .embedding, ["texts": ["a red boat", "a red house", "cold quantum noise"], "dimensions": 64])
    let rows = try #require(JSONValue.parse(result.text ?? "").arrayValue).map { row in
      (row.arrayValue ?? []).compactMap(\.doubleValue)
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    #expect(rows.map(\.count) == [64, 64, 64])
    #expect(rows.allSatisfy { abs(dot($0, $0) - 1) < 1e-9 })
    #expect(dot(rows[0], rows[1]) > dot(rows[0], rows[2]) + 0.2)
  }

  @Test("the flaky model fails for about a third of all attempts, each time the same")
  func flaky() async throws {
    var failures = 0
    for number in 0..<300 {
      var order = try Samples.order(.textGeneration, "flaky", ["prompt": "x"])
      order.token = "job-\(number)"
      do throws(VendorFailure) {
        _ = try await sandbox.submit(order)
        #expect(!SandboxWork(order).isUnlucky)
      } catch {
        #expect(error.failureClass == .transient && !error.leavesSubmissionUnknown)
        failures += 1
      }
    }
    // Binomial(300, 85/256): mean 99.6, standard deviation 8.2; within four of them, and fixed anyway.
    #expect((67...132).contains(failures))
  }

  @Test("a stream is the text, word by word")
  func stream() async throws {
    let order = try Samples.order(.textGeneration, "steady", ["prompt": "Hello there"])
    var text = ""
    var last: TextDelta?
    for try await delta in try await sandbox.stream(order) {
      text += delta.text
      last = delta
    }
    #expect(try await made(.textGeneration, ["prompt": "Hello there"]).text == text)
    #expect(last?.finish == "stop" && last?.usage != nil)
  }

  @Test("without words there is nothing to make, and no other model")
  func refused() async throws {
    let candidate = Candidate(
      id: "sandbox/steady", provider: "sandbox", model: "steady", capabilities: [.imageGeneration])
    #expect(sandbox.check(try Samples.order(.imageGeneration, "steady", [:]), for: candidate) != nil)
    await #expect(throws: VendorFailure.self) {
      try await made(.imageGeneration, ["prompt": "x"], model: "stedy")
    }
  }
}
