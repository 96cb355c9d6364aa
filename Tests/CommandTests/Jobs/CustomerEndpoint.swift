import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization
import Testing
import Transport

/// A customer's endpoint on the loopback: it answers with the statuses it was given, in order, and then with 204, and
/// keeps what it was sent.
final class CustomerEndpoint: Sendable {
  struct Call: Sendable {
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]
  }

  private struct State {
    var statuses: [Int]
    var calls: [Call] = []
  }

  private let state: Mutex<State>
  private let address = Mutex("")

  var calls: [Call] { state.withLock { $0.calls } }
  var url: String { address.withLock { $0 } + "/hooks/pointsman" }

  private init(_ statuses: [Int]) { state = Mutex(State(statuses: statuses)) }

  private func take(_ call: Call) -> Int {
    state.withLock { state in
      state.calls.append(call)
      return state.statuses.isEmpty ? 204 : state.statuses.removeFirst()
    }
  }

  /// Opens an endpoint while `body` runs.
  static func open(
    _ statuses: [Int], _ body: @escaping @Sendable (CustomerEndpoint) async throws -> Void
  ) async throws {
    let endpoint = CustomerEndpoint(statuses)
    let (ports, told) = AsyncStream<Int>.makeStream()
    let router = Router(context: BasicRequestContext.self)
    router.post("hooks/pointsman") { request, _ in
      var headers: [String: String] = [:]
      for field in request.headers { headers[field.name.canonicalName] = field.value }
      let body = try await request.body.collect(upTo: 1 << 20)
      return HTTPResponse.Status(code: endpoint.take(Call(headers: headers, body: Array(buffer: body))))
    }
    router.get("well") { _, _ in HTTPResponse.Status.ok }
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { told.yield($0.localAddress?.port ?? 0) }, logger: StreetWorld.logger)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [application], logger: StreetWorld.logger))
    let run = Task {
      defer { told.finish() }
      try await group.run()
    }
    let port = try #require(await ports.first { _ in true })
    let base = "http://127.0.0.1:\(port)"
    endpoint.address.withLock { $0 = base }
    let result: Result<Void, any Error>
    do { result = .success(try await body(endpoint)) } catch { result = .failure(error) }
    // When it has answered, whoever came before has been let in; see StreetWorld.
    let policy = OutboundPolicy(
      hosts: nil, schemes: [.http], ports: [port],
      allowedRanges: [AddressRange("127.0.0.0/8")].compactMap { $0 })
    _ = try? await HTTPTransport().answer(OutboundCall("GET", base + "/well", policy: policy))
    await group.triggerGracefulShutdown()
    _ = await run.result
    try result.get()
  }
}
