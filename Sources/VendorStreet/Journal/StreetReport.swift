import Wire

/// What happened on the street so far: the jobs that vendors took on, and what they charge.
public struct StreetReport: Sendable {
  /// One job as its vendor sees it.
  public struct Job: Sendable, Hashable {
    public let id: String
    public let vendor: String
    public let model: String
    /// The caller's name for the work, if it gave one; see ``Street``.
    public let reference: String?
    /// `queued`, `running`, `succeeded`, `succeeded_empty`, `failed`, `moderated`, `canceled` or `expired`.
    public let stage: String
    /// Whether it started, which is when a vendor charges.
    public let isCharged: Bool
    /// In millionths of a US dollar; 0 when it is not charged.
    public let microUSD: Int
  }

  /// What was done under one reference.
  public struct Reference: Sendable, Hashable {
    public let reference: String
    public var jobs: Int
    /// More than one is money spent twice.
    public var charges: Int
    public var microUSD: Int
  }

  /// In the order of their creation.
  public let jobs: [Job]
  /// In the order of their first job.
  public let references: [Reference]

  init(_ all: [VendorJob], at now: Duration) {
    jobs = all.map { job in
      let isCharged = job.isCharged(at: now)
      return Job(
        id: job.id, vendor: job.vendor, model: job.model, reference: job.reference,
        stage: job.stage(at: now).name, isCharged: isCharged, microUSD: isCharged ? job.microUSD : 0)
    }
    var references: [Reference] = []
    var places: [String: Int] = [:]
    for job in jobs {
      guard let name = job.reference else { continue }
      let place = places[name] ?? references.count
      if place == references.count {
        places[name] = place
        references.append(Reference(reference: name, jobs: 0, charges: 0, microUSD: 0))
      }
      references[place].jobs += 1
      references[place].charges += job.isCharged ? 1 : 0
      references[place].microUSD += job.microUSD
    }
    self.references = references
  }

  /// How many jobs are charged.
  public var charges: Int { jobs.count { $0.isCharged } }

  /// What all of them cost, in millionths of a US dollar.
  public var microUSD: Int { jobs.reduce(0) { $0 + $1.microUSD } }

  func write(to writer: inout JSONWriter) {
    writer.object("charges") {
      $0.field("count", charges)
      $0.field("usd", Double(microUSD) / 1e6)
    }
    writer.objects("references", references) { writer, item in
      writer.field("reference", item.reference)
      writer.field("jobs", item.jobs)
      writer.field("charges", item.charges)
      writer.field("charged_usd", Double(item.microUSD) / 1e6)
    }
    writer.objects("jobs", jobs) { writer, job in
      writer.field("id", job.id)
      writer.field("vendor", job.vendor)
      writer.field("model", job.model)
      writer.fieldIfPresent("reference", job.reference)
      writer.field("stage", job.stage)
      writer.field("charged", job.isCharged)
      writer.field("charged_usd", Double(job.microUSD) / 1e6)
    }
  }
}
