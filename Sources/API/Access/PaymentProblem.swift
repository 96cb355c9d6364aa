import Credits
import Hummingbird
import Routing
import Wire

/// What a caller is told who cannot pay: who has too little, and when there may be more.
extension Problem {
  static func refused(_ refusal: CreditRefusal) -> Problem {
    switch refusal {
    case .budget(let key, let budget, let spent, let needed, let again):
      unpaid(
        "budget-exceeded", "The key's budget for this day is used up", refusal,
        [
          .init("key", .string(key.description)), .init("budget_usd", .number(budget.dollars)),
          .init("spent_usd", .number(spent.dollars)), .init("needed_usd", .number(needed.dollars)),
          .init("begins_again_at", .string(again.description)),
        ])
    case .balance(let account, let balance, let needed):
      unpaid(
        "insufficient-credits", "The account does not cover this", refusal,
        [
          .init("account", .string(account.description)), .init("balance_usd", .number(balance.dollars)),
          .init("needed_usd", .number(needed.dollars)),
        ])
    }
  }

  private static func unpaid(
    _ slug: String, _ title: String, _ refusal: CreditRefusal, _ members: [JSONValue.Member]
  ) -> Problem {
    Problem(.init(code: 402, reasonPhrase: "Payment Required"), slug, title, "\(refusal)") { writer in
      for member in members { writer.field(member.name, member.value) }
    }
  }
}
