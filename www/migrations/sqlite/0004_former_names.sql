-- What files were called before, and what signs the cookies of share links.

-- former_names: add table
CREATE TABLE "former_names" (
    "file_id" INTEGER NOT NULL REFERENCES "files" ("id") ON DELETE CASCADE,
    "name" TEXT NOT NULL,
    PRIMARY KEY ("file_id", "name")
) STRICT, WITHOUT ROWID;

-- share_links: add column secret
-- WARNING: rows that exist get a random secret
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
    "created_by" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "created_at" TEXT NOT NULL,
    "revoked_at" TEXT,
    CONSTRAINT "one_target" CHECK (("file_id" IS NULL OR "folder_id" IS NULL)),
    CONSTRAINT "some_target" CHECK (("file_id" IS NOT NULL OR "folder_id" IS NOT NULL))
) STRICT;
INSERT INTO "new_share_links" ("id", "file_id", "folder_id", "token", "secret", "password_hash", "expires_at", "downloads_left", "downloads", "created_by", "created_at", "revoked_at")
    SELECT "id", "file_id", "folder_id", "token", randomblob(32), "password_hash", "expires_at", "downloads_left", "downloads", "created_by", "created_at", "revoked_at" FROM "share_links";
DELETE FROM sqlite_sequence WHERE name = 'new_share_links';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_share_links', seq FROM sqlite_sequence WHERE name = 'share_links';
DROP TABLE "share_links";
ALTER TABLE "new_share_links" RENAME TO "share_links";
CREATE INDEX "ix_share_links_file_id" ON "share_links" ("file_id");
CREATE INDEX "ix_share_links_folder_id" ON "share_links" ("folder_id");
CREATE UNIQUE INDEX "uq_share_links_token" ON "share_links" ("token");
CREATE INDEX "ix_share_links_of_maker" ON "share_links" ("created_by", "id" DESC);

-- Files that posts name by their whole address; a site's own host is known to the program alone,
-- so the name decides, when a post is saved again.
INSERT OR IGNORE INTO "blog_files" ("blog_id", "file_id")
WITH RECURSIVE "pieces" ("blog_id", "rest") AS (
    SELECT "id", substr("html", instr("html", '/files/') + 7) FROM "blogs"
        WHERE instr("html", '/files/') > 0
    UNION ALL
    SELECT "blog_id", substr("rest", instr("rest", '/files/') + 7) FROM "pieces"
        WHERE instr("rest", '/files/') > 0
)
SELECT DISTINCT "blog_id", "files"."id"
    FROM "pieces" JOIN "files" ON "files"."id" = CAST("rest" AS INTEGER)
    WHERE "rest" LIKE "files"."id" || '/%';
