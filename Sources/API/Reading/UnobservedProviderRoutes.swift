import Hummingbird
import Routing
import Serving
import Wire

/// `/v1/providers` of a router that executes nothing itself: it knows them from its catalogue alone.
struct UnobservedProviderRoutes {
  let service: RoutingService

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/providers", use: providers)
    router.get("v1/providers/:id/health", use: health)
  }

  private func providers(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let catalogue = service.snapshot.catalogue.value
    return .json { writer in
      writer.objects("providers", catalogue.providers) { writer, provider in
        writer.field("id", provider.id)
        writer.field("name", provider.name)
        writer.field("kind", provider.kind.rawValue)
        writer.field("candidates", catalogue.candidates.count { $0.provider == provider.id })
      }
    }
  }

  private func health(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = context.pathParameter("id")
    guard let provider = service.snapshot.catalogue.value.provider(id) else {
      throw Problem.notFound("the catalogue has no provider '\(id)'")
    }
    return .json { writer in
      writer.field("provider", provider.id)
      writer.field("status", "unobserved")
      writer.field("detail", "this router executes nothing itself, so it has not seen the provider answer")
    }
  }
}
