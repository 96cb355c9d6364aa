import Testing

@testable import Routing

@Suite("Exploration account")
struct ExplorationAccountTests {
  @Test("it earns a share of every decision and pays for every explored one")
  func balance() {
    var account = ExplorationAccount()
    #expect(account.balance(grant: 250) == 250)
    account.settle(decisions: 1_000, explored: 120, share: 0.05)
    account.settle(decisions: 200, explored: 0, share: 0.05)
    #expect(account.earned == 60)
    #expect(account.spent == 120)
    #expect(account.balance(grant: 250) == 190)
    #expect(account.balance(grant: 0) == -60)
  }

  @Test("f = min(1, B / demand), and nothing is affordable without a balance")
  func affordable() {
    #expect(ExplorationAccount.affordable(balance: 10, demand: 40) == 0.25)
    #expect(ExplorationAccount.affordable(balance: 40, demand: 40) == 1)
    #expect(ExplorationAccount.affordable(balance: 41, demand: 40) == 1)
    #expect(ExplorationAccount.affordable(balance: 1, demand: 0) == 1)
    #expect(ExplorationAccount.affordable(balance: 0, demand: 40) == 0)
    #expect(ExplorationAccount.affordable(balance: -1, demand: 40) == 0)
  }
}
