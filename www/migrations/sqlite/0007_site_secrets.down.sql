-- 0007_site_secrets: the way back; what was dropped comes back empty.

-- site_secrets: drop table
-- WARNING: what is in site_secrets is lost
DROP TABLE "site_secrets";
