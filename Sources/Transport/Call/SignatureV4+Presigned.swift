import Crypto

extension SignatureV4 {
  /// An address that whoever has it may call for a while, without any header: the signature stands in its query (AWS,
  /// "Authenticating Requests: Using Query Parameters"). The body, if there is one, is not signed.
  ///
  /// - Parameters:
  ///   - method: the only one that it holds for.
  ///   - url: absolute; its own query is kept and signed.
  ///   - lifetime: seconds, 1…604,800 (a week, S3's limit); what lies outside is brought inside.
  ///   - date: from when on, `20150830T123600Z`; ``date(of:)`` makes one.
  /// - Throws: when `url` is no URL.
  public func presigned(
    _ method: String, _ url: String, lifetime: Int, date: String
  ) throws(TransportError) -> String {
    let address = try WebAddress(url)
    let day = String(date.prefix(8))
    let scope = "\(day)/\(region)/\(service)/aws4_request"
    var pairs = [
      ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", "\(accessKey)/\(scope)"),
      ("X-Amz-Date", date), ("X-Amz-Expires", String(min(max(lifetime, 1), 604_800))),
      ("X-Amz-SignedHeaders", "host"),
    ]
    if let sessionToken { pairs.append(("X-Amz-Security-Token", sessionToken)) }
    let own = address.query.map { $0.isEmpty ? [] : [$0] } ?? []
    let added = pairs.map { "\($0.0)=\(SignatureV4.encoded($0.1))" }
    let query = SignatureV4.query((own + added).joined(separator: "&"))
    let canonical = [
      method, path(address.path), query, "host:\(address.authority)\n", "host", "UNSIGNED-PAYLOAD",
    ].joined(separator: "\n")
    let text = ["AWS4-HMAC-SHA256", date, scope, SignatureV4.hex(SHA256.hash(data: Array(canonical.utf8)))]
      .joined(separator: "\n")
    let key = [day, region, service, "aws4_request"].reduce(Array("AWS4\(secretKey)".utf8)) {
      SignatureV4.code($1, key: $0)
    }
    let base = "\(address.scheme.rawValue)://\(address.authority)\(address.path)"
    return "\(base)?\(query)&X-Amz-Signature=\(SignatureV4.hex(SignatureV4.code(text, key: key)))"
  }
}
