-- 0005_presigned_uploads: written by `www migrate make`; read it before you commit it.

-- uploads: add column part_bytes
-- uploads: add column parts_id
ALTER TABLE "uploads" ADD COLUMN "part_bytes" INTEGER;
ALTER TABLE "uploads" ADD COLUMN "parts_id" TEXT;
