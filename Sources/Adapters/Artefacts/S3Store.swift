import Foundation
public import Jobs
public import Routing
public import Serving
public import Transport

/// Artefacts in an S3-compatible bucket, each under the digest of its bytes.
///
/// A download goes through a file on disk, not to a temporary key that is copied when the digest is known: what the
/// bucket has already is then not sent a second time, a copy that fails leaves nothing there, and the file can be sent
/// again part by part. Of a large one only a part is in memory, and at most ``atOnce`` files are sent at the same time.
public final class S3Store: Sendable {
  public struct Settings: Sendable {
    public var bucket: S3Bucket
    /// The environment variable of the access key; ``AWS_ACCESS_KEY_ID`` for nil. What stands before `ACCESS_KEY_ID`
    /// begins the names of the others: `SECRET_ACCESS_KEY` and, of temporary credentials, `SESSION_TOKEN`.
    public var credential: String?
    /// Where files lie on their way.
    public var spool: String
    /// What stands before `/v1/artefacts/` in the addresses; nil for addresses without a host.
    public var publicBase: String?
    /// Whether readers are sent to the bucket, by addresses that hold for a while; otherwise all goes through here.
    public var redirects = true
    /// Bytes of a part; what is larger goes up in parts. S3 allows 10,000 parts, each but the last of 5 MiB at least.
    public var partSize = 8 << 20

    public init(bucket: S3Bucket, spool: String) {
      self.bucket = bucket
      self.spool = spool
    }
  }

  let settings: Settings
  let calls: S3Calls
  private let clock: any WallClock
  private let places = UploadPlaces(S3Store.atOnce)

  /// Files sent at the same time.
  static let atOnce = 4
  /// An upload that was begun so long ago belongs to nobody who lives.
  static let abandoned = Span.days(1)

  /// Asks nothing of the bucket, and not even for credentials: both are seen at the first use.
  ///
  /// - Parameter variable: the environment variable of a name; nil when it is not set.
  /// - Throws: when the credential's name does not end in `ACCESS_KEY_ID`, or no file can be made in the spool folder.
  public convenience init(
    _ settings: Settings, transport: HTTPTransport, clock: any WallClock,
    variable: @escaping @Sendable (String) -> String?
  ) throws {
    try self.init(settings, transport: transport, clock: clock, variable: variable) { tries in
      try await Task.sleep(for: .milliseconds(200 << (2 * (tries - 1))))
    }
  }

  init(
    _ settings: Settings, transport: HTTPTransport, clock: any WallClock,
    variable: @escaping @Sendable (String) -> String?, pause: @escaping @Sendable (Int) async throws -> Void
  ) throws {
    guard let names = BedrockVariables(credential: settings.credential) else {
      throw S3BucketFault(
        "needs a credential whose name ends in ACCESS_KEY_ID, got \(settings.credential ?? "")")
    }
    self.settings = settings
    self.clock = clock
    let region = settings.bucket.region
    calls = S3Calls(bucket: settings.bucket, transport: transport) { () throws(S3Failure) in
      func value(_ name: String) throws(S3Failure) -> String {
        guard let value = variable(name), !value.isEmpty else { throw .noCredential(variable: name) }
        return value
      }
      return BedrockAccount(
        accessKey: try value(names.accessKey), secretKey: try value(names.secretKey),
        sessionToken: variable(names.sessionToken).flatMap { $0.isEmpty ? nil : $0 }, region: region)
    } pause: {
      try await pause($0)
    }
    try FileManager.default.createDirectory(atPath: settings.spool, withIntermediateDirectories: true)
    _ = try SpoolFile(in: settings.spool)
  }

  // MARK: Sending

