import HTTPTypes
import Synchronization

/// What the street received and sent, for tests to hold against what a caller believes.
final class Journal: Sendable {
  /// One call as it came in and was answered.
  struct Entry: Sendable {
    let number: Int
    let vendor: String
    let method: String
    let path: String
    let operation: CallKind?
    let headers: [(name: String, value: String)]
    let reference: String?
    let at: Duration
    var fault: FaultKind?
    var job: String?
    /// nil while it is not answered, and for ever when the connection was cut instead.
    var status: Int?
  }

  /// One attempt to deliver a message.
  struct Webhook: Sendable {
    let vendor: String
    let job: String
    let event: String
    let url: String
    let attempt: Int
    let at: Duration
    var status: Int?
    var error: String?
  }

  private struct State {
    var entries: [Int: Entry] = [:]
    var webhooks: [Webhook] = []
    var calls = 0
    /// The lowest number that is still kept.
    var first = 1
    var omittedWebhooks = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) { self.limit = max(limit, 1) }

  /// The number of the next call.
  func begin() -> Int {
    state.withLock { state in
      state.calls += 1
      return state.calls
    }
  }

  func note(_ entry: Entry) {
    state.withLock { state in
      state.entries[entry.number] = entry
      while state.entries.count > limit {
        state.entries[state.first] = nil
        state.first += 1
      }
    }
  }

  /// Says what became of a call.
  func close(call: Int, status: Int?, fault: FaultKind?) {
    state.withLock { state in
      state.entries[call]?.status = status
      state.entries[call]?.fault = fault
    }
  }

  func link(call: Int, job: String) {
    state.withLock { state in state.entries[call]?.job = job }
  }

  /// The job that a call made or was about.
  func job(ofCall call: Int) -> String? { state.withLock { $0.entries[call]?.job } }

  func hasWebhook(job: String) -> Bool { state.withLock { $0.webhooks.contains { $0.job == job } } }

  func note(_ webhook: Webhook) {
    state.withLock { state in
      state.webhooks.append(webhook)
      if state.webhooks.count > limit {
        state.webhooks.removeFirst(state.webhooks.count - limit)
        state.omittedWebhooks += 1
      }
    }
  }

  /// Everything kept, in the order of arrival.
  func entries(of vendor: String? = nil) -> (entries: [Entry], omitted: Int) {
    state.withLock { state in
      let entries = state.entries.keys.sorted().compactMap { state.entries[$0] }
      return (entries.filter { vendor == nil || $0.vendor == vendor }, state.first - 1)
    }
  }

  func webhooks(of vendor: String? = nil) -> (webhooks: [Webhook], omitted: Int) {
    state.withLock { state in
      (state.webhooks.filter { vendor == nil || $0.vendor == vendor }, state.omittedWebhooks)
    }
  }

  func removeAll() {
    state.withLock { state in
      state.entries = [:]
      state.webhooks = []
      state.first = state.calls + 1
      state.omittedWebhooks = 0
    }
  }

  /// Header fields without what is secret in them.
  static func withoutCredentials(_ headers: HTTPFields) -> [(name: String, value: String)] {
    let secret = ["authorization", "x-key", "x-api-key", "x-goog-api-key", "x-amz-security-token", "cookie"]
    return headers.map { field in
      (field.name.canonicalName, secret.contains(field.name.canonicalName) ? "(withheld)" : field.value)
    }
  }
}
