/// What can go wrong on the street. The names are those of the fault file, the header and the marker.
enum FaultKind: String, Sendable, Hashable, CaseIterable {
  // Before the vendor did anything: no job, no charge.
  /// The answer comes `delay_ms` late (1,000).
  case latency
  /// 429 with `Retry-After` of `retry_after_s` (1).
  case tooManyRequests = "too_many_requests"
  /// `status` (503) in the vendor's words.
  case serverError = "server_error"
  /// No answer ever; the connection stays open until the caller gives up or the street closes.
  case hang
  /// The model is no longer available, with `status` (404).
  case retired
  case unauthorized
  case outOfCredit = "out_of_credit"

  // After the vendor did its work: the job exists and is charged.
  /// The connection is reset (TCP RST) in the middle of the answer.
  case reset
  /// The connection is reset before the first byte of the answer: submitted, then lost.
  case lost
  case malformedJSON = "malformed_json"
  /// An HTML page with status 200.
  case html
  /// The body ends before the length that was announced.
  case truncated
  /// The body comes in small parts over `delay_ms` (1,000).
  case slowBody = "slow_body"
  /// The body is filled up with white space to `bytes` (32 MiB).
  case oversize
  case missingPollingURL = "missing_polling_url"
  case relativeURL = "relative_url"
  /// A status that the vendor's documents do not know.
  case unknownStatus = "unknown_status"

  // For the life of the job that this call submits.
  /// It runs and never ends.
  case stuck
  /// It ends failed; where the vendor calls every end completed (fal), completed and failed.
  case fails
  case moderated
  /// It succeeds with nothing in it.
  case emptyOutput = "empty_output"
  /// What it made is gone from the start.
  case expiredAsset = "expired_asset"
  case duplicateWebhook = "duplicate_webhook"
  case webhookOutOfOrder = "webhook_out_of_order"
  case wrongSignature = "wrong_signature"
  /// The webhook arrives before the submission is answered.
  case earlyWebhook = "early_webhook"
  case lostWebhook = "lost_webhook"

  /// Faults that only a submission can have, because they are the job's.
  var belongsToJob: Bool {
    switch self {
    case .stuck, .fails, .moderated, .emptyOutput, .expiredAsset, .duplicateWebhook, .webhookOutOfOrder,
      .wrongSignature, .earlyWebhook, .lostWebhook, .missingPollingURL, .retired, .lost:
      true
    default: false
    }
  }

  /// Where the fault strikes unless the rule says otherwise.
  var usualOperation: CallKind { self == .unknownStatus ? .status : .submit }

  /// Where the fault means something at all.
  func strikes(_ operation: CallKind) -> Bool {
    if belongsToJob { return operation == .submit }
    switch self {
    case .unknownStatus: return operation == .status
    case .relativeURL: return operation == .submit || operation == .status || operation == .result
    default: return true
    }
  }
}

/// What a call asks of a vendor, as faults and the journal tell calls apart.
enum CallKind: String, Sendable, Hashable, CaseIterable {
  case submit, status, result, cancel
  /// A download of what a job made.
  case file
  /// Lists, secrets, keys, account data.
  case other
}

/// One fault with its numbers.
struct Fault: Sendable, Hashable {
  var kind: FaultKind
  var delayMilliseconds: Int?
  var retryAfterSeconds: Int?
  var status: Int?
  var bytes: Int?

  init(_ kind: FaultKind) { self.kind = kind }

  var delay: Duration { .milliseconds(delayMilliseconds ?? 1_000) }
}
