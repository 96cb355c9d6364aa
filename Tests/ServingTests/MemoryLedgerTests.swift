import Serving
import TestSupport
import Testing

@Test("the ledger in memory keeps its account of artefacts and answers", arguments: KeepingContract.all)
func memoryLedgerKeepsAccount(_ clause: KeepingContract) throws {
  try clause.check(MemoryLedger())
}

@Test("the ledger in memory keeps the contract", arguments: LedgerContract.all)
func memoryLedgerKeepsContract(_ clause: LedgerContract) throws {
  try clause.check(MemoryLedger())
}
