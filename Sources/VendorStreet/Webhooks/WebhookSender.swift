import HTTPTypes
import ServiceLifecycle

/// Sends webhooks at their time, and again when they are not taken.
final class WebhookSender: Service {
  private struct Delivery: Sendable {
    let event: WebhookEvent
    let jobID: String
    let vendor: String
    let url: String
    let due: Duration
    let hasWrongSignature: Bool
  }

  /// Those that go out one after the other; different ones do not wait for each other.
  private let deliveries: AsyncStream<[Delivery]>
  private let source: AsyncStream<[Delivery]>.Continuation
  private let retries: [Duration]
  private let clock: StreetClock
  private let jobs: JobBoard
  private let journal: Journal

  init(settings: StreetSettings, clock: StreetClock, jobs: JobBoard, journal: Journal) {
    (deliveries, source) = AsyncStream.makeStream()
    retries = settings.webhookRetries
    self.clock = clock
    self.jobs = jobs
    self.journal = journal
  }

  /// Takes on the messages of a job, bent by the fault that it was submitted with.
  func schedule(_ events: [WebhookEvent], of job: VendorJob) {
    guard let url = job.webhook, job.fault != .lostWebhook else { return }
    // A stuck job has nothing to tell.
    let events = events.filter { $0.due < .seconds(Int64.max) }
    var dues = events.map(\.due)
    if job.fault == .webhookOutOfOrder, let last = dues.max() {
      // All at the end, the last one first.
      dues = dues.indices.map { last + .milliseconds(150 * (dues.count - 1 - $0)) }
    }
    let count = job.fault == .duplicateWebhook ? 3 : 1
    let all = zip(events, dues).flatMap { event, due in
      (0..<count).map { copy in
        Delivery(
          event: event, jobID: job.id, vendor: job.vendor, url: url, due: due + .milliseconds(20 * copy),
          hasWrongSignature: job.fault == .wrongSignature)
      }
    }
    // However late the machine is, the order is the wrong one.
    if job.fault == .webhookOutOfOrder {
      source.yield(all.reversed())
    } else {
      for delivery in all { source.yield([delivery]) }
    }
  }

  func run() async throws {
    await withDiscardingTaskGroup { group in
      for await row in deliveries.cancelOnGracefulShutdown() {
        group.addTask { for delivery in row { await self.deliver(delivery) } }
      }
      group.cancelAll()
    }
  }

  private func deliver(_ delivery: Delivery) async {
    do {
      try await sleep(until: delivery.due)
      for attempt in 0...retries.count {
        if attempt > 0 { try await Task.sleep(for: retries[attempt - 1]) }
        if await send(delivery, attempt: attempt + 1) { return }
      }
    } catch {
      // The street closes; what was not sent is lost, as it would be.
    }
  }

  private func sleep(until due: Duration) async throws {
    let pause = due - clock.now
    if pause > .zero { try await Task.sleep(for: pause) }
  }

  /// Whether nothing is left to do: it was taken, or there is nothing to say.
  private func send(_ delivery: Delivery, attempt: Int) async -> Bool {
    guard let job = jobs.find(delivery.jobID, of: delivery.vendor),
      let body = delivery.event.body(job, clock.now)
    else { return true }
    let timestamp = Int(clock.unix(clock.now))
    var headers = delivery.event.sign(
      delivery.event.id, timestamp, delivery.hasWrongSignature ? body + [0x20] : body)
    headers[.contentType] = "application/json"
    var record = Journal.Webhook(
      vendor: delivery.vendor, job: delivery.jobID, event: delivery.event.name, url: delivery.url,
      attempt: attempt, at: clock.now)
    do {
      let status = try await HTTPPost.send(to: delivery.url, headers: headers, body: body)
      record.status = status
    } catch {
      record.error = "\(error)"
    }
    journal.note(record)
    return (200..<300).contains(record.status ?? 0)
  }
}
