import Glibc

/// An IPv4 or IPv6 address, without a port or zone.
public struct IPAddress: Sendable, Hashable {
  /// Network byte order: 4 or 16 bytes.
  public let bytes: [UInt8]

  /// - Parameter bytes: 4 or 16 of them; anything else gives nil.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = bytes
  }

  /// Reads `192.0.2.1` or `2001:db8::1`, with or without square brackets. The old forms of IPv4 (octal,
  /// hexadecimal, fewer than four parts) are not addresses here.
  public init?(_ text: String) {
    let text = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    let isIPv6 = text.utf8.contains(UInt8(ascii: ":"))
    var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
    guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
    self.bytes = bytes
  }

  /// - Returns: nil for anything but an internet address.
  init?(_ address: UnsafePointer<sockaddr>) {
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      self.init(address, sockaddr_in.self) { withUnsafeBytes(of: $0.sin_addr, Array.init) }
    case AF_INET6:
      self.init(address, sockaddr_in6.self) { withUnsafeBytes(of: $0.sin6_addr, Array.init) }
    default: return nil
    }
  }

  private init?<Form>(_ address: UnsafePointer<sockaddr>, _: Form.Type, _ read: (Form) -> [UInt8]) {
    self.init(bytes: read(UnsafeRawPointer(address).loadUnaligned(as: Form.self)))
  }

  public var isIPv6: Bool { bytes.count == 16 }
}

extension IPAddress: CustomStringConvertible {
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    _ = inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// All addresses that begin with the same bits, such as `10.0.0.0/8`.
public struct AddressRange: Sendable, Hashable {
  public let base: IPAddress
  /// How many leading bits count.
  public let prefix: Int

  /// Reads `10.0.0.0/8`, `fc00::/7`, or a single address; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, let base = IPAddress(String(first)), parts.count <= 2 else { return nil }
    let most = base.bytes.count * 8
    guard let prefix = parts.count == 1 ? most : Int(parts[1]), (0...most).contains(prefix) else {
      return nil
    }
    self.base = base
    self.prefix = prefix
  }

  public func contains(_ address: IPAddress) -> Bool {
    guard address.bytes.count == base.bytes.count else { return false }
    var bits = prefix
    for (own, other) in zip(base.bytes, address.bytes) {
      guard bits > 0 else { return true }
      let mask: UInt8 = bits >= 8 ? 0xFF : ~(0xFF >> UInt8(bits))
      if own & mask != other & mask { return false }
      bits -= 8
    }
    return true
  }
}
