public import Jobs

/// Where a job's artefacts are copied to while they are read from their vendor: large files never stand in memory.
public protocol ArtefactIntake: Sendable {
  /// Opens a new file, lets `download` fill it, and keeps what it wrote.
  ///
  /// - Parameters:
  ///   - artefact: what is fetched; its media type counts where the download does not say one.
  ///   - download: writes to the descriptor, which stays the store's to close, and says what came.
  /// - Returns: our copy, durable, with ``Artefact/isCopied`` true.
  /// - Throws: what `download` throws, as it is, with nothing kept; anything else is the store's own fault (a full
  ///   disk), and the job tries again.
  func receive(
    _ artefact: Artefact,
    _ download:
      @Sendable (_ descriptor: Int32) async throws(VendorFailure) -> (
        contentType: String?, byteCount: Int
      )
  ) async throws -> Artefact
}
