import Wire

extension SchemaMigration {
  /// 1.1 to 2.0, which says provider and model apart and errors in full. Before, `provider` held both, as in
  /// `flux/flux-pro`, and an error was its code and its message. Not compatible: the same name means something else.
  public static let separatingProviders = SchemaMigration(
    from: .v1_1, to: .v2_0,
    request: { request throws(FieldErrors) in
      let version = "1.1"
      try request.refuse(["model"]) { _ in
        "unknown field before version 2.0; name it in /provider, as in 'flux/flux-pro'"
      }
      let request = request.setting("schema_version", "2.0")
      guard let named = request["provider"]?.stringValue, let slash = named.firstIndex(of: "/") else {
        return request
      }
      let (provider, model) = (named[..<slash], named[named.index(after: slash)...])
      guard !provider.isEmpty, !model.isEmpty else {
        throw FieldErrors([
          FieldError(
            pointer: "/provider",
            message: "must name a provider or 'provider/model' in version \(version), got '\(named)'")
        ])
      }
      return request.setting("provider", .string(String(provider)))
        .setting("model", .string(String(model)), after: "provider")
    },
    response: { response in
      let response = response.setting("schema_version", "1.1")
      let names = [response["provider"], response["model"]].compactMap { $0?.stringValue }
      let joined: JSONValue = names.isEmpty ? .null : .string(names.joined(separator: "/"))
      let error = response["error"] ?? .null
      return response.setting("provider", joined).removing("model").setting(
        "error",
        error.isNull ? .null : ["code": error["code"] ?? .null, "message": error["message"] ?? .null])
    })
}

extension JSONValue {
  /// With a member replaced in its place; where there is none yet, put behind another or at the end.
  func setting(_ name: String, _ value: JSONValue, after neighbour: String? = nil) -> JSONValue {
    guard var members else { return self }
    if let place = members.firstIndex(where: { $0.name == name }) {
      members[place].value = value
    } else if let place = members.firstIndex(where: { $0.name == neighbour }) {
      members.insert(Member(name, value), at: place + 1)
    } else {
      members.append(Member(name, value))
    }
    return .object(members)
  }

  func removing(_ name: String) -> JSONValue {
    guard let members else { return self }
    return .object(members.filter { $0.name != name })
  }

  /// - Throws: one error for each of the names that is a member.
  func refuse(_ names: [String], _ message: (String) -> String) throws(FieldErrors) {
    let found = names.filter { self[$0] != nil }
    guard found.isEmpty else {
      throw FieldErrors(found.map { FieldError(pointer: "/\($0)", message: message($0)) })
    }
  }
}
