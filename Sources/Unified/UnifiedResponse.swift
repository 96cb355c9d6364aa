public import Jobs
public import Routing
public import Wire

/// An answer of the current version of the unified contract.
///
/// Source: the multi-model document's response and error contracts, version 2.0.
public struct UnifiedResponse: Sendable {
  public enum Status: String, Hashable, Sendable { case success, failed, processing }

  /// What went wrong, in full.
  public struct Failure: Sendable {
    public var details: ErrorDetails
    /// More about it, such as the fields that are wrong.
    public var more: [JSONValue.Member]
    public var at: Instant

    public init(_ details: ErrorDetails, more: [JSONValue.Member] = [], at: Instant) {
      self.details = details
      self.more = more
      self.at = at
    }
  }

  public var requestID: String
  public var provider: String?
  public var model: String?
  public var status: Status
  /// `artefacts` and `text`; nil while there is none.
  public var result: [JSONValue.Member]?
  public var failure: Failure?
  public var metadata: [JSONValue.Member]
  public var timestamp: Instant
  /// From taking it in to its end; nil before.
  public var processingTime: Span?
  public var tokens: Int?
  public var cost: Money?

  public init(
    requestID: String, status: Status, timestamp: Instant, provider: String? = nil, model: String? = nil,
    result: [JSONValue.Member]? = nil, failure: Failure? = nil, metadata: [JSONValue.Member] = [],
    processingTime: Span? = nil, tokens: Int? = nil, cost: Money? = nil
  ) {
    self.requestID = requestID
    self.status = status
    self.timestamp = timestamp
    self.provider = provider
    self.model = model
    self.result = result
    self.failure = failure
    self.metadata = metadata
    self.processingTime = processingTime
    self.tokens = tokens
    self.cost = cost
  }

  /// In the words of version 2.0; ``MigrationGraph/downgrade(_:to:)`` says it in older ones.
  public var json: JSONValue {
    [
      "schema_version": .string(SchemaVersion.current.rawValue), "request_id": .string(requestID),
      "provider": JSONValue(text: provider), "model": JSONValue(text: model),
      "status": .string(status.rawValue), "result": result.map { .object($0) } ?? .null,
      "error": failure?.json ?? .null, "metadata": .object(metadata),
      "timestamp": .string(timestamp.description),
      "processing_time_ms": processingTime.map { .number(Double($0.microseconds) / 1_000) } ?? .null,
      "tokens_used": tokens.map { .integer(Int64($0)) } ?? .null,
      "cost": cost.map { .number($0.dollars) } ?? .null,
    ]
  }
}

extension UnifiedResponse.Failure {
  var json: JSONValue {
    [
      "code": .string(details.code.rawValue), "message": .string(details.message),
      "retryable": .bool(details.retryable), "provider": JSONValue(text: details.provider),
      "details": more.isEmpty ? .null : .object(more), "timestamp": .string(at.description),
      "retry_after": details.retryAfterSeconds.map { .integer($0) } ?? .null,
    ]
  }
}

extension JSONValue {
  fileprivate init(text: String?) { self = text.map { .string($0) } ?? .null }
}
