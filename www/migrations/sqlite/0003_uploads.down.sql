-- 0003_uploads: the way back; what was dropped comes back empty.

-- uploads: drop table
-- WARNING: what is in uploads is lost
DROP TABLE "uploads";
