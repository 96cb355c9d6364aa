import Crypto
import Foundation

/// The signature of a link to an artefact: HMAC-SHA256 over its name and its expiry, in hexadecimal digits.
public enum LinkSeal {
  /// - Parameters:
  ///   - expires: seconds since 1970-01-01T00:00:00Z.
  public static func signature(_ name: String, expires: Int64, key: [UInt8]) -> String {
    HMAC<SHA256>.authenticationCode(for: message(name, expires), using: SymmetricKey(data: key))
      .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Compares in a time that says nothing about where a wrong one differs.
  public static func isValid(_ signature: String, _ name: String, expires: Int64, key: [UInt8]) -> Bool {
    let digits = Array(signature.utf8)
    guard digits.count == 64 else { return false }
    var code: [UInt8] = []
    for place in stride(from: 0, to: 64, by: 2) {
      guard let high = value(digits[place]), let low = value(digits[place + 1]) else { return false }
      code.append(high << 4 | low)
    }
    return HMAC<SHA256>.isValidAuthenticationCode(
      code, authenticating: message(name, expires), using: SymmetricKey(data: key))
  }

  private static func message(_ name: String, _ expires: Int64) -> Data { Data("\(name)\n\(expires)".utf8) }

  /// Of a digit in lower case: each signature is written in one way.
  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }
}
