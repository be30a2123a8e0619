"""The sections of the settings about files: where they live, and what may be used."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from www.utils.sections import About, Section
from www.utils.values import Bytes, Line, Number, listener, origin, path_or_nothing, size

_BYTES: Final = "a size above 0, such as `512 kB`, `4 GiB` or a number of bytes"


class Storage(Section):
    """Where uploaded files live."""

    kind: Annotated[
        Literal["local", "s3"],
        About(
            "uploaded files lie in the data folder, or in the bucket of an S3-compatible service"
        ),
    ] = "local"
    min_free_bytes: Annotated[
        Bytes, About("space on the disk that uploads leave to the database", _BYTES)
    ] = 256 * 1024**2
    keep_metadata: Annotated[
        bool,
        About(
            "other people get pictures and films with the place, time and camera that they tell",
            "true or false",
        ),
    ] = False
    bucket: Annotated[
        str,
        Field(pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$"),
        About("bucket for storage.kind `s3`; it must exist", "a name as S3 allows it"),
    ] = ""
    endpoint: Annotated[
        str | None,
        BeforeValidator(origin),
        About(
            "address of the S3 service, without the bucket",
            "`https://host` or `http://host:port` without a path, or nothing: Amazon's",
        ),
    ] = None
    region: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9-]{1,50}$"),
        About("region of the bucket; many services take any", "a name such as `eu-central-1`"),
    ] = "us-east-1"
    access_key: Annotated[Line, About("access key of the S3 service", "text")] = ""
    secret_key: Annotated[SecretStr, About("secret key that belongs to it", "text")] = SecretStr("")
    prefix: Annotated[
        str,
        Field(
            max_length=200,
            pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$",
        ),
        About(
            "folder in the bucket for all that www stores",
            "letters, digits, `.`, `_`, `-`, and `/` between, or nothing",
        ),
    ] = ""
    path_style: Annotated[
        bool,
        About(
            "the bucket is a folder of the endpoint (MinIO, Ceph) and not a host of its own",
            "true or false",
        ),
    ] = False
    presign_downloads: Annotated[
        bool,
        About(
            "readers are sent to the bucket by links that last an hour, to films and sound twelve",
            "true or false",
        ),
    ] = False
    presign_uploads: Annotated[
        bool,
        About(
            "browsers send files to the bucket itself; it needs the rule of `www storage cors`",
            "true or false",
        ),
    ] = False
    public_endpoint: Annotated[
        str | None,
        BeforeValidator(origin),
        About(
            "endpoint as browsers reach it, where that differs",
            "`https://host` or `http://host:port` without a path, or nothing: as storage.endpoint",
        ),
    ] = None
    previous: Annotated[
        Path | None,
        BeforeValidator(path_or_nothing),
        About(
            "settings of the storage that files are moved from: what is missing is read there",
            "a YAML file, or nothing; secrets as WWW_FROM_STORAGE__SECRET_KEY",
        ),
    ] = None
    sendfile_header: Annotated[
        Literal["", "X-Accel-Redirect", "X-Sendfile"],
        About("how a server of server.trusted_proxies is told to send a stored file itself"),
    ] = ""


class Pictures(Section):
    """What smaller copies of pictures may cost; a worker that exceeds it is killed."""

    workers: Annotated[
        Number,
        Field(ge=1, le=64),
        About("processes of one server that make them, at most", "a number from 1 to 64"),
    ] = 2
    max_pixels: Annotated[
        Number,
        Field(ge=1, le=10**10),
        About("pixels of a picture, at most", "a number from 1 to 10000000000"),
    ] = 200_000_000
    max_frames: Annotated[
        Number,
        Field(ge=1, le=10**6),
        About("frames of an animation, at most", "a number from 1 to 1000000"),
    ] = 1000
    memory_bytes: Annotated[
        Bytes,
        Field(ge=256 * 1024**2),
        About("address space of one process", "a size of at least 256 MiB, such as `1 GiB`"),
    ] = 1024**3
    cpu_seconds: Annotated[
        Number,
        Field(ge=1, le=600),
        About("CPU time for one picture", "a number from 1 to 600"),
    ] = 20
    cache_bytes: Annotated[Bytes, About("space on the disk for what was made", _BYTES)] = 1024**3


class Files(Section):
    """What becomes of files when they come in."""

    visibility: Annotated[
        Literal["private", "unlisted", "public"],
        About("who may read new files and folders outside of any folder, unless it is said"),
    ] = "unlisted"


class Limits(Section):
    """What one request, or one person, may use."""

    upload_bytes: Annotated[Bytes, About("size of one uploaded file", _BYTES)] = 5 * 1000**3
    quota_bytes: Annotated[Bytes, About("size of all files of one person", _BYTES)] = 20 * 1000**3
    upload_hours: Annotated[
        Number,
        Field(ge=1, le=8760),
        About(
            "hours for which an unfinished upload waits to be resumed", "a number from 1 to 8760"
        ),
    ] = 168
    body_bytes: Annotated[
        Bytes, Field(le=512_000), About("size of one post's Markdown", "a size from 1 to 512 kB")
    ] = 512_000
    form_bytes: Annotated[
        Bytes,
        About(
            "size of a submitted form without files",
            f"{_BYTES}; at least three times limits.body_bytes",
        ),
    ] = 2_000_000
    clamd: Annotated[
        Line,
        AfterValidator(listener),
        About(
            "virus scanner (clamd) that looks at every file before it is kept",
            "the path of its socket, `host:port`, or nothing: files are not scanned",
        ),
    ] = ""
    clamd_down: Annotated[
        Literal["refuse", "accept"],
        About("what happens to files that the scanner does not answer for or finds too large"),
    ] = "refuse"
    download_bytes_per_s: Annotated[
        int,
        BeforeValidator(size),
        Field(ge=0, le=2**53),
        About(
            "how fast files go out over one connection; 0 is as fast as they can",
            "0, or a size such as `2 MB` or a number of bytes",
        ),
    ] = 0
    login_attempts: Annotated[
        Number,
        Field(ge=1, le=1000),
        About(
            "wrong passwords for one account from one address in fifteen minutes",
            "a number from 1 to 1000",
        ),
    ] = 10
