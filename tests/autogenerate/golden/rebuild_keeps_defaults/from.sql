CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    code TEXT,
    made_at TEXT DEFAULT CURRENT_TIMESTAMP,
    seen_at TEXT DEFAULT (datetime('now', '+1 day')),
    note TEXT
);
