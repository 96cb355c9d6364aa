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
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      // As IPv6 has it: ::ffff:192.0.2.7.
      self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr)))
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    let (high, low) = withUnsafeBytes(of: &six) {
      (
        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    self.init(high: high, low: high == 0 && low >> 32 == 0xFFFF ? low : 0)
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
