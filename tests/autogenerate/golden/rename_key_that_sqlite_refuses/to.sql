CREATE TABLE seats (
    seat_number INTEGER PRIMARY KEY,
    "row" TEXT NOT NULL,
    UNIQUE ("row", seat_number)
) WITHOUT ROWID;

CREATE INDEX ix_seats_number ON seats (seat_number DESC);

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY,
    seat INTEGER REFERENCES seats (seat_number)
);

CREATE VIEW sold AS
SELECT seat_number FROM seats JOIN tickets ON seat = seat_number;

CREATE TRIGGER no_gaps AFTER DELETE ON seats
BEGIN
    UPDATE tickets SET seat = NULL WHERE seat = old.seat_number;
END;
