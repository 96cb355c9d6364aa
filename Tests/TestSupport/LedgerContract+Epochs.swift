import Routing
import Serving
import Vectors

private func governance(_ key: String, _ value: Setting) -> Governance {
  // Valid by construction.
  try! Governance([(key, value)])
}

extension LedgerContract {
  static let versions: [LedgerContract] = [
    LedgerContract("catalogues are numbered from 1, and the roll only grows") { ledger in
      let one = Sample.catalogue(["south/c", "north/b"])
      let two = Sample.catalogue(["east/d", "south/c", "north/a"], [.textToVideo, .inpainting])
      try expect(ledger.append(catalogue: one, from: .file, at: Sample.at()).version, is: 1)
      try expect(ledger.recover().roll, is: Roll(["north/b", "south/c"]))
      try expect(ledger.append(catalogue: two, from: .request, at: Sample.at()).version, is: 2)
      try expect(ledger.catalogue(from: .file)?.version, is: 1)
      try expect(ledger.catalogue(from: .request)?.version, is: 2)
      try expect(ledger.catalogue(from: .router)?.version, is: nil)
      try expect(ledger.recover().roll, is: Roll(["north/b", "south/c", "east/d", "north/a"]))
      try expect(ledger.catalogue(version: 1)?.value, is: one)
      try expect(ledger.catalogue(version: 2)?.value, is: two)
      try expect(ledger.catalogue(version: 3) == nil)
      try expect(ledger.recover().catalogue?.version, is: 2)
      try expect(ledger.recover().catalogue?.value, is: two)
    },
    LedgerContract("a catalogue comes back with all that a candidate can say") { ledger in
      var candidate = Sample.catalogue(["north/a"]).candidates[0]
      candidate.limits.maximumWidth = 2_048
      candidate.limits.minimumDuration = 0.1
      var price = Price()
      price.perImage = 0.03
      candidate.price = price
      candidate.lifecycle = Lifecycle(stage: .draining, ends: Sample.at(9), replacement: "north/b")
      candidate.prior = Prior(quality: 0.7, mass: 12, regions: [.init(region: "r", quality: 1.0 / 3)])
      candidate.bid = 1.7
      candidate.latencyP90 = .milliseconds(350)
      candidate.isEnabled = false
      let catalogue = try Catalogue(
        providers: [Provider(id: "north", name: "Nörd", kind: .local)], candidates: [candidate],
        regions: [NamedRegion(id: "r", capability: .inpainting, examples: ["a \"b\"", "c/d"])])
      _ = try ledger.append(catalogue: catalogue, from: .file, at: Sample.at())
      try expect(ledger.catalogue(version: 1)?.value, is: catalogue)
    },
    LedgerContract("governance keeps every change with who and why") { ledger in
      let changes = [
        GovernanceChange(
          governance: governance("half_life", .text("7d")), author: "ann", reason: "fresher", at: Sample.at(1)
        ),
        GovernanceChange(
          governance: governance("holdout", .number(0.1)), author: "bob", reason: "", at: Sample.at(2)),
      ]
      let recorded = try changes.map { try ledger.append(governance: $0) }
      try expect(recorded.map(\.version), is: [1, 2])
      try expect(ledger.governanceHistory(), is: recorded)
      try expect(ledger.governance(version: 1)?.value, is: changes[0].governance)
      try expect(ledger.governance(version: 0)?.value, is: Governance())
      try expect(ledger.governance(version: 3) == nil)
      try expect(ledger.recover().governance.version, is: 2)
      try expect(ledger.recover().governance.value, is: changes[1].governance)
    },
    LedgerContract("a region map comes back with every bit of its vectors") { ledger in
      var plan = Sample.plan(regions: 2)
      plan.regions[0].vector = [0.1, 1.0 / 3, -.leastNormalMagnitude, 0.99999994]
      plan.regions[1].origin = .learned
      plan.regions[1].examples = ["x"]
      plan.means = [
        .init(capability: .inpainting, vector: [1e-20, 3.4e38, -0.7, 2.0 / 3], intents: 9, isAutomatic: true)
      ]
      try expect(ledger.append(plan: plan, at: Sample.at()).version, is: 1)
      try expect(ledger.append(plan: Sample.plan(regions: 1), at: Sample.at()).version, is: 2)
      try expect(ledger.map(version: 1)?.plan, is: plan)
      try expect(ledger.map(version: 3) == nil)
      try expect(ledger.recover().map?.version, is: 2)
      try expect(ledger.recover().map?.plan, is: Sample.plan(regions: 1))
    },
  ]

