"""What people do: one transaction, then the message to the open tabs. Plain Python; both doors call it."""
