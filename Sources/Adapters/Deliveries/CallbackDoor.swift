import Foundation
public import Jobs
public import Routing
public import Serving
public import Transport

/// Posts deliveries to customers' endpoints: signed, by https to public addresses, no redirect followed, and of the
/// answer read what is worth keeping.
public struct CallbackDoor: DeliveryDoor {
  private let transport: HTTPTransport
  private let allowsPrivate: Bool
  private let limits: TimeLimits

  /// Bytes of an answer that are kept, and read.
  static let excerptSize = 1_024
  private static let anywhere = ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) }

  /// - Parameters:
  ///   - allowsPrivate: whether endpoints may be on this machine or in a private network, and speak plain http.
  ///   - patience: how long a receiver may take to answer.
  public init(
    _ transport: HTTPTransport, allowsPrivate: Bool = false, patience: Duration = .seconds(15)
  ) {
    self.transport = transport
    self.allowsPrivate = allowsPrivate
    limits = TimeLimits(connect: min(patience, .seconds(10)), total: patience)
  }

  // MARK: Addresses

  public func checked(_ url: String) throws(DeliveryRefusal) -> String {
    guard let parts = URL(string: url), let scheme = parts.scheme?.lowercased(), let host = parts.host(),
      !host.isEmpty, scheme == "https" || scheme == "http"
    else { throw .address("must be an address such as https://example.com/hooks/pointsman") }
    guard scheme == "https" || allowsPrivate else { throw .address("must be https, not plain http") }
    let isLocal = host.lowercased() == "localhost" || host.lowercased().hasSuffix(".localhost")
    if isLocal, !allowsPrivate { throw .address(CallbackDoor.inside) }
    do throws(TransportError) {
      return try policy(for: parts).checked(url)
    } catch {
      throw .address(error.reason == .forbiddenAddress ? CallbackDoor.inside : error.detail)
    }
  }

  private static let inside =
    "leads to a private address, which this router calls only with --allow-private-callbacks"

  /// One address is called and redirects are not followed, so no list of hosts is needed.
  private func policy(for url: URL) -> OutboundPolicy {
    let isPlain = url.scheme?.lowercased() == "http"
    return OutboundPolicy(
      hosts: nil, schemes: isPlain && allowsPrivate ? [.http] : [.https],
      ports: [url.port ?? (isPlain ? 80 : 443)], allowedRanges: allowsPrivate ? CallbackDoor.anywhere : [])
  }

  // MARK: Attempts

  public func send(
    _ delivery: Delivery, _ payload: [UInt8], secrets: [SigningSecret], at now: Instant
  ) async -> DeliveryAnswer {
    guard let url = URL(string: delivery.url) else {
      return DeliveryAnswer(unanswered: "not sent: the address cannot be read")
    }
    let headers =
      [.init("Content-Type", "application/json")]
      + DeliverySeal.headers(id: delivery.id, body: payload, secrets: secrets, at: now)
    let call = OutboundCall(
      "POST", delivery.url, headers: HeaderFields(headers), body: .bytes(payload), policy: policy(for: url),
      limits: limits, redirects: .returned)
    do throws(TransportError) {
      let answer = try await transport.stream(call)
      // Dates are rare there; the usual number of seconds is what counts.
      let wait = answer.headers["Retry-After"].flatMap { Int64($0) }.map {
        Span.seconds(min(max($0, 0), 86_400))
      }
      return DeliveryAnswer(
        status: answer.status, excerpt: await CallbackDoor.excerpt(answer.body), retryAfter: wait)
    } catch {
      return DeliveryAnswer(unanswered: CallbackDoor.reason(error))
    }
  }

  /// How a body begins. The status has said what counts: a body that breaks off or does not end changes nothing, and
  /// the rest of a long one is not waited for.
  private static func excerpt(_ body: ByteStream) async -> String {
    var bytes: [UInt8] = []
    var pieces = body.makeAsyncIterator()
    while bytes.count < excerptSize, let piece = try? await pieces.next() { bytes += piece }
    return String(decoding: bytes.prefix(excerptSize), as: UTF8.self)
  }

  private static func reason(_ error: TransportError) -> String {
    switch error.reason {
    case .forbiddenAddress: "not sent: it \(inside)"
    case .forbiddenHost, .forbiddenRedirect, .invalidURL, .invalidHeader, .invalidBody, .invalidSettings:
      "not sent: \(error.detail)"
    case .couldNotResolve: "no answer: its name is not known"
    case .couldNotConnect: "no answer: nobody takes connections there"
    case .tls: "no answer: its certificate is not trusted, or it does not speak TLS"
    case .timedOut: "no answer in time"
    case .connectionLost: "the connection broke off before an answer"
    default: "no answer: \(error.reason)"
    }
  }
}
