import Foundation
public import Jobs

extension SigningSecret {
  /// What Standard Webhooks puts before a secret (its specification, "Signature scheme").
  public static let prefix = "whsec_"

  /// As its customer is told it, once: `whsec_` and the key in base64.
  public var text: String { SigningSecret.prefix + Data(key).base64EncodedString() }
}