  /// Sends a file unless the bucket has it.
  private func send(
    _ survey: ArtefactSurvey, _ read: @Sendable (Range<Int>) async throws -> [UInt8]
  ) async throws -> Artefact {
    let name = survey.name.description
    try await places.enter()
    do {
      // One of another size would be the rest of something else.
      if try await calls.size(of: name, isLast: false) != survey.byteCount {
        if survey.byteCount <= settings.partSize {
          try await calls.put(name, try await read(0..<survey.byteCount), type: survey.type.name)
        } else {
          try await sendInParts(survey, read)
        }
      }
    } catch {
      await places.leave()
      throw error
    }
    await places.leave()
    return Artefact(
      url: survey.name.address(base: settings.publicBase), contentType: survey.type.name,
      byteCount: survey.byteCount, isCopied: true)
  }

  private func sendInParts(
    _ survey: ArtefactSurvey, _ read: @Sendable (Range<Int>) async throws -> [UInt8]
  ) async throws {
    let name = survey.name.description
    let upload = try await calls.begin(name, type: survey.type.name)
    do {
      var tags: [String] = []
      var start = 0
      while start < survey.byteCount {
        let end = min(start + settings.partSize, survey.byteCount)
        tags.append(
          try await calls.part(name, of: upload, number: tags.count + 1, try await read(start..<end)))
        start = end
      }
      try await calls.complete(name, upload, tags: tags)
    } catch {
      // Parts of what is never completed are kept, and paid for. In a task of its own: this one may be cancelled.
      let calls = calls
      await Task { try? await calls.abort(name, upload) }.value
      throw error
    }
  }

  /// Aborts uploads that another process began and did not end.
  ///
  /// - Returns: how many.
  @discardableResult
  public func abortAbandoned() async throws -> Int {
    let now = clock.now
    var count = 0
    for found in try await calls.unfinished()
    where ArtefactName(found.name) != nil && found.begun < now - S3Store.abandoned {
      try await calls.abort(found.name, found.upload)
      count += 1
    }
    return count
  }
}

extension S3Store: ArtefactStore {
  public func keep(_ bytes: [UInt8], contentType: String) async throws -> Artefact {
    try await send(ArtefactSurvey(bytes, word: contentType)) { Array(bytes[$0]) }
  }
}

extension S3Store: ArtefactIntake {
  public func receive(
    _ artefact: Artefact,
    _ download:
      @Sendable (_ descriptor: Int32) async throws(VendorFailure) -> (
        contentType: String?, byteCount: Int
      )
  ) async throws -> Artefact {
    // Better said before the vendor is asked for the file.
    _ = try calls.account()
    let file = try SpoolFile(in: settings.spool)
    let said = try await download(file.descriptor).contentType
    let word = ArtefactSurvey.word(said: said, announced: artefact.contentType)
    return try await send(try await file.survey(word: word)) { try await file.read($0) }
  }
}

extension S3Store: ArtefactReading {
  public func artefact(named name: String) async throws -> StoredArtefact? {
    guard let name = ArtefactName(name), let size = try await calls.size(of: name.description, isLast: true)
    else {
      return nil
    }
    return StoredArtefact(name: name.description, contentType: name.type.name, byteCount: size)
  }

  public func read(_ artefact: StoredArtefact, _ range: Range<Int>) async throws -> [UInt8] {
    guard let name = ArtefactName(artefact.name) else { throw S3Failure.gone(name: artefact.name) }
    return try await calls.read(name.description, range)
  }

  public func directAddress(
    of artefact: StoredArtefact, method: String, from now: Instant, lifetime: Span
  ) async throws -> String? {
    guard settings.redirects else { return nil }
    let signature = try calls.account().signature(for: "s3")
    return try signature.presigned(
      method, settings.bucket.address(of: artefact.name), lifetime: Int(lifetime.seconds),
      date: SignatureV4.date(of: Int(now.microseconds / 1_000_000)))
  }
}

extension S3Store: ArtefactRemoval {
  public func remove(_ name: String) async throws {
    guard let name = ArtefactName(name) else { return }
    try await calls.delete(name.description)
  }
}

/// So many at a time; the others wait in the order in which they came.
actor UploadPlaces {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func enter() async throws {
    try Task.checkCancellation()
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
