-- 0005_presigned_uploads: the way back; what was dropped comes back empty.

-- uploads: drop column part_bytes
-- uploads: drop column parts_id
-- WARNING: what is in part_bytes is lost
-- WARNING: what is in parts_id is lost
CREATE TABLE "new_uploads" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "token" TEXT NOT NULL,
    "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "name" TEXT NOT NULL,
    "claims" TEXT NOT NULL,
    "concat" TEXT NOT NULL,
    "length" INTEGER,
    "reserved" INTEGER NOT NULL,
    "expected_sha256" TEXT,
    "sha256" TEXT,
    "file_id" INTEGER REFERENCES "files" ("id") ON DELETE SET NULL,
    "created_at" TEXT NOT NULL,
    "expires_at" TEXT NOT NULL,
    "completed_at" TEXT
) STRICT;
INSERT INTO "new_uploads" ("id", "token", "owner_id", "name", "claims", "concat", "length", "reserved", "expected_sha256", "sha256", "file_id", "created_at", "expires_at", "completed_at")
    SELECT "id", "token", "owner_id", "name", "claims", "concat", "length", "reserved", "expected_sha256", "sha256", "file_id", "created_at", "expires_at", "completed_at" FROM "uploads";
DELETE FROM sqlite_sequence WHERE name = 'new_uploads';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_uploads', seq FROM sqlite_sequence WHERE name = 'uploads';
DROP TABLE "uploads";
ALTER TABLE "new_uploads" RENAME TO "uploads";
CREATE UNIQUE INDEX "uq_uploads_token" ON "uploads" ("token");
CREATE INDEX "ix_uploads_file_id" ON "uploads" ("file_id");
CREATE INDEX "ix_uploads_expires_at" ON "uploads" ("expires_at");
CREATE INDEX "ix_uploads_unfinished" ON "uploads" ("owner_id", "reserved") WHERE "completed_at" IS NULL;
CREATE INDEX "ix_uploads_sealed" ON "uploads" ("sha256") WHERE ("sha256" IS NOT NULL AND "completed_at" IS NULL);
