/// The side of a store on which artefacts end.
public protocol ArtefactRemoval: Sendable {
  /// Removes what is kept under a name. What is not there is no error.
  func remove(_ name: String) async throws
}

/// All sides of a store of artefacts.
public typealias ArtefactKeeping = ArtefactStore & ArtefactIntake & ArtefactReading & ArtefactRemoval
