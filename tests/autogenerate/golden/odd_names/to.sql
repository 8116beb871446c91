CREATE TABLE "order" (
    "select" INTEGER PRIMARY KEY,
    [first name] TEXT NOT NULL DEFAULT 'it''s; -- unknown',
    `größe` REAL,
    "a""b" TEXT,
    note VARCHAR(80),
    "名前" TEXT
);

CREATE INDEX "ix; order" ON "order" ("first name", "größe");
