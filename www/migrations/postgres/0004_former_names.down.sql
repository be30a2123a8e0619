-- 0004_former_names: the way back; what was dropped comes back empty.

-- share_links: drop column secret
-- WARNING: what is in secret is lost
ALTER TABLE "share_links" DROP COLUMN "secret";

-- former_names: drop table
-- WARNING: what is in former_names is lost
DROP TABLE "former_names";
