import Routing
public import Wire

/// The form in which a store keeps a job: one JSON object with its version. Instants and lengths of time are whole
/// microseconds, money whole millionths of a dollar; what is nil or usual is left out. The same job gives the same
/// bytes.
extension Job {
  /// The version that is written, and the only one that is read.
  public static let storedVersion: Int64 = 1

  /// The stored form, UTF-8.
  public var stored: [UInt8] {
    var writer = JSONWriter(reserving: 1_024)
    writer.value(self)
    return writer.bytes
  }
}

extension Job: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("v", Job.storedVersion)
      $0.field("id", id.description)
      $0.field("revision", revision)
      $0.field("state", state.rawValue)
      $0.field("decision", decision.description)
      $0.field("capability", capability.name)
      $0.object("input") {
        $0.field("reference", input.reference)
        $0.field("bytes", input.byteCount)
      }
      $0.field("created", created.microseconds)
      $0.field("deadline", deadline.microseconds)
      $0.field("priority", priority.rawValue)
      $0.fieldIfPresent("tenant", tenant)
      $0.fieldIfPresent("callback", callbackURL)
      if fallbackOnModeration { $0.field("fallback_on_moderation", true) }
      $0.fieldIfPresent("maximum_attempts", maximumAttempts)
      if copiesArtefacts { $0.field("copies", true) }
      if let cacheTicket { $0.object("cache") { cacheTicket.writeFields(to: &$0) } }
      if let cacheOrigin { $0.object("cached") { cacheOrigin.writeFields(to: &$0) } }
      $0.fieldIfPresent("key", apiKey?.description)
      if isBilled { $0.field("billed", true) }
      $0.objects("plan", plan) { $1.writeFields(to: &$0) }
      $0.objects("attempts", attempts) { $1.writeFields(to: &$0) }
      if let turn {
        $0.object("turn") {
          $0.field("candidate", turn.candidate)
          $0.field("not_before", turn.notBefore.microseconds)
        }
      }
      if !blocks.isEmpty { $0.objects("blocks", blocks) { $1.writeFields(to: &$0) } }
      if let result { $0.object("result") { result.writeFields(to: &$0) } }
      $0.fieldIfPresent("winner", winner)
      if let failure { $0.object("failure") { failure.writeFields(to: &$0) } }
      $0.fieldIfPresent("cancel_asked", cancelAsked?.microseconds)
      $0.fieldIfPresent("wake", wake?.microseconds)
      $0.fieldIfPresent("ended", ended?.microseconds)
      $0.field("cost", cost.micros)
    }
  }
}

extension PlannedCandidate {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.field("candidate", candidate)
    writer.field("provider", provider)
    writer.fieldIfPresent("estimate", estimatedCost?.micros)
    writer.object("contract") { contract.writeFields(to: &$0) }
    if payment != .onDemand { writer.field("payment", payment.rawValue) }
  }
}

extension VendorContract {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.field("submit_limit", submitLimit.microseconds)
    writer.fieldIfPresent("attempt_limit", attemptLimit?.microseconds)
    if let poll {
      writer.object("poll") {
        $0.field("floor", poll.floor.microseconds)
        $0.field("ceiling", poll.ceiling.microseconds)
        $0.field("growth", poll.growth)
        $0.field("jitter", poll.jitter)
      }
    }
    if honoursToken { writer.field("token", true) }
    if lists { writer.field("lists", true) }
    writer.fieldIfPresent("webhook_window", webhookWindow?.microseconds)
    if cancels { writer.field("cancels", true) }
  }
}

extension Attempt {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.field("candidate", candidate)
    writer.field("state", state.rawValue)
    writer.field("started", started.microseconds)
    writer.fieldIfPresent("accepted", accepted?.microseconds)
    writer.fieldIfPresent("ended", ended?.microseconds)
    if let vendor {
      writer.object("vendor") {
        $0.field("id", vendor.id)
        $0.fieldIfPresent("status_url", vendor.statusURL)
        $0.fieldIfPresent("result_url", vendor.resultURL)
        $0.fieldIfPresent("cancel_url", vendor.cancelURL)
      }
    }
    writer.fieldIfPresent("progress", progress)
    if let failure { writer.object("failure") { failure.writeFields(to: &$0) } }
    writer.fieldIfPresent("estimate", estimatedCost?.micros)
    writer.fieldIfPresent("stated", statedCost?.micros)
    if possibleDoubleSpend { writer.field("possible_double_spend", true) }
    if isReported { writer.field("reported", true) }
    writer.fieldIfPresent("cancel_asked", cancelAsked?.microseconds)
    writer.fieldIfPresent("unknown_since", unknownSince?.microseconds)
    if polls > 0 { writer.field("polls", polls) }
    writer.fieldIfPresent("polled", polled?.microseconds)
    if missing > 0 { writer.field("missing", missing) }
    if reconciliations > 0 { writer.field("reconciliations", reconciliations) }
    if copies > 0 { writer.field("copies", copies) }
  }
}

extension Block {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.field("candidate", candidate)
    writer.field("reason", reason.rawValue)
    writer.fieldIfPresent("until", until?.microseconds)
    writer.field("at", at.microseconds)
  }
}

extension VendorFailure {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.field("class", failureClass.rawValue)
    writer.field("cause", cause.rawValue)
    writer.fieldIfPresent("status", httpStatus)
    writer.fieldIfPresent("code", vendorCode)
    writer.field("message", message)
    writer.fieldIfPresent("retry_after", retryAfter?.microseconds)
    writer.fieldIfPresent("scope", scope?.rawValue)
  }
}

extension JobResult {
  func writeFields(to writer: inout JSONWriter) {
    if !artefacts.isEmpty {
      writer.objects("artefacts", artefacts) {
        $0.field("url", $1.url)
        $0.fieldIfPresent("content_type", $1.contentType)
        $0.fieldIfPresent("bytes", $1.byteCount)
        $0.fieldIfPresent("expires", $1.expires?.microseconds)
        if $1.isCopied { $0.field("copied", true) }
      }
    }
    writer.fieldIfPresent("text", text)
  }
}
