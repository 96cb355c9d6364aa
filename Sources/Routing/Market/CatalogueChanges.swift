/// What one catalogue made of a candidate of the one before it.
public struct CandidateChange: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Hashable, Sendable { case added, changed, removed }

  public var candidate: String
  public var kind: Kind
  /// In the order of ``Candidate/fields``, those that are gone in their old places. Of an added candidate all fields,
  /// of a removed one none.
  public var fields: [FieldChange]

  /// A field that differs; nil is absent.
  public struct FieldChange: Hashable, Sendable {
    public var name: String
    public var before: CatalogueField.Value?
    public var after: CatalogueField.Value?

    public init(_ name: String, before: CatalogueField.Value?, after: CatalogueField.Value?) {
      self.name = name
      self.before = before
      self.after = after
    }
  }

  public init(candidate: String, kind: Kind, fields: [FieldChange]) {
    self.candidate = candidate
    self.kind = kind
    self.fields = fields
  }

  /// What happened to one candidate from one catalogue to the next; nil when nothing did.
  public init?(from before: Candidate?, to after: Candidate?) {
    switch (before, after) {
    case (nil, nil): return nil
    case (nil, let new?):
      self.init(
        candidate: new.id, kind: .added,
        fields: new.fields.map { FieldChange($0.name, before: nil, after: $0.value) })
    case (let old?, nil): self.init(candidate: old.id, kind: .removed, fields: [])
    case (let old?, let new?):
      let fields = CandidateChange.differences(old.fields, new.fields)
      guard !fields.isEmpty else { return nil }
      self.init(candidate: new.id, kind: .changed, fields: fields)
    }
  }

  private static func differences(_ old: [CatalogueField], _ new: [CatalogueField]) -> [FieldChange] {
    var changes: [FieldChange] = []
    var rest = new[...]
    for field in old {
      guard let place = rest.firstIndex(where: { $0.name == field.name }) else {
        changes.append(FieldChange(field.name, before: field.value, after: nil))
        continue
      }
      // Both lists keep one order of names: what the new one has before this place is new.
      for added in rest[..<place] { changes.append(FieldChange(added.name, before: nil, after: added.value)) }
      if rest[place].value != field.value {
        changes.append(FieldChange(field.name, before: field.value, after: rest[place].value))
      }
      rest = rest[(place + 1)...]
    }
    return changes + rest.map { FieldChange($0.name, before: nil, after: $0.value) }
  }
}

extension Catalogue {
  /// What became of the candidates of an earlier catalogue, by id.
  public func changes(since before: Catalogue) -> [CandidateChange] {
    var changes: [CandidateChange] = []
    var old = before.candidates[...]
    var new = candidates[...]
    // Both are sorted by id.
    while let next = [old.first?.id, new.first?.id].compactMap({ $0 }).min() {
      let was = old.first?.id == next ? old.removeFirst() : nil
      let now = new.first?.id == next ? new.removeFirst() : nil
      if let change = CandidateChange(from: was, to: now) { changes.append(change) }
    }
    return changes
  }
}
