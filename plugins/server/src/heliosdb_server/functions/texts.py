"""Functions of text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, writing
from .marks import collected, sees_null
from .regexes import regex

_TOO_LONG = 2**28


_TO_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_TO_LOWER = {code - 32: code for code in _TO_UPPER}


def pg_initcap(text: str) -> str:
    words = re.compile(r"[A-Za-z0-9]+")  # letters, as under collation C
    return words.sub(lambda m: m[0][0].translate(_TO_UPPER) + m[0][1:].translate(_TO_LOWER), text)


def pg_length(value: Any, *more: Any) -> int:
    kind = more[-1] if more else ""
    if isinstance(value, bytes):
        return len(value)
    text = writing.text(value)
    return len(text.rstrip(" ")) if kind == "bpchar" else len(text)


def pg_octet_length(value: Any, kind: str = "") -> int:
    return len(value if isinstance(value, bytes) else writing.text(value).encode())


def pg_bit_length(value: Any) -> int:
    return 8 * pg_octet_length(value)


def pg_btrim(text: Any, chars: Any = " ") -> Any:
    return text.strip(chars) if chars else text


def pg_ltrim(text: Any, chars: Any = " ") -> Any:
    return text.lstrip(chars) if chars else text


def pg_rtrim(text: Any, chars: Any = " ") -> Any:
    return text.rstrip(chars) if chars else text


def pg_substring(text: Any, start: Any, size: int | None = None) -> Any:
    if isinstance(start, str):
        found = regex(start, "").search(str(text))
        return None if found is None else found[1] if found.re.groups else found[0]
    if size is not None and size < 0:
        raise PgError("22011", "negative substring length not allowed")
    end = None if size is None else max(start - 1 + size, 0)
    return text[max(start - 1, 0) : end]


def pg_left(text: str, count: int) -> str:
    return text[:count]


def pg_right(text: str, count: int) -> str:
    return text[-count:] if count > 0 else text[-count:] if count < 0 else ""


def _padding(text: str, size: int, fill: str) -> str:
    if size > _TOO_LONG:
        raise PgError("54000", "requested length too large")
    missing = size - len(text)
    return (fill * (missing // len(fill) + 1))[:missing] if fill and missing > 0 else ""


def pg_lpad(text: str, size: int, fill: str = " ") -> str:
    return (_padding(text, size, fill) + text)[: max(size, 0)] if len(text) < size else text[: max(size, 0)]


def pg_rpad(text: str, size: int, fill: str = " ") -> str:
    return (text + _padding(text, size, fill))[: max(size, 0)]


def pg_repeat(text: str, count: int) -> str:
    if count > 0 and len(text) * count > _TOO_LONG:
        raise PgError("54000", "requested length too large")
    return text * count


def pg_reverse(text: str) -> str:
    return text[::-1]


def pg_starts_with(text: str, start: str) -> int:
    return int(text.startswith(start))


def pg_split_part(text: str, mark: str, place: int) -> str:
    if place == 0:
        raise PgError("22023", "field position must not be zero")
    parts = text.split(mark) if mark else [text]
    try:
        return parts[place - 1 if place > 0 else place]
    except IndexError:
        return ""


def pg_translate(text: str, old: str, new: str) -> str:
    table: dict[int, str | None] = {}
    for at, char in enumerate(old):
        table.setdefault(ord(char), new[at] if at < len(new) else None)
    return text.translate(table)


def pg_overlay(text: Any, new: Any, start: int, size: int | None = None) -> Any:
    if start <= 0:
        raise PgError("22011", "negative substring length not allowed")
    end = start - 1 + (len(new) if size is None else size)
    if end >= 2**31:
        raise PgError("22003", "integer out of range")
    return text[: start - 1] + new + text[max(end, 0) :]


def pg_ascii(text: str) -> int:
    return ord(text[0]) if text else 0


def pg_chr(code: int) -> str:
    if not 0 < code < 0x110000:
        raise PgError(
            "54000",
            "requested character too large for encoding" if code > 0 else "null character not permitted",
        )
    return chr(code)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else writing.text(value).encode()


def pg_md5(value: Any, kind: str = "") -> str:
    return hashlib.md5(_bytes(value), usedforsecurity=False).hexdigest()


def pg_sha224(value: Any) -> bytes:
    return hashlib.sha224(_bytes(value)).digest()


def pg_sha256(value: Any) -> bytes:
    return hashlib.sha256(_bytes(value)).digest()


def pg_sha384(value: Any) -> bytes:
    return hashlib.sha384(_bytes(value)).digest()


def pg_sha512(value: Any) -> bytes:
    return hashlib.sha512(_bytes(value)).digest()


def pg_encode(value: Any, form: str) -> str:
    data = _bytes(value)
    if form == "hex":
        return data.hex()
    if form == "base64":
        text = base64.b64encode(data).decode()
        return "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    if form == "escape":
        return "".join(
            "\\\\" if byte == 92 else chr(byte) if 0 < byte < 128 else f"\\{byte:03o}" for byte in data
        )
    raise PgError("22023", f'unrecognized encoding: "{form}"')


def pg_decode(text: str, form: str) -> bytes:
    from ..types.reading import bytes_in

    try:
        if form == "hex":
            return bytes.fromhex(text)
        if form == "base64":
            return base64.b64decode(text, validate=False)
    except (ValueError, binascii.Error):
        raise PgError("22023", f"invalid {form} data") from None
    if form == "escape":
        return bytes_in(text)
    raise PgError("22023", f'unrecognized encoding: "{form}"')


def pg_to_hex(value: int, kind: str) -> str:
    return f"{value & (0xFFFFFFFFFFFFFFFF if kind == 'int8' else 0xFFFFFFFF) if value < 0 else value:x}"


def pg_quote_ident(text: str) -> str:
    from ..translation.cursor import RESERVED

    if re.fullmatch(r"[a-z_][a-z0-9_$]*", text) and text not in RESERVED:
        return text
    return '"' + text.replace('"', '""') + '"'


def pg_quote_literal(value: Any) -> str:
    text = writing.text(value)
    quoted = "'" + text.replace("'", "''").replace("\\", "\\\\") + "'"
    return f"E{quoted}" if "\\" in text else quoted


@sees_null
def pg_quote_nullable(value: Any) -> str:
    return "NULL" if value is None else pg_quote_literal(value)


@sees_null
def pg_concat(*values: Any) -> str:
    return "".join(writing.text(value) for value in values if value is not None)


@sees_null
def pg_concat_ws(mark: str | None, *values: Any) -> str | None:
    if mark is None:
        return None
    return mark.join(writing.text(value) for value in values if value is not None)


@sees_null
def pg_format(form: str | None, *values: Any) -> str | None:
    if form is None:
        return None
    items = iter(values)

    def one(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if match[4] not in ("s", "I", "L"):
            if not match[4]:
                raise PgError("22023", "unterminated format() type specifier")
            raise PgError("22023", f'unrecognized format() type specifier "{match[4]}"')
        try:
            value = values[int(match[1]) - 1] if match[1] else next(items)
        except (StopIteration, IndexError):
            raise PgError("22023", "too few arguments for format()") from None
        kind = match[4]
        if kind == "s":
            text = "" if value is None else writing.text(value)
        elif kind == "I":
            if value is None:
                raise PgError("22004", "null values cannot be formatted as an SQL identifier")
            text = pg_quote_ident(writing.text(value))
        else:
            text = pg_quote_nullable(value)
        width = int(match[3] or 0)
        return text.ljust(width) if match[2] else text.rjust(width)

    return re.sub(r"%(?:%|(?:(\d+)\$)?(-)?(\d+)?([A-Za-z]?))", one, form)


def pg_normalize(text: str, form: str = "NFC") -> str:
    for known in ("NFC", "NFD", "NFKC", "NFKD"):
        if form.upper() == known:
            return unicodedata.normalize(known, text)
    raise PgError("22023", f"invalid normalization form: {form}")


def pg_parse_ident(text: str, strict: int = 1) -> str:
    parts, at = [], 0
    pattern = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([A-Za-z_\u0080-\U0010ffff][\w$]*))\s*')
    while True:
        match = pattern.match(text, at)
        if match is None:
            raise PgError("22023", f'string is not a valid identifier: "{text}"')
        parts.append(match[1].replace('""', '"') if match[1] else match[2].lower())
        at = match.end()
        if at < len(text) and text[at] == ".":
            at += 1
        elif at == len(text) or not strict:
            return arrays.dump(parts)
        else:
            raise PgError("22023", f'string is not a valid identifier: "{text}"')


def _codec(name: str) -> str:
    known = {
        "UTF8": "utf-8",
        "LATIN1": "latin-1",
        "LATIN9": "iso8859-15",
        "WIN1252": "cp1252",
        "SQLASCII": "ascii",
    }
    found = known.get(re.sub("[^A-Z0-9]", "", name.upper()))
    if found is None:
        raise PgError("22023", f'invalid encoding name "{name}"')
    return found


def pg_convert_to(text: str, name: str) -> bytes:
    try:
        return text.encode(_codec(name))
    except UnicodeEncodeError:
        raise PgError("22P05", f'a character has no equivalent in encoding "{name}"') from None


def pg_convert_from(value: Any, name: str) -> str:
    try:
        return writing.data(value).decode(_codec(name))
    except UnicodeDecodeError:
        raise PgError("22021", f'invalid byte sequence for encoding "{name}"') from None


def _checked_place(value: bytes, place: int) -> None:
    if not 0 <= place < len(value):
        raise PgError("2202E", f"index {place} out of valid range, 0..{len(value) - 1}")


def pg_get_byte(value: Any, place: int) -> int:
    _checked_place(data := writing.data(value), place)
    return data[place]


def pg_set_byte(value: Any, place: int, new: int) -> bytes:
    _checked_place(data := writing.data(value), place)
    return data[:place] + bytes([new & 255]) + data[place + 1 :]


def pg_bit_count(value: Any) -> int:
    return sum(byte.bit_count() for byte in writing.data(value))


def _bit(data: bytes, place: int) -> tuple[int, int]:
    """Return the byte that a bit is in, and its place there."""
    if not 0 <= place < 8 * len(data):
        raise PgError("2202E", f"index {place} out of valid range, 0..{8 * len(data) - 1}")
    return divmod(place, 8)


def pg_get_bit(value: Any, place: int) -> int:
    byte, bit = _bit(data := writing.data(value), place)
    return data[byte] >> bit & 1


def pg_set_bit(value: Any, place: int, new: int) -> bytes:
    byte, bit = _bit(data := writing.data(value), place)
    if new not in (0, 1):
        raise PgError("22023", "new bit must be 0 or 1")
    made = data[byte] & ~(1 << bit) | new << bit
    return data[:byte] + bytes([made]) + data[byte + 1 :]


def pg_unistr(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[0] == "\\\\":
            return "\\"
        digits = match[1] or match[2] or match[3] or match[4]
        if not digits or int(digits, 16) > 0x10FFFF or not int(digits, 16):
            raise PgError("42601", "invalid Unicode escape" if not digits else "invalid Unicode code point")
        return chr(int(digits, 16))

    pattern = r"\\(?:\\|\+([0-9A-Fa-f]{6})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-9A-Fa-f]{4})|)"
    made = re.sub(pattern, one, text)
    try:
        return made.encode("utf-16", "surrogatepass").decode(
            "utf-16"
        )  # pairs of surrogates are one character
    except UnicodeDecodeError:
        raise PgError("42601", "invalid Unicode surrogate pair") from None


def pg_unaccent(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def pg_hashtext(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big", signed=True)


FUNCTIONS = collected(globals())
