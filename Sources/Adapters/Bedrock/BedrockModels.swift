import Jobs
import Routing
import Serving
import Wire

/// Bedrock's list of models, with what it says of each one's life.
extension BedrockAnswers {
  /// - Throws: what the vendor refused, or an answer that is no such list.
  func models(_ answer: VendorAnswer) throws(VendorFailure) -> [DiscoveredModel] {
    guard answer.isGood else { throw BedrockFailure(answer, at: now).failure }
    guard let items = try json(answer, .unknown)["modelSummaries"]?.arrayValue else {
      throw VendorFailure(
        .unknown, httpStatus: answer.status, message: "the vendor's list of models is not where it was")
    }
    var names: Set<String> = []
    return items.compactMap { item in
      guard let id = item["modelId"]?.stringValue, !id.isEmpty, names.insert(id).inserted else { return nil }
      return DiscoveredModel(
        model: id, title: item["modelName"]?.stringValue, capabilities: capabilities(item),
        lifecycle: lifecycle(item["modelLifecycle"]))
    }
  }

  private func capabilities(_ item: JSONValue) -> [Capability] {
    func words(_ name: String) -> [String] { item[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    guard words("inputModalities").contains("TEXT") else { return [] }
    return words("outputModalities").flatMap { word -> [Capability] in
      switch word {
      case "TEXT": [.textGeneration, .qualityReview]
      case "EMBEDDING": [.embedding]
      case "IMAGE": [.imageGeneration]
      case "VIDEO": [.textToVideo]
      default: []
      }
    }
  }

  /// A model that is called legacy works until its end, where one is named; then its calls fail.
  private func lifecycle(_ json: JSONValue?) -> Lifecycle? {
    guard let word = json?["status"]?.stringValue else { return nil }
    let ends = json?["endOfLifeTime"]?.stringValue.flatMap { Instant($0) }
    guard word == "LEGACY" else { return Lifecycle(ends: ends) }
    return Lifecycle(stage: ends == nil ? .legacy : .draining, ends: ends)
  }
}