  static let epochs: [LedgerContract] = [
    LedgerContract("the first epoch is opened once") { ledger in
      try ledger.append(opening: Sample.state(0))
      try expectConflict(.opened) { try ledger.append(opening: Sample.state(0)) }
      try expect(ledger.state(ofEpoch: 0), is: Sample.state(0))
      try expect(ledger.recover().state, is: Sample.state(0))
      try expect(ledger.recover().index.count, is: 0)
    },
    LedgerContract("a closed epoch is what the next start begins with") { ledger in
      try ledger.prepare(decisions: 3)
      try ledger.append(opening: Sample.state(0, catalogue: 1, governance: 0, map: 1))
      let through = LedgerPosition(decisions: 3, judgements: 0)
      try ledger.append(epoch: Sample.epoch(0, mass: 2, through: through))
      let recovery = try ledger.recover()
      try expect(recovery.state, is: Sample.state(1))
      try expect(recovery.folded, is: through)
      try expect(recovery.index.ends, is: [0])
      try expect(recovery.history, is: [Sample.counted(0, mass: 2).sums])
      try expect(ledger.tallies(epoch: 0), is: Sample.counted(0, mass: 2).tallies)
      try expect(ledger.tallies(epoch: 1), is: EpochTallies(epoch: 1))
      let closed = Sample.epoch(0, mass: 2, through: through)
      try expect(
        ledger.epochs(from: 0, limit: 5),
        is: [
          EpochSummary(
            number: 0, opened: closed.opened, closed: closed.closed, through: through, catalogueVersion: 1,
            governanceVersion: 0, mapVersion: 1, summary: closed.summary)
        ])
      try expect(ledger.state(ofEpoch: 1), is: Sample.state(1))
      try expect(ledger.state(ofEpoch: 2) == nil)
      try expect(ledger.counts().epochs, is: 1)
    },
    LedgerContract("epochs close in order") { ledger in
      try expectConflict(.epochOutOfOrder(expected: 0, got: 0)) { try ledger.append(epoch: Sample.epoch(0)) }
      try ledger.append(opening: Sample.state(0))
      try expectConflict(.epochOutOfOrder(expected: 0, got: 1)) { try ledger.append(epoch: Sample.epoch(1)) }
      try ledger.append(epoch: Sample.epoch(0))
      try expectConflict(.epochOutOfOrder(expected: 1, got: 0)) { try ledger.append(epoch: Sample.epoch(0)) }
      try ledger.append(epoch: Sample.epoch(1))
      try expect(ledger.epochs(from: 1, limit: 1).map(\.number), is: [1])
      try expect(ledger.epochs(from: 0, limit: .max).map(\.number), is: [0, 1])
      try expect(ledger.epochs(from: 0, limit: 1).map(\.number), is: [0])
    },
    LedgerContract("a correction restates an earlier epoch, a rebuilding replaces all") { ledger in
      try ledger.append(opening: Sample.state(0))
      try ledger.append(epoch: Sample.epoch(0, mass: 1))
      try ledger.append(epoch: Sample.epoch(1, mass: 2))
      try ledger.append(epoch: Sample.epoch(2, mass: 3, restating: [(0, 7)]))
      try expect(ledger.recover().history.map { $0.sums[0].mass }, is: [7, 2, 3])
      try expect(ledger.tallies(epoch: 0), is: Sample.counted(0, mass: 7).tallies)
      try ledger.append(epoch: Sample.epoch(3, mass: 4, restating: [(1, 5)], isRebuilt: true))
      try expect(ledger.recover().history.map { $0.sums.first?.mass ?? 0 }, is: [0, 5, 0, 4])
      try expect(ledger.recover().history.map(\.epoch), is: [0, 1, 2, 3])
      try expect(ledger.tallies(epoch: 2), is: EpochTallies(epoch: 2))
    },
    LedgerContract("a residual model is in force from the epoch that it came with until the next one") {
      ledger in
      func model(_ weight: Float) -> ResidualModel {
        ResidualModel(
          mean: [0.1, 1.0 / 3], ordinals: [2, 0],
          weights: Matrix(rowVectors: [[weight, 0], [-1e-30, 0.7]]),
          confidence: 0.25, observations: 300.5)
      }
      try ledger.append(opening: Sample.state(0))
      try expect(ledger.residuals(inEpoch: .max), is: [])
      for number in 0..<4 {
        var epoch = Sample.epoch(number)
        if number == 0 { epoch.residuals = [(.textGeneration, model(1))] }
        if number == 2 { epoch.residuals = [(.textGeneration, model(2)), (.imageGeneration, model(3))] }
        try ledger.append(epoch: epoch)
      }
      let early = FittedResiduals(capability: .textGeneration, epoch: 1, model: model(1))
      let late = [
        FittedResiduals(capability: .textGeneration, epoch: 3, model: model(2)),
        FittedResiduals(capability: .imageGeneration, epoch: 3, model: model(3)),
      ].sorted { $0.capability < $1.capability }
      try expect(ledger.residuals(inEpoch: 0), is: [])
      try expect(ledger.residuals(inEpoch: 1), is: [early])
      try expect(ledger.residuals(inEpoch: 2), is: [early])
      try expect(ledger.residuals(inEpoch: 3), is: late)
      try expect(ledger.residuals(inEpoch: 4), is: late)
    },
    LedgerContract("the index holds each epoch's end and governance, the history what a correction may reach")
    { ledger in
      // A horizon of two epochs of 15 minutes, in force in epochs 1 and 2.
      let short = governance("correction_horizon", .text("30m"))
      _ = try ledger.append(
        governance: GovernanceChange(governance: short, author: "ann", reason: "", at: Sample.at()))
      try ledger.append(opening: Sample.state(0))
      for (number, version) in [0, 1, 1].enumerated() {
        try ledger.append(
          epoch: Sample.epoch(
            number, mass: Int64(number) + 1, through: LedgerPosition(judgements: Int64(number) * 10),
            governance: version))
      }
      var recovery = try ledger.recover()
      try expect(recovery.index.ends, is: [0, 10, 20])
      try expect(recovery.index.governance(0), is: Governance())
      try expect(recovery.index.governance(2), is: short)
      try expect(recovery.history.map(\.epoch), is: [1, 2])
      // A longer horizon does not bring back what was let go.
      try ledger.append(epoch: Sample.epoch(3, through: LedgerPosition(judgements: 30), governance: 0))
      recovery = try ledger.recover()
      try expect(recovery.history.map(\.epoch), is: Array(recovery.index.oldestKept(after: 3)...3))
      try expect(recovery.history.map(\.epoch), is: [1, 2, 3])
    },
  ]
}
