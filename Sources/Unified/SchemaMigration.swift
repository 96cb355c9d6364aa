public import Wire

/// One step between two neighbouring versions: requests go up, answers come down. Pure: JSON in, JSON out.
public struct SchemaMigration: Sendable {
  public var lower: SchemaVersion
  public var upper: SchemaVersion
  /// Makes a request of the lower version one of the upper.
  ///
  /// - Throws: what the lower version does not have, with pointers into the request as it was sent.
  public var request: @Sendable (JSONValue) throws(FieldErrors) -> JSONValue
  /// Makes an answer of the upper version one of the lower. What the lower version cannot say is left out.
  public var response: @Sendable (JSONValue) -> JSONValue

  public init(
    from lower: SchemaVersion, to upper: SchemaVersion,
    request: @escaping @Sendable (JSONValue) throws(FieldErrors) -> JSONValue,
    response: @escaping @Sendable (JSONValue) -> JSONValue
  ) {
    self.lower = lower
    self.upper = upper
    self.request = request
    self.response = response
  }
}

/// The steps that there are, and the shortest way along them.
public struct MigrationGraph: Sendable {
  public let migrations: [SchemaMigration]

  public init(_ migrations: [SchemaMigration]) { self.migrations = migrations }

  /// Every supported version to every later one.
  public static let standard = MigrationGraph([.addingMetadata, .separatingProviders])

  /// The fewest steps that lead up from one version to another; empty for the same, nil where there is no way. Of
  /// several ways of the same length the one whose steps stand first.
  public func path(from lower: SchemaVersion, to upper: SchemaVersion) -> [SchemaMigration]? {
    var ways: [(end: SchemaVersion, steps: [SchemaMigration])] = [(lower, [])]
    var seen: Set<SchemaVersion> = [lower]
    var next = 0
    while next < ways.count {
      let way = ways[next]
      next += 1
      if way.end == upper { return way.steps }
      for step in migrations where step.lower == way.end && seen.insert(step.upper).inserted {
        ways.append((step.upper, way.steps + [step]))
      }
    }
    return nil
  }

  /// A request of any supported version in the words of the current one.
  ///
  /// - Throws: ``UnsupportedVersion`` where its version is none of ours, ``FieldErrors`` where it says what its own
  ///   version does not have, or has no version at all.
  public func upgrade(_ request: JSONValue) throws -> (request: JSONValue, version: SchemaVersion) {
    guard request.members != nil else {
      throw FieldErrors([FieldError(pointer: "", message: "must be an object, got \(request.summary)")])
    }
    guard let named = request["schema_version"], !named.isNull else {
      throw FieldErrors([
        FieldError(
          pointer: "/schema_version", message: "is required: one of \(SchemaVersion.listing), as a string")
      ])
    }
    guard let version = named.stringValue.flatMap({ SchemaVersion(rawValue: $0) }),
      let steps = path(from: version, to: .current)
    else { throw UnsupportedVersion(named.stringValue ?? named.summary) }
    var upgraded = request
    for step in steps { upgraded = try step.request(upgraded) }
    return (upgraded, version)
  }

  /// An answer of the current version in the words of another.
  ///
  /// - Throws: where no step leads there.
  public func downgrade(
    _ response: JSONValue, to version: SchemaVersion
  ) throws(UnsupportedVersion) -> JSONValue {
    guard let steps = path(from: version, to: .current) else { throw UnsupportedVersion(version.rawValue) }
    return steps.reversed().reduce(response) { $1.response($0) }
  }
}
