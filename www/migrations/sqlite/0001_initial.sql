-- The tables of step one; `www migrate --check` holds them against www/models.

CREATE TABLE "users" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "email" TEXT,
    "password_hash" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "bio" TEXT NOT NULL,
    "active" INTEGER NOT NULL,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX "uq_users_name_key" ON "users" ("name_key");
CREATE INDEX "ix_users_by_role" ON "users" ("role", "active");

CREATE TABLE "sessions" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "token_hash" BLOB NOT NULL,
    "user_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "created_at" TEXT NOT NULL,
    "seen_at" TEXT NOT NULL,
    "expires_at" TEXT NOT NULL,
    "user_agent" TEXT NOT NULL,
    "address" TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX "uq_sessions_token_hash" ON "sessions" ("token_hash");
CREATE INDEX "ix_sessions_user_id" ON "sessions" ("user_id");
CREATE INDEX "ix_sessions_expires_at" ON "sessions" ("expires_at");

CREATE TABLE "one_time_links" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "token_hash" BLOB NOT NULL,
    "purpose" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "user_id" INTEGER REFERENCES "users" ("id") ON DELETE CASCADE,
    "created_by" INTEGER REFERENCES "users" ("id") ON DELETE CASCADE,
    "created_at" TEXT NOT NULL,
    "expires_at" TEXT NOT NULL,
    "used_at" TEXT
) STRICT;
CREATE UNIQUE INDEX "uq_one_time_links_token_hash" ON "one_time_links" ("token_hash");
CREATE INDEX "ix_one_time_links_user_id" ON "one_time_links" ("user_id");
CREATE INDEX "ix_one_time_links_created_by" ON "one_time_links" ("created_by");
CREATE INDEX "ix_one_time_links_expires_at" ON "one_time_links" ("expires_at");
CREATE INDEX "ix_one_time_links_waiting" ON "one_time_links" ("purpose", "id" DESC) WHERE "used_at" IS NULL;

CREATE TABLE "sign_in_failures" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "failures" INTEGER NOT NULL,
    "last_at" TEXT NOT NULL
) STRICT;
CREATE INDEX "ix_sign_in_failures_last_at" ON "sign_in_failures" ("last_at");

CREATE TABLE "audit_entries" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "actor_id" INTEGER REFERENCES "users" ("id") ON DELETE SET NULL,
    "actor_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "at" TEXT NOT NULL
) STRICT;
CREATE INDEX "ix_audit_entries_actor_id" ON "audit_entries" ("actor_id");

CREATE TABLE "blogs" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "author_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "title" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "html" TEXT NOT NULL,
    "toc" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "published_at" TEXT,
    "comment_count" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL
) STRICT;
CREATE INDEX "ix_blogs_newest" ON "blogs" ("published_at" DESC, "id" DESC) WHERE "published_at" IS NOT NULL;
CREATE INDEX "ix_blogs_by_author" ON "blogs" ("author_id", "published_at" DESC, "id" DESC) WHERE "published_at" IS NOT NULL;
CREATE INDEX "ix_blogs_drafts" ON "blogs" ("author_id", "updated_at" DESC, "id" DESC) WHERE "published_at" IS NULL;

CREATE VIRTUAL TABLE "blog_search" USING fts5("title", "body", tokenize = 'unicode61 remove_diacritics 2', content = '', contentless_delete = 1);

CREATE TABLE "tags" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "key" TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX "uq_tags_key" ON "tags" ("key");

CREATE TABLE "blog_tags" (
    "blog_id" INTEGER NOT NULL REFERENCES "blogs" ("id") ON DELETE CASCADE,
    "tag_id" INTEGER NOT NULL REFERENCES "tags" ("id") ON DELETE CASCADE,
    "published_at" TEXT,
    PRIMARY KEY ("blog_id", "tag_id")
) STRICT, WITHOUT ROWID;
CREATE INDEX "ix_blog_tags_by_tag" ON "blog_tags" ("tag_id", "published_at" DESC, "blog_id" DESC);

CREATE TABLE "comments" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "blog_id" INTEGER NOT NULL REFERENCES "blogs" ("id") ON DELETE CASCADE,
    "author_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "parent_id" INTEGER REFERENCES "comments" ("id") ON DELETE CASCADE,
    "path" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "html" TEXT NOT NULL,
    "created_at" TEXT NOT NULL,
    "deleted_at" TEXT
) STRICT;
CREATE INDEX "ix_comments_author_id" ON "comments" ("author_id");
CREATE INDEX "ix_comments_parent_id" ON "comments" ("parent_id");
CREATE INDEX "ix_comments_in_order" ON "comments" ("blog_id", "path");

CREATE TABLE "files" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "owner_id" INTEGER NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE,
    "name" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "created_at" TEXT NOT NULL
) STRICT;
CREATE INDEX "ix_files_sha256" ON "files" ("sha256");
CREATE INDEX "ix_files_of_owner" ON "files" ("owner_id", "id" DESC);
CREATE INDEX "ix_files_used_by_owner" ON "files" ("owner_id", "size");
