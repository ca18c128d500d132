"""Which language a message is in, among those people here are likely to write."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

LIKELY = ("en", "cy", "pl", "ro", "ur", "pa", "ar", "fr", "pt", "es", "it", "bn", "so", "gu", "uk", "ru", "zh", "lt")
FEW_LETTERS = 40
_WELSH = frozenset(
    "mae yn y yr i ddim wedi gyda dwi fy chi plant plentyn cartref ysgol diolch gofal hi hwn hon rwy fod ond".split()
)


def language_of(text: str) -> str:
    """A code of `LIKELY`; English where too little is written to tell, unless its words are plainly Welsh."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if words and sum(word in _WELSH for word in words) / len(words) > 0.25:
        return "cy"
    if sum(map(len, words)) < FEW_LETTERS:
        return "en"
    found, certainty = identifier().classify(text[:4000])
    return str(found) if found == "en" or certainty > 0.9 else "en"


@cache
def identifier() -> Any:
    """Loaded with the first message that needs it: reading the table takes half a second, and a temporary file.

    Made anew of what is left for the likely languages: the library's own would keep 28 MB for 124 others.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    every = LanguageIdentifier.from_model_file(MODEL_FILE)
    every.set_languages(list(LIKELY))
    return LanguageIdentifier(
        every.nb_ptc, every.nb_pc, every.nb_classes, every.tk_nextmove, every.tk_output, True, tk_row=every.tk_row
    )
