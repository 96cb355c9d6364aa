import Foundation
import Jobs
import Testing

/// The state machine cell by cell: every situation met by every event, as `Transitions.md` beside this file says.
///
/// The file was read line by line when it was recorded. After a change that is meant, record it again with
/// POINTSMAN_RECORD=1 and read what has changed.
@Suite("The table of transitions")
struct TransitionTableTests {
  static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Transitions.md")

  @Test("Every state meets every event as the table says")
  func table() throws {
    let text = try TransitionTable.markdown()
    if ProcessInfo.processInfo.environment["POINTSMAN_RECORD"] == "1" {
      try text.write(to: Self.file, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOf: Self.file, encoding: .utf8)
    let lines = zip(text.split(separator: "\n"), expected.split(separator: "\n"))
    for (line, wanted) in lines { #expect(line == wanted) }
    #expect(text == expected)
  }

  @Test("No cell breaks an invariant, and an ignored event leaves the job as it was")
  func cellsAreSound() throws {
    let cells = try TransitionTable.cells()
    var situations: [String] = []
    for cell in cells {
      #expect(throws: Never.self, "\(cell.situation), \(cell.event)") { try cell.after.check() }
      #expect(cell.transition.to == cell.after.state)
      if !cell.transition.changed {
        #expect(cell.transition.actions.isEmpty && cell.transition.records.isEmpty)
      }
      if situations.last != cell.situation { situations.append(cell.situation) }
    }
    // Every state is met, and every situation by the same events.
    #expect(Set(cells.map(\.transition.from)) == Set(JobState.allCases))
    #expect(cells.count == situations.count * Set(cells.map(\.event)).count)
  }

  @Test("A terminal state is never left")
  func terminalStatesAreFinal() throws {
    for cell in try TransitionTable.cells() where cell.transition.from.isTerminal {
      #expect(cell.transition.to == cell.transition.from, "\(cell.situation), \(cell.event)")
    }
  }
}
