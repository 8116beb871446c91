CREATE TABLE seats (
    number INTEGER PRIMARY KEY,
    "row" TEXT NOT NULL,
    UNIQUE ("row", number)
) WITHOUT ROWID;

CREATE INDEX ix_seats_number ON seats (number DESC);

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY,
    seat INTEGER REFERENCES seats (number)
);

CREATE VIEW sold AS
SELECT number FROM seats JOIN tickets ON seat = number;

CREATE TRIGGER no_gaps AFTER DELETE ON seats
BEGIN
    UPDATE tickets SET seat = NULL WHERE seat = old.number;
END;
