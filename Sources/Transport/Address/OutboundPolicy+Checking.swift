extension OutboundPolicy {
  /// The absolute form of a URL that somebody else supplied, when its text may be called under this policy. What its
  /// host name resolves to is checked when it is called.
  ///
  /// - Parameter base: an absolute URL that a relative one is joined to.
  public func checked(_ url: String, relativeTo base: String? = nil) throws(TransportError) -> String {
    let start: WebAddress? = if let base { try WebAddress(base) } else { nil }
    let address = try WebAddress(url, relativeTo: start)
    if let refusal = refusal(of: address) { throw refusal }
    return address.text
  }
}
