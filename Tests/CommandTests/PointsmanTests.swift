import ArgumentParser
import Testing
import Wire

@testable import pointsman

@Suite struct PointsmanTests {
  private func ending(_ line: [String]) throws -> Ending {
    do {
      // Asking for help parses, and is answered by running it; nothing else that runs comes this far.
      var command = try Pointsman.parseAsRoot(line)
      if !(command is any AsyncParsableCommand) { try command.run() }
    } catch {
      return Ending(error)
    }
    Issue.record("\(line) was accepted")
    throw CommandFailure("accepted")
  }

  private static let decision = "01938a7e-0000-7000-8000-000000000001"

  @Test(
    "what is asked wrongly ends with 2 and one line on standard error",
    arguments: [
      ["nonsense"], ["decide"], ["decide", "x"], ["decide", "x", "--capability", "text_generatoin"],
      ["decide", "x", "--capability", "text_generation", "--cost-weight", "-1"],
      ["decide", " ", "--capability", "text_generation"],
      ["decide", "x", "--capability", "text_generation", "--wat"],
      ["decide", "x", "--capability", "text_generation", "--server", "localhost"],
      ["feedback"], ["feedback", "not-an-id", "--signal", "user.thumb"], ["feedback", decision],
      ["feedback", decision, "--signal", "user.thump", "--value", "up"],
      ["feedback", decision, "--signal", "user.thumb", "--value", "7"],
      ["feedback", decision, "--signal", "user.rating", "--value", "6"],
      ["feedback", decision, "--signal", "comparison", "--value", "win"],
      ["feedback", "--file", "x", "--signal", "user.thumb"], ["explain", "7"], ["rankings"],
      ["regions", "add", "x"], ["regions", "add", "root", "--example", "y"], ["regions", "fit"],
      ["regions", "fit", "--count", "0"], ["regions", "list", "--server", "http://x", "--database", "y"],
      ["catalogue", "check"], ["catalogue", "from-table", "x", "--provider", "a/b"],
      ["governance", "set", "half_life=7d"], ["governance", "set", "half_life", "--reason", "x"],
      ["governance", "set", "a=1", "a=2", "--reason", "x"], ["play"], ["play", "x", "--passes", "0"],
      ["play", "x", "--epoch-every", "0"], ["verify"], ["replay"], ["export", "everything"],
      ["export", "decisions", "--format", "xml"], ["backup"], ["artefacts", "list", "--limit", "0"],
      ["artefacts", "rotate", "--overlap", "8d"], ["cache", "clear", "--capability", "nothing"],
    ])
  func usage(line: [String]) throws {
    let ending = try ending(line)
    #expect(ending.code == 2)
    #expect(ending.output == nil)
    let complaint = try #require(ending.complaint)
    #expect(complaint.hasPrefix("pointsman: "))
    #expect(!complaint.contains("\n"))
    #expect(complaint.count > 20)
  }

  @Test("a wrong name is met with the right one")
  func suggestions() throws {
    let wrong = try ending(["feedback", Self.decision, "--signal", "user.thump", "--value", "up"])
    #expect(wrong.complaint?.contains("did you mean 'user.thumb'?") == true)
    let capability = try ending(["decide", "x", "--capability", "text_generatoin"])
    #expect(capability.complaint?.contains("following: text_generation, embedding, ") == true)
    let value = try ending(["feedback", Self.decision, "--signal", "user.rating", "--value", "6"])
    #expect(value.complaint?.contains("user.rating takes a number from 1 to 5 as --value, got '6'") == true)
  }

  @Test(
    "help is no error and goes to standard output",
    arguments: [["--help"], ["help", "play"], ["regions", "--help"]])
  func help(line: [String]) throws {
    let ending = try ending(line)
    #expect(ending.code == 0)
    #expect(ending.complaint == nil)
    #expect(ending.output?.contains("USAGE: pointsman") == true)
  }

  @Test("failures end with 1, and a failure that was explained already adds nothing")
  func failures() {
    #expect(Ending(CommandFailure("no such thing")).complaint == "pointsman: no such thing")
    #expect(Ending(CommandFailure("no such thing")).code == 1)
    #expect(Ending(CommandFailure(nil)).complaint == nil)
    #expect(Ending(CommandFailure(nil)).code == 1)
  }

  @Test("what is typed becomes the request")
  func decide() throws {
    let line = [
      "decide", "a drone shot", "--capability", "text_to_video", "--cost-weight", "0.3", "--max-cost", "0.5",
      "--only",
      "fal", "--only", "luma", "--exclude", "runway/gen-4", "--no-explore",
    ]
    let command = try #require(try Pointsman.parseAsRoot(line) as? DecideCommand)
    #expect(
      command.request == [
        "capability": "text_to_video", "intent": "a drone shot",
        "constraints": ["max_cost_usd": 0.5, "only": ["fal", "luma"], "exclude": ["runway/gen-4"]],
        "objective": ["cost_weight": 0.3], "explore": false,
      ])
  }

  @Test(
    "an assignment is a key and a typed value",
    arguments: [
      ("half_life=7d", "half_life", JSONValue.string("7d")), ("holdout=0.1", "holdout", 0.1),
      ("fixed=", "fixed", nil), ("text_to_video.policy=thompson", "text_to_video.policy", "thompson"),
      ("a=b=c", "a", "b=c"),
    ])
  func assignments(text: String, key: String, value: JSONValue) {
    #expect(Assignment(argument: text)?.key == key)
    #expect(Assignment(argument: text)?.value == value)
    #expect(Assignment(argument: "=x") == nil)
    #expect(Assignment(argument: "x") == nil)
  }
}
