-- 0006_share_downloads: the way back; what was dropped comes back empty.

-- share_links: drop column last_download_at
-- share_links: drop column note
-- WARNING: what is in last_download_at is lost
-- WARNING: what is in note is lost
ALTER TABLE "share_links" DROP COLUMN "last_download_at";
ALTER TABLE "share_links" DROP COLUMN "note";

-- share_downloads: drop table
-- WARNING: what is in share_downloads is lost
DROP TABLE "share_downloads";
