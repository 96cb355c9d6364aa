import Foundation
import Transport

/// Where alerts are sent to: an operator's own address, held against the rules for addresses that lead inside.
public struct AlertAddress: Equatable, Sendable {
  public let url: String
  let policy: OutboundPolicy

  /// What ranges an entry opens that says `allow_private`.
  private static let anywhere = ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) }

  /// - Parameter allowsPrivate: whether it may lead to this machine or a private network, and be plain http.
  /// - Throws: for a person, why the address cannot be used.
  public init(_ url: String, allowsPrivate: Bool = false) throws(AlertAddressError) {
    guard let parts = URL(string: url), let scheme = parts.scheme?.lowercased(), let host = parts.host(),
      !host.isEmpty, scheme == "https" || scheme == "http"
    else { throw AlertAddressError("must be an address such as https://alerts.example.com/pointsman") }
    guard scheme == "https" || allowsPrivate else {
      throw AlertAddressError("must be https; plain http needs allow_private: true beside it")
    }
    // The one address is the operator's own and redirects are not followed, so no list of hosts is needed.
    policy = OutboundPolicy(
      hosts: nil, schemes: [scheme == "http" ? .http : .https],
      ports: [parts.port ?? (scheme == "http" ? 80 : 443)],
      allowedRanges: allowsPrivate ? AlertAddress.anywhere : [])
    do throws(TransportError) {
      self.url = try policy.checked(url)
    } catch {
      // The text of the address may hold a token, and the transport's words do not repeat it.
      let isInside = error.reason == .forbiddenAddress
      throw AlertAddressError(
        isInside ? "leads to a private address, which needs allow_private: true beside it" : error.detail)
    }
    guard allowsPrivate || host.lowercased() != "localhost" else {
      throw AlertAddressError("leads to a private address, which needs allow_private: true beside it")
    }
  }

  /// Scheme, host and port: what may be shown of it, since a path often holds a secret.
  var origin: String {
    guard let parts = URL(string: url), let host = parts.host(), let scheme = parts.scheme else { return "?" }
    return "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
  }
}

/// What is wrong with an address for alerts.
public struct AlertAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
