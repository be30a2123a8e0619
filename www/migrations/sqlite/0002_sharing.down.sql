-- 0002_sharing: the way back; what was dropped comes back empty.

-- users: drop column quota_bytes
-- WARNING: what is in quota_bytes is lost
CREATE TABLE "new_users" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "email" TEXT,
    "password_hash" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "bio" TEXT NOT NULL,
    "active" INTEGER NOT NULL,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL
) STRICT;
INSERT INTO "new_users" ("id", "name", "name_key", "display_name", "email", "password_hash", "role", "bio", "active", "created_at", "updated_at")
    SELECT "id", "name", "name_key", "display_name", "email", "password_hash", "role", "bio", "active", "created_at", "updated_at" FROM "users";
DELETE FROM sqlite_sequence WHERE name = 'new_users';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_users', seq FROM sqlite_sequence WHERE name = 'users';
DROP TABLE "users";
ALTER TABLE "new_users" RENAME TO "users";
CREATE UNIQUE INDEX "uq_users_name_key" ON "users" ("name_key");
CREATE INDEX "ix_users_by_role" ON "users" ("role", "active");

-- files: drop column width
-- files: drop column name_key
-- files: drop column height
-- files: drop column folder_id
-- files: drop column placeholder
-- files: drop column visibility
-- files: add index ix_files_used_by_owner
-- WARNING: what is in width is lost
-- WARNING: what is in name_key is lost
-- WARNING: what is in height is lost
-- WARNING: what is in folder_id is lost
-- WARNING: what is in placeholder is lost
-- WARNING: what is in visibility is lost
CREATE TABLE "new_files" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "name" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "created_at" TEXT NOT NULL
) STRICT;
INSERT INTO "new_files" ("id", "owner_id", "name", "content_type", "size", "sha256", "created_at")
    SELECT "id", "owner_id", "name", "content_type", "size", "sha256", "created_at" FROM "files";
DELETE FROM sqlite_sequence WHERE name = 'new_files';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_files', seq FROM sqlite_sequence WHERE name = 'files';
DROP TABLE "files";
ALTER TABLE "new_files" RENAME TO "files";
CREATE INDEX "ix_files_sha256" ON "files" ("sha256");
CREATE INDEX "ix_files_of_owner" ON "files" ("owner_id", "id" DESC);
CREATE INDEX "ix_files_used_by_owner" ON "files" ("owner_id", "size");

-- folders: drop table
-- WARNING: what is in folders is lost
DROP TABLE "folders";

-- file_search: drop table
-- WARNING: what is in file_search is lost
DROP TABLE "file_search";

-- blog_files: drop table
-- WARNING: what is in blog_files is lost
DROP TABLE "blog_files";

-- share_links: drop table
-- WARNING: what is in share_links is lost
DROP TABLE "share_links";
