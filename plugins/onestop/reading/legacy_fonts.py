"""TCVN3 (ABC) and VNI: Vietnamese typed for fonts that draw other letters, made Unicode; recognised by its syllables.

Text of these two looks like Western European letters ("Së Y tÕ", "Sôû Y teá") until a font redraws them. No kept
library converts both: viparse (MIT) has tables taken from real documents, but as a part of a document loader, and
without ẳ and Ỵ in VNI; glibc's iconv has TCVN 5712, Python has not. The tables here are made from the two rules:

- TCVN3 is the third character set of TCVN 5712:1993. Its letters stand at the bytes below; there are no capitals with
  tones: a font of capitals (.VnTimeH) draws the small ones large. Agrees with glibc's TCVN5712-1 and with viparse.
- VNI writes a vowel and then one mark for hat and tone together; ơ, ư, đ and most of i and y are letters of their own.
  Agrees with vni.h of xvnkb, and with viparse where that has an entry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

Font = Literal["tcvn3", "vni"]
Reading = Literal["unicode", "tcvn3", "vni"]

_TONES = {"grave": "\u0300", "acute": "\u0301", "hook": "\u0309", "tilde": "\u0303", "dot": "\u0323"}
_HAT, _BREVE = "\u0302", "\u0306"


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _toned(vowel: str) -> str:
    """Return a vowel with each tone: grave, hook, tilde, acute, dot below."""
    return "".join(_nfc(vowel + _TONES[tone]) for tone in ("grave", "hook", "tilde", "acute", "dot"))


def _tcvn3() -> dict[str, str]:
    rows = {
        "¡¢£¤¥¦§": "ĂÂÊÔƠƯĐ",
        "¨©ª«¬\u00ad®": "ăâêôơưđ",
        "µ¶·¸¹": _toned("a"),
        "»¼½¾Æ": _toned("ă"),
        "ÇÈÉÊË": _toned("â"),
        "ÌÎÏÐÑ": _toned("e"),
        "ÒÓÔÕÖ": _toned("ê"),
        "×ØÜÝÞ": _toned("i"),
        "ßáâãä": _toned("o"),
        "åæçèé": _toned("ô"),
        "êëìíî": _toned("ơ"),
        "ïñòóô": _toned("u"),
        "õö÷øù": _toned("ư"),
        "úûüýþ": _toned("y"),
    }
    return {
        mark: letter
        for marks, letters in rows.items()
        for mark, letter in zip(marks, letters, strict=True)
    }  # fmt: skip


def _vni() -> dict[str, str]:
    marks = {
        "ù": _TONES["acute"], "ø": _TONES["grave"], "û": _TONES["hook"], "õ": _TONES["tilde"], "ï": _TONES["dot"],
    }  # fmt: skip
    hats = {
        "â": _HAT, "á": _HAT + _TONES["acute"], "à": _HAT + _TONES["grave"], "å": _HAT + _TONES["hook"],
        "ã": _HAT + _TONES["tilde"], "ä": _HAT + _TONES["dot"],
    }  # fmt: skip
    breves = {
        "ê": _BREVE, "é": _BREVE + _TONES["acute"], "è": _BREVE + _TONES["grave"], "ú": _BREVE + _TONES["hook"],
        "ü": _BREVE + _TONES["tilde"], "ë": _BREVE + _TONES["dot"],
    }  # fmt: skip
    small = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
    vowels = {"a": "a", "e": "e", "i": "i", "o": "o", "u": "u", "y": "y", "ô": "ơ", "ö": "ư"}
    for base, vowel in vowels.items():
        small |= {base + mark: _nfc(vowel + tone) for mark, tone in marks.items()}
    for base in "aeo":
        small |= {base + mark: _nfc(base + accents) for mark, accents in hats.items()}
    small |= {"a" + mark: _nfc("a" + accents) for mark, accents in breves.items()}
    both = {**small, **{written.upper(): letter.upper() for written, letter in small.items()}}
    # A capital with the mark of a small letter: what a keyboard with the shift key held for one letter writes.
    both |= {
        written[0].upper() + written[1]: letter.upper() for written, letter in small.items() if len(written) == 2
    }  # fmt: skip
    return both


TABLES: Mapping[Font, Mapping[str, str]] = {"tcvn3": _tcvn3(), "vni": _vni()}
"""What is written -> the Vietnamese letter, in NFC."""

_ONE_LETTER = {font: str.maketrans({k: v for k, v in table.items() if len(k) == 1}) for font, table in TABLES.items()}
_VNI_SEQUENCE = re.compile("|".join(sorted(map(re.escape, TABLES["vni"]), key=len, reverse=True)))


def _fits(text: str) -> bool:
    """Whether a legacy font can hold the letters of a text; dashes and quotation marks are in all of them."""
    return max(text) <= "\u00ff" or not any(letter > "\u00ff" and letter.isalpha() for letter in text)


def converted(text: str, font: Font) -> str:
    """Return text of a legacy font in Unicode (NFC). Text with letters that such a font cannot hold stays as it is."""
    if text.isascii() or not _fits(text):
        return text
    if font == "tcvn3":
        return text.translate(_ONE_LETTER["tcvn3"])
    return _VNI_SEQUENCE.sub(lambda found: TABLES["vni"][found[0]], text)


# -- which of them a column is written in ---------------------------------------------------------------

_ONSET = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx]"
_NUCLEUS = (
    "uyê|oai|oay|oeo|uây|uya|uyu|iêu|yêu|ươi|ươu|uôi|oao|uê|uy|uơ|uâ|uô|ua|ưa|ươ|ưi|ưu|ui|iê|ia|iu|yê|oa|oă|oe|ooi?|oi|"
    "ôi|ơi|ai|ay|ao|au|ây|âu|eo|êu|[aăâeêioôơuưy]"
)
_CODA = "ng|nh|ch|[cmnpt]"
_SYLLABLE = re.compile(rf"(?:{_ONSET})?(?:{_NUCLEUS})(?:{_CODA})?")
_TONE_MARKS = frozenset(_TONES.values())
_WORD = re.compile(r"[^\W\d_]+(?:[^\W\d_]|[\u00a1-\u00ff])*|[\u00a1-\u00ff]+(?:[^\W\d_]|[\u00a1-\u00ff])*")
_ENOUGH_WORDS = 3
_SURE_SHARE, _DOUBTFUL_SHARE = 0.9, 0.5


def is_syllable(word: str) -> bool:
    """Whether a word is spelled as a Vietnamese syllable: an onset, a nucleus, a coda, and one tone at most."""
    letters = unicodedata.normalize("NFD", word.casefold())
    tones = sum(letter in _TONE_MARKS for letter in letters)
    bare = _nfc("".join(letter for letter in letters if letter not in _TONE_MARKS))
    return tones <= 1 and _SYLLABLE.fullmatch(bare) is not None


class Ambiguous(Exception):  # noqa: N818 - named by what it is
    """A column may be in a legacy font, and may not be: `shares` of its words are Vietnamese when read each way."""

    def __init__(self, shares: Mapping[Reading, float], sample: str) -> None:
        super().__init__(", ".join(f"{reading} {share:.0%}" for reading, share in shares.items()))
        self.shares, self.sample = shares, sample


def recognised(values: Iterable[str]) -> Reading:
    """Return how the texts of one column are to be read, by the share of their words that are Vietnamese syllables.

    Only words with letters outside ASCII count. Raises Ambiguous when a legacy font would make good Vietnamese of many
    of them but not of nearly all, or when another reading would too: a column like that is declared, not guessed.
    """
    words = [
        word for value in values if not value.isascii() for word in _WORD.findall(_nfc(value)) if not word.isascii()
    ]
    if not words:
        return "unicode"
    shares: dict[Reading, float] = {
        "unicode": sum(map(is_syllable, words)) / len(words),
        "tcvn3": sum(_fits(word) and is_syllable(converted(word, "tcvn3")) for word in words) / len(words),
        "vni": sum(_fits(word) and is_syllable(converted(word, "vni")) for word in words) / len(words),
    }
    best: Reading = max(shares, key=lambda reading: shares[reading])
    others = max(share for reading, share in shares.items() if reading != best)
    if max(shares["tcvn3"], shares["vni"]) < _DOUBTFUL_SHARE:
        return "unicode"  # or another language, or marks: nothing that a legacy font would explain
    if shares[best] >= _SURE_SHARE and others < _DOUBTFUL_SHARE and len(set(words)) >= _ENOUGH_WORDS:
        return best
    raise Ambiguous(shares, next((word for word in words if not is_syllable(word)), words[0]))
