import HTTPTypes
import Hummingbird
import Wire

/// The name under which a request is carried out once. It may stand in the header `Idempotency-Key`, in the body, or
/// the same in both.
enum IdempotencyKey {
  /// - Parameters:
  ///   - field: as the body names it; nil when it does not.
  ///   - pointer: of that field.
  ///   - longest: characters of a header, ≥ 1.
  /// - Returns: nil for a request without one.
  /// - Throws: 400 for a header that is too long or empty, and where both say different things.
  static func read(
    _ request: Request, or field: String?, at pointer: String, longest: Int = 255
  ) throws -> String? {
    guard let header = request.headers[.idempotencyKey] else { return field }
    guard (1...longest).contains(header.unicodeScalars.count) else {
      throw Problem.header("Idempotency-Key", "must have 1 to \(longest) characters")
    }
    if let field, field != header {
      throw FieldErrors([
        FieldError(
          pointer: pointer, message: "is '\(field)', and the header Idempotency-Key says '\(header)'")
      ])
    }
    return header
  }
}

extension HTTPField.Name {
  static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
