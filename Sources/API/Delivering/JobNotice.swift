import Jobs
import Routing
public import Serving
import Wire

/// What a customer's endpoint is sent when a job has ended: `{"type", "timestamp", "data"}`, as Standard Webhooks
/// recommends it (specification 1.0, "Payload structure"), with the job as `GET /v1/jobs/{id}` shows it.
public enum JobNotice {
  /// - Parameter view: of a job that has ended.
  public static func bytes(_ view: JobView, _ service: RoutingService) throws -> [UInt8] {
    let answered = try service.answered(view.decision)
    var writer = JSONWriter(reserving: 4_096)
    writer.object {
      $0.field("type", "job.\(view.job.state.rawValue)")
      $0.field("timestamp", (view.job.ended ?? view.job.created).description)
      $0.object("data") { $0.job(view, answered) }
    }
    return writer.bytes
  }
}
