import Jobs

/// A fault of the street, with the class that the failure taxonomy puts it in.
struct MatrixFault: Sendable {
  var name: String
  /// Of the street's file, without vendor and frequency; `LATER` is as many seconds as suits what is looked at.
  var order: String
  /// Nil where the job is done all the same.
  var expected: FailureClass?
  /// Strikes the first such call alone: struck each time, the job could never end.
  var isOnce = false
  /// Only with limits that can be waited for.
  var isEndless = false
  var isOfWebhooks = false
  /// What a line must have for the fault to mean anything.
  var needs: @Sendable (MatrixLine) -> Bool = { _ in true }

  init(
    _ name: String, _ order: String? = nil, _ expected: FailureClass? = nil, isOnce: Bool = false,
    isEndless: Bool = false, needs: @escaping @Sendable (MatrixLine) -> Bool = { _ in true }
  ) {
    self.name = name
    self.order = order ?? name
    self.expected = expected
    self.isOnce = isOnce
    self.isEndless = isEndless
    self.needs = needs
  }

  static func webhook(_ name: String) -> MatrixFault {
    var fault = MatrixFault(name, needs: \.hasWebhooks)
    fault.isOfWebhooks = true
    return fault
  }

  /// What the fault is to be at a line; nil where the job is done all the same.
  func expected(of line: MatrixLine) -> FailureClass? {
    if let otherwise = line.otherwise[name] { return otherwise }
    return expected
  }

  /// Whether it means anything at a line, and ends there within a test's patience.
  func suits(_ line: MatrixLine) -> Bool {
    needs(line) && (!(isEndless || line.endless.contains(name)) || !line.brief.isEmpty)
  }

  static let all: [MatrixFault] = [
    // Nothing was taken on, and the vendor said so.
    MatrixFault("latency", "latency, delay_ms: 300"),
    MatrixFault("too_many_requests", "too_many_requests, retry_after_s: LATER", .rateConcurrency),
    MatrixFault("server_error 400", "server_error, status: 400", .callerError),
    MatrixFault("server_error 422", "server_error, status: 422", .callerError),
    MatrixFault("server_error 500", "server_error, status: 500", .transient),
    MatrixFault("server_error 503", "server_error", .transient),
    MatrixFault("retired", nil, .retired),
    // Whatever asks with the credential is refused, the check of its health too.
    MatrixFault("unauthorized", "unauthorized, on: any", .authCredit, needs: \.hasKey),
    MatrixFault("out_of_credit", "out_of_credit, on: any", .authCredit, needs: \.hasKey),
    // Whether it was taken on cannot be known: what a gateway says, and answers that are lost or no answers.
    MatrixFault("server_error 502", "server_error, status: 502", .ambiguous),
    MatrixFault("server_error 504", "server_error, status: 504", .ambiguous),
    MatrixFault("hang", nil, .ambiguous, isEndless: true),
    MatrixFault("lost", nil, .ambiguous),
    MatrixFault("reset", nil, .ambiguous),
    MatrixFault("truncated", nil, .ambiguous),
    MatrixFault("malformed_json", nil, .ambiguous),
    MatrixFault("html", nil, .ambiguous),
    // Strange, and no reason to go elsewhere.
    MatrixFault("slow_body", "slow_body, delay_ms: 400"),
    MatrixFault("oversize", "oversize, bytes: 4000000"),
    MatrixFault("missing_polling_url", needs: \.givesStatusURL),
    MatrixFault("relative_url", needs: \.hasFiles),
    MatrixFault("unknown_status", isOnce: true, needs: { !$0.isImmediate }),
    MatrixFault("server_error, on status", "server_error, on: status", isOnce: true) { !$0.isImmediate },
    MatrixFault("too_many_requests, on status", "too_many_requests, on: status", isOnce: true) {
      !$0.isImmediate
    },
    MatrixFault("html, on status", "html, on: status", isOnce: true) { !$0.isImmediate },
    MatrixFault("reset, on status", "reset, on: status", isOnce: true) { !$0.isImmediate },
    // What becomes of the work.
    MatrixFault("stuck", nil, .transient, isEndless: true),
    MatrixFault("fails", nil, .transient),
    MatrixFault("moderated", nil, .moderated),
    MatrixFault("empty_output", nil, .badOutput),
    MatrixFault("expired_asset", nil, .badOutput, needs: \.hasFiles),
    .webhook("duplicate_webhook"), .webhook("webhook_out_of_order"), .webhook("wrong_signature"),
    .webhook("early_webhook"), .webhook("lost_webhook"),
  ]
}
