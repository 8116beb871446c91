-- order: rebuilt to drop 名前; change first name, note
-- migrate:warn-if rows of order have a value in 名前, which is dropped: SELECT "select" FROM "order" WHERE 名前 IS NOT NULL
PRAGMA legacy_alter_table = ON;
ALTER TABLE "order" RENAME TO _migrator_old_order;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE "order" (
    "select" INTEGER PRIMARY KEY,
    [first name] TEXT,
    `größe` REAL,
    "a""b" TEXT,
    note TEXT
);
INSERT OR ABORT INTO "order" ("select", "first name", größe, "a""b", note)
SELECT "select", "first name", größe, "a""b", note
FROM _migrator_old_order;
DROP TABLE _migrator_old_order;
CREATE INDEX "ix; order" ON "order" ("first name", "größe");
