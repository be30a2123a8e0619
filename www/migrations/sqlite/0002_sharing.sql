-- Folders, visibility, share links, and what the lists of files are sorted by.
-- The server makes `name_key` and the index of names when it starts (www/files/naming.py).

-- users: add column quota_bytes
ALTER TABLE "users" ADD COLUMN "quota_bytes" INTEGER;

-- folders: add table
CREATE TABLE "folders" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "parent_id" INTEGER REFERENCES "folders" ("id") ON DELETE CASCADE,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "visibility" TEXT NOT NULL,
    "created_at" TEXT NOT NULL
) STRICT;
CREATE INDEX "ix_folders_parent_id" ON "folders" ("parent_id");
CREATE INDEX "ix_folders_in_order" ON "folders" ("owner_id", "parent_id", "name_key", "id");
CREATE INDEX "ix_folders_of_owner_shown" ON "folders" ("owner_id", "visibility", "name_key", "id");

-- files: add column folder_id
-- files: add column name_key
-- files: add column visibility
-- files: add column width
-- files: add column height
-- files: add column placeholder
-- files: drop index ix_files_used_by_owner
-- WARNING: rows that exist get name_key = ''
-- WARNING: rows that exist get visibility = 'unlisted'
CREATE TABLE "new_files" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "folder_id" INTEGER REFERENCES "folders" ("id") ON DELETE SET NULL,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "visibility" TEXT NOT NULL,
    "width" INTEGER,
    "height" INTEGER,
    "placeholder" TEXT,
    "created_at" TEXT NOT NULL
) STRICT;
INSERT INTO "new_files" ("id", "owner_id", "name", "name_key", "content_type", "size", "sha256", "visibility", "created_at")
    SELECT "id", "owner_id", "name", '', "content_type", "size", "sha256", 'unlisted', "created_at" FROM "files";
DELETE FROM sqlite_sequence WHERE name = 'new_files';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_files', seq FROM sqlite_sequence WHERE name = 'files';
DROP TABLE "files";
ALTER TABLE "new_files" RENAME TO "files";
CREATE INDEX "ix_files_sha256" ON "files" ("sha256");
CREATE INDEX "ix_files_of_owner" ON "files" ("owner_id", "id" DESC);
CREATE INDEX "ix_files_of_owner_by_name" ON "files" ("owner_id", "name_key", "id");
CREATE INDEX "ix_files_used_by_owner" ON "files" ("owner_id", "size", "id");
CREATE INDEX "ix_files_used_by_kind" ON "files" ("owner_id", "content_type", "size");
CREATE INDEX "ix_files_of_owner_shown" ON "files" ("owner_id", "visibility", "id" DESC);
CREATE INDEX "ix_files_in_folder" ON "files" ("folder_id", "owner_id", "id" DESC);
CREATE INDEX "ix_files_in_folder_by_name" ON "files" ("folder_id", "owner_id", "name_key", "id");
CREATE INDEX "ix_files_in_folder_by_size" ON "files" ("folder_id", "owner_id", "size", "id");
CREATE INDEX "ix_files_by_name" ON "files" ("name_key", "id");
CREATE INDEX "ix_files_by_size" ON "files" ("size", "id");

-- file_search: add table
CREATE VIRTUAL TABLE "file_search" USING fts5("owner", "name", tokenize = 'unicode61 remove_diacritics 2', content = '', contentless_delete = 1);

-- blog_files: add table
CREATE TABLE "blog_files" (
    "blog_id" INTEGER NOT NULL REFERENCES "blogs" ("id") ON DELETE CASCADE,
    "file_id" INTEGER NOT NULL REFERENCES "files" ("id") ON DELETE CASCADE,
    PRIMARY KEY ("blog_id", "file_id")
) STRICT, WITHOUT ROWID;
CREATE INDEX "ix_blog_files_file_id" ON "blog_files" ("file_id");

-- Which blog refers to which file, as www/files/references.py reads it when a blog is saved.
INSERT INTO "blog_files" ("blog_id", "file_id")
WITH RECURSIVE "pieces" ("blog_id", "rest") AS (
    SELECT "id", substr("html", instr("html", '="/files/') + 9) FROM "blogs"
        WHERE instr("html", '="/files/') > 0
    UNION ALL
    SELECT "blog_id", substr("rest", instr("rest", '="/files/') + 9) FROM "pieces"
        WHERE instr("rest", '="/files/') > 0
)
SELECT DISTINCT "blog_id", "files"."id"
    FROM "pieces" JOIN "files" ON "files"."id" = CAST("rest" AS INTEGER)
    WHERE "rest" LIKE "files"."id" || '/%';

-- share_links: add table
CREATE TABLE "share_links" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "file_id" INTEGER REFERENCES "files" ("id") ON DELETE CASCADE,
    "folder_id" INTEGER REFERENCES "folders" ("id") ON DELETE CASCADE,
    "token" TEXT NOT NULL,
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
CREATE INDEX "ix_share_links_file_id" ON "share_links" ("file_id");
CREATE INDEX "ix_share_links_folder_id" ON "share_links" ("folder_id");
CREATE UNIQUE INDEX "uq_share_links_token" ON "share_links" ("token");
CREATE INDEX "ix_share_links_of_maker" ON "share_links" ("created_by", "id" DESC);
