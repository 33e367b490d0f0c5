"""The rules, in SQL. `db` and `now` come in as arguments, and a device proves itself by its cookie."""
