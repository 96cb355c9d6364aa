import Wire

extension SchemaMigration {
  /// 1.0 to 1.1, which added `metadata` and `retry_config` to requests, and `metadata` to answers. Compatible: whoever
  /// does not know them loses nothing.
  public static let addingMetadata = SchemaMigration(
    from: .v1_0, to: .v1_1,
    request: { request throws(FieldErrors) in
      try request.refuse(["metadata", "retry_config"]) { name in
        "unknown field in version 1.0; '\(name)' exists since 1.1"
      }
      return request.setting("schema_version", "1.1").setting("metadata", [:]).setting("retry_config", nil)
    },
    response: { $0.setting("schema_version", "1.0").removing("metadata") })
}
