import HTTPTypes

extension HTTPField.Name {
  /// A name that the street itself writes down and that is one; if it were not, it would be seen as `via`.
  static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .via }

  static let xRequestID = known("x-request-id")
  static let falErrorType = known("x-fal-error-type")
  static let falRequestID = known("x-fal-request-id")
  static let apiVersion = known("x-api-version")
  static let amazonRequestID = known("x-amzn-requestid")
  static let amazonErrorType = known("x-amzn-errortype")
}
