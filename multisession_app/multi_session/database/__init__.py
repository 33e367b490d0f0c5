"""The database: tables, the shapes that may leave the server, transactions on SQLite and PostgreSQL, migrations."""
