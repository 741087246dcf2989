"""What a file in a folder of images is, by its name."""

from __future__ import annotations

from enum import Enum


class FileKind(Enum):
    """What is done with a file, or why nothing is."""

    IMAGE = "image"
    TABLE = "table"
    #: A program left it there.
    HIDDEN = "hidden"
    #: A text, an archive, annotations: nobody takes it for an image.
    OTHER = "no image"
    #: An image, it may be, in a format that is not read.
    UNKNOWN = "in a format that is not read"


_IMAGES = {
    *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "bmp", "dib", "tif", "tiff"),
    *("ppm", "pgm", "pbm", "pnm", "jp2", "j2k", "jpx", "tga", "ico", "avif", "mpo", "sgi", "pcx"),
}
TABLES = ("csv", "tsv", "jsonl", "parquet")
_OTHERS = {
    *("txt", "md", "rst", "html", "htm", "pdf", "doc", "docx", "xls", "xlsx", "odt", "rtf"),
    *("json", "xml", "yaml", "yml", "toml", "ini", "cfg", "log", "lst", "names", "data", "dat"),
    *("zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "zst", "part", "crdownload"),
    *("py", "ipynb", "sh", "m", "r", "js", "css", "bat", "lock", "sha256", "md5", "sum", "url"),
    *("db", "sqlite", "lnk", "tmp", "bak", "swp", "aux", "xmp", "thm"),
    *("pt", "pth", "onnx", "h5", "pkl", "pickle", "mat"),
    *("mp3", "wav", "m4a", "aae"),
}
_PLAIN_NAMES = {
    *("readme", "license", "licence", "copying", "changes", "changelog", "authors", "notice"),
    *("citation", "version", "makefile", "manifest", "sha256sums", "md5sums", "dockerfile"),
}
_LEFT_BEHIND = {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"}


def kind_of_file(name: str) -> FileKind:
    """The kind of a file with this name."""
    _, dot, ending = name.rpartition(".")
    ending = ending.lower()
    if dot and ending in _IMAGES and name[0] != ".":
        return FileKind.IMAGE
    if name[0] in ".~" or name.lower() in _LEFT_BEHIND:
        return FileKind.HIDDEN
    if ending in TABLES and dot:
        return FileKind.TABLE
    plain = ending in _OTHERS if dot else name.lower() in _PLAIN_NAMES
    return FileKind.OTHER if plain else FileKind.UNKNOWN
