/// Where calls may go: the guard against a URL from outside that leads inside (server-side request forgery).
///
/// Scheme, host and port are checked on the URL and on every redirect; the address is checked on what the
/// name resolved to, when the socket is opened and again before a request goes out on a connection that was
/// kept, so a name that resolves differently the second time gains nothing.
public struct OutboundPolicy: Sendable, Equatable {
  public enum Scheme: String, Sendable, Hashable { case http, https }

  /// Host names: exact (`api.example.com`) or with all names below (`*.example.com`, which is not
  /// `example.com`). Addresses are written as such. Nil allows every host.
  public var hosts: [String]?
  public var schemes: [Scheme]
  public var ports: [Int]
  /// Ranges that are allowed although they are not public, such as `127.0.0.0/8` for a model on this machine.
  public var allowedRanges: [AddressRange]

  public init(
    hosts: [String]?, schemes: [Scheme] = [.https], ports: [Int] = [443], allowedRanges: [AddressRange] = []
  ) {
    self.hosts = hosts?.map { OutboundPolicy.comparable($0) }
    self.schemes = schemes
    self.ports = ports
    self.allowedRanges = allowedRanges
  }

  /// Any public host by https on its usual port.
  public static let publicHTTPS = OutboundPolicy(hosts: nil)

  /// Why a URL is refused; nil when it is not.
  func refusal(of address: WebAddress) -> TransportError? {
    guard schemes.contains(address.scheme) else {
      return .refused(
        .forbiddenHost, "\(address.scheme.rawValue) is not allowed for this call: \(address.origin)")
    }
    guard ports.contains(address.port) else {
      return .refused(.forbiddenHost, "port \(address.port) is not allowed for this call: \(address.origin)")
    }
    if let hosts, !hosts.contains(where: { OutboundPolicy.matches(address.host, $0) }) {
      return .refused(.forbiddenHost, "\(address.host) is not among the hosts allowed for this call")
    }
    if let literal = address.literal, !allows(literal) {
      return .refused(.forbiddenAddress, "\(literal) is not an address that this call may go to")
    }
    return nil
  }

  /// Whether a connection to an address is allowed: public addresses are, others only by ``allowedRanges``.
  public func allows(_ address: IPAddress) -> Bool {
    SpecialAddresses.isPublic(address) || allowedRanges.contains { $0.contains(address) }
  }

  private static func matches(_ host: String, _ rule: String) -> Bool {
    guard rule.hasPrefix("*.") else { return host == rule }
    let suffix = rule.dropFirst()
    return host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix)
  }

  private static func comparable(_ host: String) -> String {
    guard let address = IPAddress(host) else { return host.lowercased() }
    return address.isIPv6 ? "[\(address)]" : "\(address)"
  }
}

/// The addresses that are not somebody's public server (IANA IPv4 and IPv6 special-purpose address
/// registries, RFC 6890 and its updates).
enum SpecialAddresses {
  static func isPublic(_ address: IPAddress) -> Bool {
    if address.isIPv6 {
      // Only 2000::/3 has been given out as global unicast. The rest holds loopback, unspecified, link-local,
      // unique local, multicast, IPv4-mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96).
      return globalUnicast.contains { $0.contains(address) } && !exceptions.contains { $0.contains(address) }
    }
    return !ranges.contains { $0.contains(address) }
  }

  private static let ranges = [
    "0.0.0.0/8",  // this network, unspecified
    "10.0.0.0/8",  // private
    "100.64.0.0/10",  // carrier-grade NAT
    "127.0.0.0/8",  // loopback
    "169.254.0.0/16",  // link-local, cloud metadata
    "172.16.0.0/12",  // private
    "192.0.0.0/24",  // IETF protocol assignments
    "192.0.2.0/24",  // documentation
    "192.31.196.0/24",  // AS112
    "192.52.193.0/24",  // AMT
    "192.88.99.0/24",  // 6to4 relays
    "192.168.0.0/16",  // private
    "192.175.48.0/24",  // AS112
    "198.18.0.0/15",  // benchmarks
    "198.51.100.0/24",  // documentation
    "203.0.113.0/24",  // documentation
    "224.0.0.0/4",  // multicast
    "240.0.0.0/4",  // reserved, broadcast
  ].compactMap { AddressRange($0) }

  private static let globalUnicast = ["2000::/3"].compactMap { AddressRange($0) }

  private static let exceptions = [
    "2001::/23",  // IETF protocol assignments, Teredo, benchmarks, ORCHID
    "2001:db8::/32",  // documentation
    "2002::/16",  // 6to4: carries an IPv4 address
    "2620:4f:8000::/48",  // AS112
    "3fff::/20",  // documentation
  ].compactMap { AddressRange($0) }
}
