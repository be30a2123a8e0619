-- 0007_site_secrets: written by `www migrate make`; read it before you commit it.

-- site_secrets: add table
CREATE TABLE "site_secrets" (
    "name" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "value" BYTEA NOT NULL
);
