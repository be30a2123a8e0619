"""The schema on one page: every table of the product."""

from typing import Final

from www.db import Table
from www.models.audit_entry import AuditEntry
from www.models.blog import Blog
from www.models.blog_file import BlogFile
from www.models.blog_search import BlogSearch
from www.models.blog_tag import BlogTag
from www.models.comment import Comment
from www.models.file import File
from www.models.file_search import FileSearch
from www.models.folder import Folder, Visibility
from www.models.former_name import FormerName
from www.models.one_time_link import OneTimeLink, Purpose
from www.models.session import Session
from www.models.share_download import ShareDownload
from www.models.share_link import ShareLink
from www.models.sign_in_failure import SignInFailure
from www.models.site_secret import SiteSecret
from www.models.tag import Tag
from www.models.upload import Upload
from www.models.user import Role, User

# In the order in which they can be created: a table stands behind those it refers to.
TABLES: Final[tuple[type[Table], ...]] = (
    User,
    Session,
    OneTimeLink,
    SignInFailure,
    SiteSecret,
    AuditEntry,
    Blog,
    BlogSearch,
    Tag,
    BlogTag,
    Comment,
    Folder,
    File,
    FileSearch,
    FormerName,
    BlogFile,
    ShareLink,
    ShareDownload,
    Upload,
)

__all__ = [
    "TABLES",
    "AuditEntry",
    "Blog",
    "BlogFile",
    "BlogSearch",
    "BlogTag",
    "Comment",
    "File",
    "FileSearch",
    "Folder",
    "FormerName",
    "OneTimeLink",
    "Purpose",
    "Role",
    "Session",
    "ShareDownload",
    "ShareLink",
    "SignInFailure",
    "SiteSecret",
    "Tag",
    "Upload",
    "User",
    "Visibility",
]
