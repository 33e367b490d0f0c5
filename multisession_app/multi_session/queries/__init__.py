"""The rules, in SQL. The caller passes `db` and `now`, and a device that its cookie has proved."""
