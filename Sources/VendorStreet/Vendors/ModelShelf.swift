/// The models of a vendor that names each of them.
struct ModelShelf: Sendable {
  enum Kind: String, Sendable {
    case text, embedding, image, film, speech, transcription
  }

  struct Model: Sendable {
    let id: String
    let kind: Kind
  }

  let models: [Model]
  /// Names that the vendor once served.
  let retired: [String]

  init(_ kinds: [(Kind, [String])], retired: [String] = []) {
    models = kinds.flatMap { kind, ids in ids.map { Model(id: $0, kind: kind) } }
    self.retired = retired
  }

  /// - Throws: that there is no such model, or no longer, or that it does something else.
  func check(_ id: String, is kind: Kind) throws {
    if retired.contains(id) {
      throw Refusal(
        .retired, "The model `\(id)` has been retired and is no longer available.", field: "model")
    }
    guard let model = models.first(where: { $0.id == id }) else {
      throw Refusal(
        .notFound, "The model `\(id)` does not exist or you do not have access to it.", field: "model")
    }
    guard model.kind == kind else {
      throw Refusal(.invalid, "The model `\(id)` does not support this endpoint.", field: "model")
    }
  }
}
