-- the trigger no_gaps would be in the way; it is made again below
DROP TRIGGER no_gaps;

-- the view sold would be in the way; it is made again below
DROP VIEW sold;

-- seats: number is INT for a while, since SQLite cannot rename it as INTEGER
PRAGMA legacy_alter_table = ON;
ALTER TABLE seats RENAME TO _migrator_old_seats;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE seats (
    number INT PRIMARY KEY,
    "row" TEXT NOT NULL,
    UNIQUE ("row", number)
) WITHOUT ROWID;
INSERT OR ABORT INTO seats (number, "row")
SELECT number, "row"
FROM _migrator_old_seats;
DROP TABLE _migrator_old_seats;
CREATE INDEX ix_seats_number ON seats (number DESC);

-- seats: number is called seat_number from now on
ALTER TABLE seats RENAME COLUMN number TO seat_number;

-- seats: rebuilt to change seat_number
PRAGMA legacy_alter_table = ON;
ALTER TABLE seats RENAME TO _migrator_old_seats;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE seats (
    seat_number INTEGER PRIMARY KEY,
    "row" TEXT NOT NULL,
    UNIQUE ("row", seat_number)
) WITHOUT ROWID;
INSERT OR ABORT INTO seats (seat_number, "row")
SELECT seat_number, "row"
FROM _migrator_old_seats;
DROP TABLE _migrator_old_seats;
CREATE INDEX ix_seats_number ON seats (seat_number DESC);

-- create the view sold
CREATE VIEW sold AS
SELECT seat_number FROM seats JOIN tickets ON seat = seat_number;

-- create the trigger no_gaps
CREATE TRIGGER no_gaps AFTER DELETE ON seats
BEGIN
    UPDATE tickets SET seat = NULL WHERE seat = old.seat_number;
END;
