import Declarations
import Foundation
import Jobs
import Routing
import Serving
import Synchronization
import Testing
import Transport
import Wire

@testable import Adapters

/// Orders, declarations and surroundings for the tests.
enum Samples {
  static let vendors = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "data/vendors").path

  // date -u -d 2026-11-20T10:00:00Z +%s
  static let now = Instant(microseconds: 1_795_168_800_000_000)

  static func declaration(_ name: String) throws -> VendorDeclaration {
    try VendorFile.load(path: "\(vendors)/\(name).yaml")
  }

  static func interpreter(_ name: String, access: Access? = nil) throws -> VendorInterpreter {
    VendorInterpreter(try declaration(name), for: Provider(id: name, name: name, access: access))
  }

  static func order(
    _ capability: Capability, _ model: String, _ input: JSONValue, webhook: String? = nil,
    deadline: Instant? = nil
  ) throws -> WorkOrder {
    WorkOrder(
      capability: capability, model: model, input: try WorkInput(input), token: "t-0", webhookURL: webhook,
      deadline: deadline)
  }

  static func call(
    _ name: String, _ order: WorkOrder, access: Access? = nil
  ) throws -> CallDescription {
    let interpreter = try interpreter(name, access: access)
    let operation = try #require(interpreter.declaration.operation(for: order.capability, model: order.model))
    return try interpreter.call(
      operation.submit,
      VendorInterpreter.Filling(order: OrderValues(order: order, now: now), credential: "secret"))
  }

  static func json(_ text: String, status: Int = 200, _ headers: HeaderFields = [:]) -> VendorAnswer {
    var headers = headers
    headers.add("Content-Type", "application/json")
    return VendorAnswer(status: status, headers: headers, body: Array(text.utf8))
  }

  static func page(_ status: Int) -> VendorAnswer {
    VendorAnswer(
      status: status, headers: ["Content-Type": "text/html; charset=utf-8"],
      body: Array("<!doctype html><title>Oops</title>".utf8))
  }

  static func body(_ call: CallDescription) throws -> JSONValue {
    guard case .json(let json) = call.body else {
      Issue.record("the call has no JSON body")
      return .null
    }
    return json
  }
}

/// What a piece of work throws, as the failure that it is.
func failure(_ work: () throws(VendorFailure) -> Void) -> VendorFailure? {
  do throws(VendorFailure) {
    try work()
    return nil
  } catch {
    return error
  }
}

/// Keeps files in memory.
final class ShelfStore: ArtefactStore {
  private let files = Mutex<[(bytes: [UInt8], type: String)]>([])

  var kept: [(bytes: [UInt8], type: String)] { files.withLock { $0 } }

  func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact {
    let place = files.withLock { files in
      files.append((bytes, contentType))
      return files.count - 1
    }
    return Artefact(url: "kept:\(place)", contentType: contentType, byteCount: bytes.count, isCopied: true)
  }
}

/// A store that is full.
struct FullStore: ArtefactStore {
  struct Full: Error {}
  func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact { throw Full() }
}

struct FixedClock: WallClock {
  var now: Instant { Samples.now }
}
