-- What files were called before, and what signs the cookies of share links.

-- former_names: add table
CREATE TABLE "former_names" (
    "file_id" BIGINT NOT NULL REFERENCES "files" ("id") ON DELETE CASCADE,
    "name" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY ("file_id", "name")
);

-- share_links: add column secret
-- WARNING: rows that exist get a random secret
ALTER TABLE "share_links" ADD COLUMN "secret" BYTEA;
UPDATE "share_links" SET "secret" = decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');
ALTER TABLE "share_links" ALTER COLUMN "secret" SET NOT NULL;

-- Files that posts name by their whole address; a site's own host is known to the program alone,
-- so the name decides, when a post is saved again.
INSERT INTO "blog_files" ("blog_id", "file_id")
SELECT DISTINCT "found"."blog_id", "files"."id" FROM (
    SELECT "id" AS "blog_id",
        (regexp_matches("html", '/files/([1-9][0-9]{0,17})/', 'g'))[1]::BIGINT AS "file_id"
    FROM "blogs"
) AS "found" JOIN "files" ON "files"."id" = "found"."file_id"
ON CONFLICT DO NOTHING;
