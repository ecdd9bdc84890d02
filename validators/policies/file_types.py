"""What a file is that cannot be read as text, told by how it begins, else by its name."""

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"%PDF-", "PDF document"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"PK\x05\x06", "ZIP archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ\x00", "xz archive"),
    (b"\x28\xb5\x2f\xfd", "Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"!<arch>\n", "static library or package"),
    (b"\x7fELF", "ELF program or library"),
    (b"MZ", "Windows program or library"),
    (b"\xca\xfe\xba\xbe", "Java class or macOS program"),
    (b"\xcf\xfa\xed\xfe", "macOS program or library"),
    (b"\xce\xfa\xed\xfe", "macOS program or library"),
    (b"\x00asm", "WebAssembly module"),
    (b"SQLite format 3\x00", "SQLite database"),
    (b"wOFF", "WOFF font"),
    (b"wOF2", "WOFF2 font"),
    (b"\x00\x01\x00\x00\x00", "TrueType font"),
    (b"OTTO", "OpenType font"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"RIFF", "WebP, WAV or AVI file"),
    (b"OggS", "Ogg sound"),
    (b"ID3", "MP3 sound"),
    (b"\x93NUMPY", "NumPy array"),
    (b"\x89HDF\r\n\x1a\n", "HDF5 data"),
    (b"PAR1", "Parquet data"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"version https://git-lfs.github.com/spec/", "Git LFS pointer"),
)
# These may hold no zero byte, by which git tells what is binary, and still cannot be read.
_UNREADABLE = (b"%PDF-", b"version https://git-lfs.github.com/spec/")

_ENDINGS = {
    ".jar": "Java archive",
    ".war": "Java archive",
    ".whl": "Python wheel",
    ".egg": "Python package",
    ".pyc": "compiled Python",
    ".pyo": "compiled Python",
    ".pyd": "Windows extension module",
    ".so": "shared library",
    ".dll": "Windows library",
    ".dylib": "macOS library",
    ".o": "object file",
    ".a": "static library",
    ".class": "Java class",
    ".docx": "Word document",
    ".xlsx": "Excel workbook",
    ".pptx": "PowerPoint presentation",
    ".mo": "compiled translations",
    ".pkl": "Python pickle",
    ".pickle": "Python pickle",
    ".pt": "PyTorch model",
    ".pth": "PyTorch model",
    ".onnx": "ONNX model",
    ".parquet": "Parquet data",
    ".mp4": "MP4 video",
    ".mp3": "MP3 sound",
    ".tar": "tar archive",
    ".p12": "key store",
    ".jks": "key store",
    ".der": "certificate or key",
}


def file_type(path: str, content: bytes) -> str:
    """Return what a file is, in words for people: ``PNG image``; an archive by its name first."""
    name = path.rsplit("/", 1)[-1].casefold()
    dot = name.rfind(".")
    by_name = _ENDINGS.get(name[dot:], "") if dot >= 0 else ""
    by_content = next((kind for start, kind in _BEGINNINGS if content.startswith(start)), "")
    return by_name or by_content or (f"{name[dot:]} file" if dot > 0 else "unknown type")


def is_readable(content: bytes) -> bool:
    """Whether a file without zero bytes is one a person can read in a change."""
    return not content.startswith(_UNREADABLE)
