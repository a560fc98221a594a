"""Names for what the probe does not know, so that an error can say what a file is."""

from __future__ import annotations

import codecs
import re

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"PK\3\4", "a ZIP archive or an office document"),
    (b"PK\5\6", "an empty ZIP archive"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"\x93NUMPY", "a NumPy array file"),
    (b"ID3", "an ID3 tag with no audio behind it"),
    (b"#!AMR", "AMR audio"),
    (b"MThd", "a MIDI file, which holds notes and no sound"),
    (b"caff\0\1", "Core Audio Format (CAF) audio"),
    (b".snd\0\0", "Sun AU audio"),
    (b"riff\x2e\x91\xcf\x11", "Wave64 audio"),
    (b"wvpk", "WavPack audio"),
    (b"MAC \x96\x0f", "Monkey's Audio"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (WMA or WMV)"),
    (b"\x1a\x45\xdf\xa3", "Matroska (MKV or MKA), of which only WebM is known"),
    (b"FLV\1", "a Flash video"),
    (b"\0\0\1\xba", "an MPEG program stream"),
    (b"\0\0\1\xb3", "an MPEG video"),
)
_RIFF_FORMS = {b"AVI ": "an AVI video", b"WEBP": "a WebP image"}
_IMAGE_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"}
_TEXTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"version https://git-lfs"), "a Git LFS pointer, not the file it stands for"),
    (re.compile(r"#EXTM3U|\[playlist\]", re.IGNORECASE), "a playlist, which only names audio"),
    (re.compile(r"data:[\w./+-]*;"), "a data: URL"),
    (re.compile(r"(<\?xml[^>]*>\s*)?<(!doctype html|html|head|body)\b", re.IGNORECASE), "an HTML page"),
    (re.compile(r"<(\?xml|[a-z][\w:.-]*[\s/>])", re.IGNORECASE), "an XML document"),
    (re.compile(r'\{\s*("|\}|$)|\[\s*(["\[{\]]|-?\d|true|false|null|$)'), "JSON"),
)
_UTF_8 = codecs.getincrementaldecoder("utf-8")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_TRANSPORT_PACKET = 188


def describe_non_audio(head: bytes) -> str | None:
    """Name what a file with these first bytes obviously is: "an HTML page", "JSON", "a PDF document".

    It is meant for files that `probe` does not know, and so names audio of unknown formats too ("AMR audio").
    A few hundred bytes are enough. Returns None when nothing can be said.
    """
    if not head.strip(b"\0"):
        return "nothing but zero bytes" if head else "an empty file"
    for signature, description in _SIGNATURES:
        if head.startswith(signature):
            return description
    if head[:4] == b"RIFF":
        return _RIFF_FORMS.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "a HEIF or AVIF image" if head[8:12] in _IMAGE_BRANDS else None
    if len(head) > 2 * _TRANSPORT_PACKET and head[: 2 * _TRANSPORT_PACKET + 1 : _TRANSPORT_PACKET] == b"GGG":
        return "an MPEG transport stream"
    return _describe_text(head)


def _describe_text(head: bytes) -> str | None:
    try:
        # Incremental, since the head may end in the middle of a character.
        text = _UTF_8().decode(head)
    except UnicodeDecodeError:
        return None
    if _CONTROLS.search(text):
        return None
    text = text.lstrip("\ufeff \t\r\n")
    return next((description for pattern, description in _TEXTS if pattern.match(text)), "text")
