import Wire

/// A client that waits for a router that does not answer, and asks again.
///
/// What it sends is either read-only, idempotent by its ids, or harmless to repeat: a decision asked for twice leaves one
/// that nobody judges, and an epoch is closed again only if it is still the same one.
struct PatientClient {
  let client: Client
  /// Seconds.
  let patience: Double
  /// How often the router went away.
  private(set) var outages = 0

  init(_ client: Client, patience: Double) {
    self.client = client
    self.patience = patience
  }

  mutating func get(_ path: String, _ query: [(String, String?)]) async throws -> JSONValue {
    let client = client
    return try await patiently { () async throws(ClientError) in try await client.get(path, query) }
  }

  mutating func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
    let client = client
    return try await patiently { () async throws(ClientError) in try await client.post(path, body) }
  }

  /// Closes an epoch, unless another one is open already.
  mutating func closeEpoch(_ number: Int64) async throws {
    let client = client
    var isFirst = true
    try await patiently { () async throws(ClientError) in
      if !isFirst,
        let open = try await client.get("/v1/epochs", [("limit", "1")])["open"]?["number"]?.integerValue,
        open > number
      {
        return
      }
      isFirst = false
      _ = try await client.post("/v1/epochs")
    }
  }

  private mutating func patiently<Answer>(
    _ ask: () async throws(ClientError) -> Answer
  ) async throws -> Answer {
    let clock = ContinuousClock()
    var lost: ContinuousClock.Instant?
    var pause = 0.1
    while true {
      do throws(ClientError) {
        let answer = try await ask()
        if lost != nil { Terminal.complain("pointsman: the router answers again") }
        return answer
      } catch {
        let since = lost ?? clock.now
        let waited = (clock.now - since) / .seconds(1)
        guard error.isPassing, waited < patience else { throw error }
        if lost == nil {
          lost = since
          outages += 1
          Terminal.complain("pointsman: \(error); trying again for \(ProgressBar.duration(patience))")
        }
        try await Task.sleep(for: .seconds(max(0.05, min(error.retryAfter ?? pause, patience - waited))))
        pause = min(pause * 1.5, 1)
      }
    }
  }
}
