import Foundation
import Hummingbird
import NIOCore

/// Where a request comes from, as far as one counts requests: an IPv4 address, or the /64 of an IPv6 address, which is
/// what one customer of a network has to himself (RFC 6177).
struct SourceAddress: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64

  /// Of addresses that have none, such as sockets in the file system: all of them together.
  static let unknown = SourceAddress(high: 0, low: 0)

  private init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// - Parameter text: such as `192.0.2.7` or `2001:db8::1`; nil when it is no address.
  init?(_ text: String) {
    // Bytes in the network's order, and not the system's structures, which several C modules claim.
    if let four = SourceAddress.parsed(text, AF_INET, count: 4) {
      // As IPv6 has it: ::ffff:192.0.2.7.
      self.init(high: 0, low: 0xFFFF_0000_0000 | SourceAddress.number(four))
      return
    }
    guard let six = SourceAddress.parsed(text, AF_INET6, count: 16) else { return nil }
    let (high, low) = (SourceAddress.number(six[..<8]), SourceAddress.number(six[8...]))
    self.init(high: high, low: high == 0 && low >> 32 == 0xFFFF ? low : 0)
  }

  private static func parsed(_ text: String, _ family: Int32, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return inet_pton(family, text, &bytes) == 1 ? bytes : nil
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Of a request: the connection's, or what the outermost of the proxies that are trusted saw.
  ///
  /// Each proxy appends to `X-Forwarded-For` whom it was called by; what stands before those entries is the caller's own
  /// word, and worth nothing. With fewer entries than proxies the request has not come through all of them, and the
  /// connection's address counts.
  ///
  /// - Parameters:
  ///   - peer: of the connection.
  ///   - forwarded: the values of all `X-Forwarded-For`, in their order.
  ///   - proxies: in front of this router, each of which appends, ≥ 0.
  init(_ peer: SocketAddress?, forwarded: [String], proxies: Int) {
    let entries = proxies > 0 ? forwarded.flatMap { $0.split(separator: ",") } : []
    let named =
      proxies > 0 && entries.count >= proxies
      ? SourceAddress(String(SourceAddress.bare(entries[entries.count - proxies]))) : nil
    self = named ?? peer?.ipAddress.flatMap { SourceAddress($0) } ?? .unknown
  }

  /// Without blanks, brackets and the port: `[2001:db8::1]:443`, `192.0.2.7:1234`.
  private static func bare(_ entry: Substring) -> Substring {
    let entry = entry.trimmed
    if entry.hasPrefix("[") { return entry.dropFirst().prefix { $0 != "]" } }
    let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 2 ? parts[0] : entry
  }
}
