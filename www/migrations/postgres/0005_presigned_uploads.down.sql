-- 0005_presigned_uploads: the way back; what was dropped comes back empty.

-- uploads: drop column part_bytes
-- uploads: drop column parts_id
-- WARNING: what is in part_bytes is lost
-- WARNING: what is in parts_id is lost
ALTER TABLE "uploads" DROP COLUMN "part_bytes";
ALTER TABLE "uploads" DROP COLUMN "parts_id";
