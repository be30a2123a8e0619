-- 0006_share_downloads: written by `www migrate make`; read it before you commit it.

-- share_links: add column last_download_at
-- share_links: add column note
-- WARNING: rows that exist get note = ''
CREATE TABLE "new_share_links" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "file_id" INTEGER REFERENCES "files" ("id") ON DELETE CASCADE,
    "folder_id" INTEGER REFERENCES "folders" ("id") ON DELETE CASCADE,
    "token" TEXT NOT NULL,
    "secret" BLOB NOT NULL,
    "password_hash" TEXT,
    "expires_at" TEXT,
    "downloads_left" INTEGER,
    "downloads" INTEGER NOT NULL,
    "last_download_at" TEXT,
    "note" TEXT NOT NULL,
    "created_by" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "created_at" TEXT NOT NULL,
    "revoked_at" TEXT,
    CONSTRAINT "one_target" CHECK (("file_id" IS NULL OR "folder_id" IS NULL)),
    CONSTRAINT "some_target" CHECK (("file_id" IS NOT NULL OR "folder_id" IS NOT NULL))
) STRICT;
INSERT INTO "new_share_links" ("id", "file_id", "folder_id", "token", "secret", "password_hash", "expires_at", "downloads_left", "downloads", "note", "created_by", "created_at", "revoked_at")
    SELECT "id", "file_id", "folder_id", "token", "secret", "password_hash", "expires_at", "downloads_left", "downloads", '', "created_by", "created_at", "revoked_at" FROM "share_links";
DELETE FROM sqlite_sequence WHERE name = 'new_share_links';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_share_links', seq FROM sqlite_sequence WHERE name = 'share_links';
DROP TABLE "share_links";
ALTER TABLE "new_share_links" RENAME TO "share_links";
CREATE INDEX "ix_share_links_file_id" ON "share_links" ("file_id");
CREATE INDEX "ix_share_links_folder_id" ON "share_links" ("folder_id");
CREATE UNIQUE INDEX "uq_share_links_token" ON "share_links" ("token");
CREATE INDEX "ix_share_links_of_maker" ON "share_links" ("created_by", "id" DESC);

-- share_downloads: add table
CREATE TABLE "share_downloads" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "link_id" INTEGER NOT NULL REFERENCES "share_links" ("id") ON DELETE CASCADE,
    "bytes_left" INTEGER NOT NULL,
    "expires_at" TEXT NOT NULL
) STRICT;
CREATE INDEX "ix_share_downloads_link_id" ON "share_downloads" ("link_id");
CREATE INDEX "ix_share_downloads_expires_at" ON "share_downloads" ("expires_at");
