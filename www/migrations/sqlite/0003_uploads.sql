-- 0003_uploads: written by `www migrate make`; read it before you commit it.

-- uploads: add table
CREATE TABLE "uploads" (
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
CREATE UNIQUE INDEX "uq_uploads_token" ON "uploads" ("token");
CREATE INDEX "ix_uploads_file_id" ON "uploads" ("file_id");
CREATE INDEX "ix_uploads_expires_at" ON "uploads" ("expires_at");
CREATE INDEX "ix_uploads_unfinished" ON "uploads" ("owner_id", "reserved") WHERE "completed_at" IS NULL;
CREATE INDEX "ix_uploads_sealed" ON "uploads" ("sha256") WHERE ("sha256" IS NOT NULL AND "completed_at" IS NULL);
