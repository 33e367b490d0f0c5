"""The actions of people: each is one transaction, then a message to the open tabs. Both doors call them; no Reflex."""
