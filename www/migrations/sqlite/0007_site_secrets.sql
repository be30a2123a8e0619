-- 0007_site_secrets: written by `www migrate make`; read it before you commit it.

-- site_secrets: add table
CREATE TABLE "site_secrets" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "value" BLOB NOT NULL
) STRICT;
