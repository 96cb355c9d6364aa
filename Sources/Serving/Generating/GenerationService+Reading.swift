public import Recipes
public import Routing

extension GenerationService {
  /// How a generation stands; nil for one that nobody knows.
  public func view(_ id: Identifier) async throws -> GenerationView? {
    guard let generation = try live[id]?.generation ?? router.ledger.generation(id) else { return nil }
    return try await view(of: generation)
  }

  /// The latest first, by id.
  ///
  /// - Parameters:
  ///   - states: nil for all.
  ///   - tenant: whose; nil for everybody's.
  ///   - before: only those with lower ids; nil for the first page.
  public nonisolated func list(
    states: Set<GenerationState>? = nil, tenant: String? = nil, before: Identifier? = nil, limit: Int
  ) async throws -> [GenerationView] {
    var views: [GenerationView] = []
    let found = try router.ledger.generations(states: states, tenant: tenant, before: before, limit: limit)
    for generation in found {
      views.append(try await view(of: generation))
    }
    return views
  }

  private nonisolated func view(of generation: Generation) async throws -> GenerationView {
    var jobs: [Identifier: JobView] = [:]
    for place in generation.running {
      let id = generation[place].job
      if let view = try await self.jobs.view(id) { jobs[id] = view }
    }
    return GenerationView(generation, jobs: jobs, links: self.jobs.links)
  }

  /// Asks for a generation's end: nothing more begins, and its jobs are called off. It may take a while where a vendor
  /// must be asked; one that is over stays as it is.
  ///
  /// - Returns: the generation after that; nil for one that nobody knows.
  /// - Throws: ``ServiceError`` when the wish cannot be stored; then it has not been heard.
  public func cancel(_ id: Identifier) async throws -> GenerationView? {
    try await tell(.cancelAsked, to: id, isOurs: false)
    return try await view(id)
  }
}
