import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Wire

/// What the responder is told about the connection besides the call.
struct StreetConnection: InitializableFromSource, Sendable {
  let channel: any Channel
  let logger: Logger

  init(source: ApplicationRequestContextSource) {
    channel = source.channel
    logger = source.logger
  }

  /// `http://127.0.0.1:9100`, as the caller reached it.
  var root: String {
    let host = channel.localAddress?.ipAddress ?? "127.0.0.1"
    return "http://\(host.contains(":") ? "[\(host)]" : host):\(channel.localAddress?.port ?? 80)"
  }

  /// Ends the connection with a TCP reset, so that what is under way is lost.
  func reset() async {
    try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    try? await channel.close()
  }
}

/// Finds the vendor and the endpoint of a call, lets faults strike, and writes what comes of it.
struct StreetResponder: HTTPResponder {
  let street: Street

  private var desk: Desk { street.desk }

  func respond(to request: Request, context: StreetConnection) async throws -> Response {
    let path = request.uri.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    let query = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
    let body: [UInt8]
    do {
      body = Array(try await request.body.collect(upTo: desk.settings.bodyLimit).readableBytesView)
    } catch is NIOTooManyBytesError {
      return response(.json(413, ["error": "the street reads no more than its body limit"]), nil, context)
    }
    let rest = Array(path.dropFirst())
    if path.first == "street" {
      let office = StreetOffice(street: street)
      return response(office.answer(request.method, rest, query: query, body: body), nil, context)
    }
    guard let (vendor, routes) = street.vendors.first(where: { $0.vendor.name == path.first }) else {
      let names = Street.vendorNames.map { "/\($0)" }.joined(separator: ", ")
      return response(.json(404, ["error": .string("the street has \(names), and /street")]), nil, context)
    }
    let call = Call(
      number: desk.journal.begin(), vendor: vendor.name, method: request.method, path: rest, query: query,
      headers: request.headers, host: request.head.authority, target: request.head.path ?? "/", body: body,
      base: "\(context.root)/\(vendor.name)", root: context.root,
      desk: desk)
    return try await Exchange(street: street, vendor: vendor, routes: routes, connection: context).respond(
      to: call, response: response)
  }

  /// An answer as HTTP, bent by a fault of the second kind.
  private func response(_ answer: Answer, _ fault: Fault?, _ connection: StreetConnection) -> Response {
    let bent = BentAnswer(answer, fault: fault)
    return Response(
      status: .init(code: bent.answer.status), headers: bent.answer.headers,
      body: bent.responseBody(connection))
  }
}
