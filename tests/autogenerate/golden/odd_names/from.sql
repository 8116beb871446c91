CREATE TABLE "order" (
    "select" INTEGER PRIMARY KEY,
    [first name] TEXT,
    `größe` REAL,
    "a""b" TEXT,
    note TEXT
);

CREATE INDEX "ix; order" ON "order" ("first name", "größe");
