public import Routing

/// Governance as a person writes it: `parameter: value`, or `capability.parameter: value`, a line each.
///
///     exploration_share: 0.02
///     text_to_video.half_life: 7d
public enum GovernanceFile {
  /// The settings of a file, in its order.
  ///
  /// - Throws: every fault with its line: malformed YAML, a parameter that does not exist, a value that it does not
  ///   accept.
  public static func settings(ofFile path: String) throws(DeclarationErrors) -> [(
    key: String, value: Setting
  )] {
    try settings(YAMLFields(ofFile: path, kind: "governance"))
  }

  public static func settings(
    _ text: String, file: String
  ) throws(DeclarationErrors) -> [(key: String, value: Setting)] {
    try settings(YAMLFields(text, file: file, kind: "governance"))
  }

  private static func settings(
    _ fields: YAMLFields
  ) throws(DeclarationErrors) -> [(key: String, value: Setting)] {
    let settings = fields.names.map { name in
      (key: name, value: fields.has(name) ? Setting(typed: fields.string(name)) : read(nothing: name, fields))
    }
    var governance = Governance()
    do throws(GovernanceErrors) {
      try governance.apply(settings)
    } catch {
      for item in error.items {
        fields.fail(atLine: fields.line(of: item.key), "\(item.key) \(item.message)")
      }
    }
    try fields.finish()
    return settings
  }

  /// Null: the default again.
  private static func read(nothing name: String, _ fields: YAMLFields) -> Setting {
    _ = fields.entry(name)
    return .none
  }
}
