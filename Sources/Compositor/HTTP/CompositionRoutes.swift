import Composition
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// The service's HTTP interface.
///
///     GET    /health                       how it is; 500 when ffmpeg cannot be started
///     POST   /v1/uploads                   a file as the body → {"upload": "upload:ID", "bytes"}
///     POST   /v1/compositions              an order → 202 and how it stands; Idempotency-Key is honoured
///     GET    /v1/compositions              all that are known
///     GET    /v1/compositions/{id}         how one stands
///     GET    /v1/compositions/{id}/result  the film
///     DELETE /v1/compositions/{id}         ends it, or removes what it made
struct CompositionRoutes: Sendable {
  let workbench: Workbench

  func add(to router: some RouterMethods<BasicRequestContext>) {
    router.get("health", use: health)
    router.post("v1/uploads", use: upload)
    router.post("v1/compositions", use: submit)
    router.get("v1/compositions", use: list)
    router.get("v1/compositions/:id", use: read)
    router.get("v1/compositions/:id/result", use: result)
    router.delete("v1/compositions/:id", use: cancel)
  }

  private func health(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let health = await workbench.health()
    return .json(health.status == .error ? .internalServerError : .ok) { health.write(to: &$0) }
  }

  // MARK: Compositions

  private func submit(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let bytes: [UInt8]
    do {
      bytes = Array(try await request.body.collect(upTo: workbench.settings.requestBytes).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw CompositionProblem(
        .contentTooLarge, "payload-too-large",
        "at most \(workbench.settings.requestBytes) bytes are taken; send large files to /v1/uploads")
    }
    let key = request.headers[.idempotencyKey]
    if let key, !(1...200).contains(key.utf8.count) {
      throw CompositionProblem(
        .badRequest, "invalid-request", "Idempotency-Key must have 1 to 200 characters")
    }
    let order: CompositionOrder
    do {
      order = try CompositionOrder(try JSONValue.parse(bytes), limits: workbench.settings.limits)
    } catch let errors as FieldErrors {
      throw CompositionProblem(errors)
    } catch {
      throw CompositionProblem(.badRequest, "malformed-json", "the body is not JSON: \(error)")
    }
    let status = try await workbench.submit(order, key: key)
    return .json(.accepted, headers: [.location: "/v1/compositions/\(status.id)"]) { status.write(to: &$0) }
  }

  private func list(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let statuses = await workbench.statuses
    return .json { writer in
      writer.objects("compositions", statuses) { writer, status in status.write(to: &writer) }
    }
  }

  private func read(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let status = try known(await workbench.status(of: id(context)))
    return .json { status.write(to: &$0) }
  }

  private func cancel(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let status = try known(await workbench.cancel(id(context)))
    return .json { status.write(to: &$0) }
  }

  private func id(_ context: BasicRequestContext) -> String { context.parameters.get("id") ?? "" }

  private func known(_ status: CompositionStatus?) throws -> CompositionStatus {
    guard let status else {
      throw CompositionProblem(
        .notFound, "unknown-composition",
        "no composition has this id; results are kept for a while only, and nothing outlives the service")
    }
    return status
  }

  // MARK: Files

  /// Bytes read at once: no film stands in memory whole.
  private static let chunk = 256 << 10

  private func result(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let status = try known(await workbench.status(of: id(context)))
    guard let result = status.result else {
      throw CompositionProblem(
        .conflict, "no-result",
        "the composition is \(status.state.rawValue); only one that succeeded has a result")
    }
    guard let file = FileHandle(forReadingAtPath: result.path) else {
      throw CompositionProblem(.notFound, "unknown-composition", "the film has been removed")
    }
    let headers: HTTPFields = [
      .contentType: result.contentType, .contentLength: String(result.byteCount),
    ]
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody(contentLength: result.byteCount) { writer in
        defer { try? file.close() }
        while let data = try file.read(upToCount: CompositionRoutes.chunk), !data.isEmpty {
          try await writer.write(ByteBuffer(bytes: data))
        }
        try await writer.finish(nil)
      })
  }

  private func upload(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let limit = workbench.settings.limits.inputBytes
    let tooLarge = CompositionProblem(
      .contentTooLarge, "payload-too-large", "an input has at most \(limit) bytes")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
    let (id, path) = try await workbench.beginUpload()
    do {
      guard FileManager.default.createFile(atPath: path, contents: nil),
        let file = FileHandle(forWritingAtPath: path)
      else { throw CompositionProblem(.internalServerError, "internal", "the upload cannot be written") }
      defer { try? file.close() }
      var count = 0
      for try await part in request.body {
        count += part.readableBytes
        guard count <= limit else { throw tooLarge }
        try file.write(contentsOf: Data(part.readableBytesView))
      }
      guard count > 0 else {
        throw CompositionProblem(.badRequest, "invalid-request", "the body must be the file, and it is empty")
      }
      return .json(.created) { writer in
        writer.field("upload", "upload:\(id)")
        writer.field("bytes", count)
      }
    } catch {
      await workbench.abandonUpload(id)
      throw error
    }
  }
}

extension HTTPField.Name {
  static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}

extension Response {
  static func json(
    _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], type: String = "application/json",
    _ body: (inout JSONWriter) -> Void
  ) -> Response {
    var writer = JSONWriter(reserving: 512)
    writer.object { body(&$0) }
    var headers = headers
    headers[.contentType] = type
    return Response(
      status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes)))
  }
}
