CREATE TABLE "größe" (🦀 TEXT DEFAULT 'ä; ö'); SELECT 🦀 FROM größe;
/* é */ SELECT 'é' AS ü; -- ß;
SELECT 1;
