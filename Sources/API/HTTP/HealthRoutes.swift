import Embedding
import HTTPTypes
import Hummingbird
import NIOCore
import Routing
import Serving
import Wire

/// `/healthz` (the process lives), `/readyz` (it can do its work), `/openapi.yaml` (the contract).
struct HealthRoutes {
  let service: RoutingService

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("healthz") { request, _ in
      try request.allowQuery()
      return Response.json { $0.field("status", "ok") }
    }
    router.get("readyz", use: ready)
    router.get("openapi.yaml") { request, _ in
      try request.allowQuery()
      return Response(
        status: .ok, headers: [.contentType: "application/yaml"],
        body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_yaml)))
    }
  }

  private func ready(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let snapshot = service.snapshot
    let failure = service.recorder.failure
    return .json(failure == nil ? .ok : .serviceUnavailable) { writer in
      writer.field("status", failure == nil ? "ready" : "failing")
      writer.fieldIfPresent("detail", failure.map { "the ledger cannot be written: \($0)" })
      writer.field("epoch", snapshot.epoch)
      writer.field("embedding", service.embedder.name)
      writer.field("candidates", snapshot.catalogue.value.candidates.count)
      writer.field("regions", snapshot.map.plan.regions.count)
    }
  }
}
