/// Waits until a condition holds, looking every few milliseconds; false when it does not within a minute. For what
/// happens on other threads: nothing is claimed about how long it takes.
public func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
  for _ in 0..<12_000 {
    if try await condition() { return true }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return try await condition()
}
