"""What must survive a power cut: the ledger, the journal and the documents."""
