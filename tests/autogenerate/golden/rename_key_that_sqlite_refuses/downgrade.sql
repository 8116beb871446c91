-- the trigger no_gaps would be in the way; it is made again below
DROP TRIGGER no_gaps;

-- the view sold would be in the way; it is made again below
DROP VIEW sold;

-- seats: seat_number is INT for a while, since SQLite cannot rename it as INTEGER
PRAGMA legacy_alter_table = ON;
ALTER TABLE seats RENAME TO _migrator_old_seats;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE seats (
    seat_number INT PRIMARY KEY,
    "row" TEXT NOT NULL,
    UNIQUE ("row", seat_number)
) WITHOUT ROWID;
INSERT OR ABORT INTO seats (seat_number, "row")
SELECT seat_number, "row"
FROM _migrator_old_seats;
DROP TABLE _migrator_old_seats;
CREATE INDEX ix_seats_number ON seats (seat_number DESC);

-- seats: seat_number is called number from now on
ALTER TABLE seats RENAME COLUMN seat_number TO number;

-- seats: rebuilt to change number
PRAGMA legacy_alter_table = ON;
ALTER TABLE seats RENAME TO _migrator_old_seats;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE seats (
    number INTEGER PRIMARY KEY,
    "row" TEXT NOT NULL,
    UNIQUE ("row", number)
) WITHOUT ROWID;
INSERT OR ABORT INTO seats (number, "row")
SELECT number, "row"
FROM _migrator_old_seats;
DROP TABLE _migrator_old_seats;
CREATE INDEX ix_seats_number ON seats (number DESC);

-- create the view sold
CREATE VIEW sold AS
SELECT number FROM seats JOIN tickets ON seat = number;

-- create the trigger no_gaps
CREATE TRIGGER no_gaps AFTER DELETE ON seats
BEGIN
    UPDATE tickets SET seat = NULL WHERE seat = old.number;
END;
