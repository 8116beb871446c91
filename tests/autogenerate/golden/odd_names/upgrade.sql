-- order: rebuilt to add 名前; change first name, note
-- migrate:refuse-if rows of order have NULL in first name: SELECT "select" FROM "order" WHERE "first name" IS NULL
-- (autogenerate can write a value: --fill 'order.first name=EXPRESSION')
PRAGMA legacy_alter_table = ON;
ALTER TABLE "order" RENAME TO _migrator_old_order;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE "order" (
    "select" INTEGER PRIMARY KEY,
    [first name] TEXT NOT NULL DEFAULT 'it''s; -- unknown',
    `größe` REAL,
    "a""b" TEXT,
    note VARCHAR(80),
    "名前" TEXT
);
INSERT OR ABORT INTO "order" ("select", "first name", größe, "a""b", note)
SELECT "select", "first name", größe, "a""b", note
FROM _migrator_old_order;
DROP TABLE _migrator_old_order;
CREATE INDEX "ix; order" ON "order" ("first name", "größe");
