-- 0002_sharing: the way back; what was dropped comes back empty.

-- users: drop column quota_bytes
-- WARNING: what is in quota_bytes is lost
ALTER TABLE "users" DROP COLUMN "quota_bytes";

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
DROP INDEX "ix_files_used_by_owner", "ix_files_used_by_kind", "ix_files_by_size";
ALTER TABLE "files" DROP COLUMN "width";
ALTER TABLE "files" DROP COLUMN "name_key";
ALTER TABLE "files" DROP COLUMN "height";
ALTER TABLE "files" DROP COLUMN "folder_id";
ALTER TABLE "files" DROP COLUMN "placeholder";
ALTER TABLE "files" DROP COLUMN "visibility";
CREATE INDEX "ix_files_used_by_owner" ON "files" ("owner_id", "size");

-- folders: drop table
-- WARNING: what is in folders is lost

-- file_search: drop table
-- WARNING: what is in file_search is lost

-- blog_files: drop table
-- WARNING: what is in blog_files is lost

-- share_links: drop table
-- WARNING: what is in share_links is lost
DROP TABLE "folders", "file_search", "blog_files", "share_links";
