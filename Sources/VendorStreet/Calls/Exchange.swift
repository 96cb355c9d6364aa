import HTTPTypes
import Hummingbird
import HummingbirdCore

/// One call from its arrival to its answer: route, credential, fault, handler, journal.
struct Exchange: Sendable {
  let street: Street
  let vendor: any Vendor
  let routes: [Route]
  let connection: StreetConnection

  func respond(
    to call: Call, response: (Answer, Fault?, StreetConnection) -> Response
  ) async throws -> Response {
    let route = route(of: call)
    var call = call
    call.captures = route?.captures ?? [:]
    note(call, route?.route.operation)
    var fault: Fault?
    do {
      guard let route = route?.route else { throw missing(call) }
      if route.needsKey { try vendor.admit(call) }
      let order = try order(call)
      fault = self.fault(of: call, route.operation, order)
      call.fault = fault
      if let fault { try await before(fault) }
      let answer = try await route.handler(call)
      keep(order, with: call, unless: fault)
      if let fault { try await after(fault, call) }
      street.desk.journal.close(call: call.number, status: answer.status, fault: fault?.kind)
      return response(answer, fault, connection)
    } catch let refusal as Refusal {
      let answer = vendor.envelope(refusal, call)
      street.desk.journal.close(call: call.number, status: answer.status, fault: fault?.kind)
      return response(answer, nil, connection)
    } catch is EndlessWork {
      street.desk.journal.close(call: call.number, status: nil, fault: fault?.kind)
      try await hang()
    } catch {
      // The connection was cut, by the caller or by a fault.
      street.desk.journal.close(call: call.number, status: nil, fault: fault?.kind)
      throw error
    }
  }

  // MARK: Finding

  private func route(of call: Call) -> (route: Route, captures: [String: String])? {
    for route in routes where route.method == call.method {
      if let captures = route.match(call.path) { return (route, captures) }
    }
    return nil
  }

  private func missing(_ call: Call) -> Refusal {
    let path = "/" + call.path.joined(separator: "/")
    let others = routes.filter { $0.match(call.path) != nil }.map(\.method.rawValue)
    if others.isEmpty { return Refusal(.noSuchPath, "Not found: \(call.method.rawValue) \(path)") }
    return Refusal(
      .methodNotAllowed, "\(path) takes \(others.joined(separator: ", ")), not \(call.method.rawValue)")
  }

  private func note(_ call: Call, _ operation: CallKind?) {
    // Google takes its key there as well.
    let query = call.query.map { "\($0.name)=\($0.name == "key" ? "(withheld)" : $0.value)" }
      .joined(separator: "&")
    var entry = Journal.Entry(
      number: call.number, vendor: call.vendor, method: call.method.rawValue,
      path: "/" + call.path.joined(separator: "/") + (query.isEmpty ? "" : "?" + query), operation: operation,
      headers: Journal.withoutCredentials(call.headers), reference: call.reference, at: call.now)
    entry.job = vendor.jobID(of: call).flatMap { street.desk.jobs.find($0, of: call.vendor)?.id }
    street.desk.journal.note(entry)
  }

  // MARK: Faults

  /// The fault that the call orders by itself.
  ///
  /// - Throws: an order that cannot be understood, as the vendor's refusal of an invalid call.
  private func order(_ call: Call) throws -> FaultOrder? {
    guard let text = call.header("x-street-fault") ?? Marker.find("street", in: call.body) else { return nil }
    do { return try FaultOrder(text) } catch { throw Refusal(.invalid, "x-street-fault: \(error)") }
  }

  private func fault(of call: Call, _ operation: CallKind, _ order: FaultOrder?) -> Fault? {
    if let order, order.operation == operation { return order.fault }
    if let id = vendor.jobID(of: call), let fault = street.desk.jobs.order(id, of: call.vendor, operation) {
      return fault
    }
    return street.nextFault(call.vendor, operation)
  }

  /// Leaves an order for later calls with the job that this call made.
  private func keep(_ order: FaultOrder?, with call: Call, unless fault: Fault?) {
    guard let order, order.fault != fault,
      let job = street.desk.journal.job(ofCall: call.number)
    else { return }
    _ = street.desk.jobs.change(job, of: call.vendor) { $0.orders.append(order) }
  }

  /// Faults that strike before the vendor did anything.
  private func before(_ fault: Fault) async throws {
    if let refusal = Refusal(fault, model: nil) { throw refusal }
    switch fault.kind {
    case .latency: try await Task.sleep(for: fault.delay)
    case .hang: try await hang()
    default: break
    }
  }

  private func hang() async throws -> Never {
    try? await connection.untilHangUp()
    // Whoever still listens, because the street closes, gets no answer either.
    await connection.reset()
    throw CancellationError()
  }

  /// Faults that strike when the work is done and only the answer is missing.
  private func after(_ fault: Fault, _ call: Call) async throws {
    switch fault.kind {
    case .lost:
      await connection.reset()
      throw CancellationError()
    case .earlyWebhook: try await call.waitForWebhook()
    default: break
    }
  }
}
