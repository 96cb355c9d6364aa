import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import Routing
import Serving
import Wire

/// `GET /v1/jobs/{id}/events`: what happens to a job, as it happens (Server-Sent Events).
struct JobEventRoutes {
  let service: RoutingService
  let jobs: JobService
  let heartbeat: Duration

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/jobs/:id/events", use: events)
  }

  private func events(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let id = try context.identifier(of: "job")
    guard AcceptedTypes(request.headers[values: .accept]).allow("text", "event-stream") else {
      throw Problem(
        .notAcceptable, "not-acceptable", "The answer has another type",
        "events are sent as text/event-stream, which the header Accept excludes")
    }
    var after = 0
    if let text = request.headers[.lastEventID] {
      guard let number = Int(text), number >= 0 else {
        throw Problem.header("Last-Event-ID", "must be the number of an event, got '\(text)'")
      }
      after = number
    }
    guard let view = try await jobs.view(id), Caller.current.maySee(view.job.tenant) else {
      throw Problem.unknownJob(id)
    }
    // Without this a browser would come back forever for what has ended.
    if view.job.state.isTerminal, try service.ledger.jobEvents(of: id, after: after, limit: 1).isEmpty {
      return Response(status: .noContent)
    }
    guard let entries = try await jobs.events(of: id, after: after) else { throw Problem.unknownJob(id) }
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/event-stream", .cacheControl: "no-cache",
        // A proxy that gathers an answer before it passes it on would keep the events back.
        .accelBuffering: "no",
      ],
      body: EventStream.body(entries, heartbeat: heartbeat) { EventStream.event($0) })
  }
}

extension HTTPField.Name {
  static let lastEventID = HTTPField.Name("Last-Event-ID")!
  static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}
