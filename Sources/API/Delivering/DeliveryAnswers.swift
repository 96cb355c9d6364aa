import Jobs
import Routing
import Serving
import Wire

extension JSONWriter {
  /// The members of a delivery.
  mutating func delivery(_ delivery: Delivery) {
    field("id", delivery.id.description)
    field("job", delivery.job.description)
    field("tenant", delivery.tenant)
    field("event", delivery.event)
    field("url", delivery.url)
    field("state", delivery.state.rawValue)
    field("attempts", delivery.attempts)
    field("tries", delivery.tries)
    field("created_at", delivery.created.description)
    field("due_at", delivery.due?.description)
    field("ended_at", delivery.ended?.description)
    field("last_status", delivery.lastStatus)
    field("last_failure", delivery.lastFailure)
  }

  /// What was tried, and what was sent, byte for byte as a text.
  mutating func record(_ attempts: [DeliveryAttempt], payload: [UInt8]?) {
    objects("log", attempts) { writer, attempt in
      writer.field("number", attempt.number)
      writer.field("started_at", attempt.started.description)
      writer.field("ended_at", attempt.ended.description)
      writer.field("status", attempt.answer.status)
      writer.field("failure", attempt.answer.failure)
      writer.field("answer", attempt.answer.excerpt)
    }
    field("payload", payload.map { String(decoding: $0, as: UTF8.self) })
  }

  /// The members of a secret, without its key.
  mutating func secret(_ secret: SigningSecret) {
    field("id", secret.id.description)
    field("tenant", secret.tenant)
    field("created_at", secret.created.description)
    field("expires_at", secret.expires?.description)
  }
}
