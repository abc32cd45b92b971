"""Clean a model's text for use in a listing: plain European text without links or unchecked claims."""

import html
import re
import unicodedata
from collections.abc import Callable

from ai.draft_warnings import DraftWarning

LAST_EUROPEAN_LETTER = "\u017f"  # the end of Latin Extended-A; later blocks have phonetic letters such as U+0251
_MARKUP = re.compile(r"<[^<>]*>|[<>`{}\[\]\\|]|\*\*|__|^#+\s", re.MULTILINE)
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}://|www\.|mailto:|javascript:|data:)\S*"
    r"|(?<!\S)[^\s@]*@\S*"
    r"|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:com|fr|net|org|info|eu|io|me|app|shop|store|link|biz|co|be|ch|de|uk|us|ru|cn|"
    r"xyz|top|site|online|ly|gl|dev|ai|tv|gg|cc|page|click)\b(?:/\S*)?",
    re.IGNORECASE,
)
# A phone number: nine digits or more, with usual separators between them. A date or a weight has fewer digits.
_PHONE_NUMBER = re.compile(r"(?<!\d)[+(]?\d(?:[\s.()\-]{0,3}\d){8,}")
_AFTER_A_CLAUSE = re.compile(r"(?<=[.!?;:,])\s+|\n+|\s+[-\u2013\u2014\u2022]\s+")
_AFTER_A_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")

# A draft must never claim that an allergen is absent. Words are compared in lower case and without accents. A sentence
# with a word of each list is removed: losing a harmless sentence costs little, but a false claim can harm somebody.
_ABSENT = (
    r"sans|aucune?|zero|exempte?s?|depourvue?s?|pas|ni|jamais|garantie?s?|certifiee?s?|free|without|no|not|never|none|nil|"
    r"guaranteed|safe|libre|ohne|frei|sin|senza|zonder|sem|convient|conviennent|adaptee?s?|suitable|absence|absent|devoid|"
    r"lacks?|exclu[ts]?|hors|(?:denue|prive|retire|enleve|elimine)e?s?|neant|nul|nope|removed|ss|w o"
)
_ALLERGEN = (
    r"allerg\w*|intoleran\w*|coeliaqu\w*|coeliac\w*|celiac\w*|gluten\w*|ble|wheat|seigle|orge|avoine|"
    r"crustace\w*|crevettes?|crabes?|shellfish|oeufs?|eggs?|poissons?|fish|arachides?|cacahuet\w*|peanuts?|"
    r"soja|soya?|soybeans?|laits?|laitier\w*|milk|dairy|lactose|beurre|butter|fruits? a coques?|noix|noisettes?|"
    r"amandes?|pistaches?|nuts?|hazelnuts?|almonds?|walnuts?|celeri|celery|moutarde|mustard|sesame|sulfites?|sulphites?|"
    r"glutine|milch|eier|nuss\w*|latte|leche|huevos?|lupins?|mollusques?|mollus[ck]s?|moules?|traces?"
)
_SAYS_ABSENT = re.compile(rf"\b(?:{_ABSENT})\b")
_NAMES_AN_ALLERGEN = re.compile(rf"\b(?:{_ALLERGEN})\b")
# Claims across a sentence's end, where both words are next to each other: "Gluten ? Non." "Livré sans. Gluten."; and
# "0 % de lait".
_SIDE_BY_SIDE = re.compile(
    rf"\b(?:{_ALLERGEN})\b[^a-z0-9]{{0,6}}(?:non|no|aucune?|none|nil|zero|0|absente?s?)\b(?=[^a-z0-9]*(?:[.,;!?)\n]|$))"
    r"|(?:\b(?:sans|aucune?|zero|no|non|without|free)\b|(?<![\d.,])0\b)[^a-z0-9]{1,6}"
    rf"(?:(?:de|d|du|of|any|aucune?|toute?)\b[^a-z0-9]{{1,3}}){{0,2}}(?:{_ALLERGEN})\b"
    rf"|(?<![\d.,])0\b[^a-z0-9]{{1,6}}[a-z0-9]+[^a-z0-9]{{1,3}}(?:{_ALLERGEN})\b"
    r"|\b(?:gluten|lactose)[^a-z0-9]{1,6}a[^a-z0-9]{1,3}0\b"
    rf"|\b(?:{_ALLERGEN})\b[^a-z0-9]{{1,6}}il n.{{0,3}}y en a\b"
)
_WHOLE_CLAIMS = re.compile(
    r"vegan|vegetalien|\b100 vegeta|plant based|hypoallergeni|anallergi|delactos|degluten|glutenfri|bezglut|vrij\b|"
    r"(?:gluten|lactose|dairy|milk|nut|egg|allergen) ?less\b|"
    r"\b(?:coeliaqu\w*|coeliacs?|celiacs?|allergiques?|allergic|intolerants?|"
    r"(?:gluten|laktose|lactose|milch|nuss|ei)frei\w*)\b"
)


def _spread(words: str) -> str:
    """Return a pattern for words whose letters may be separated: "s a n s", "g.l.u.t.e.n"."""
    return "|".join(r"[^a-z]{0,3}".join(word) for word in words.split())


_SPREAD_CLAIMS = re.compile(
    rf"(?<![a-z])(?:{_spread('sans zero without exemptde freeof freefrom no')})[^a-z]{{0,3}}"
    rf"(?:{_spread('gluten lactose lait oeuf arachide allerg noix soja sesame milk egg peanut nuts wheat dairy')})"
    rf"|(?:{_spread('gluten lactose allergen milk egg nut peanut dairy wheat soy')})[^a-z]{{0,3}}(?:{_spread('free')})"
    # words written without spaces: "painsansgluten"
    r"|(?:sans|zero|without|freeof|freefrom)(?:gluten|lactose|lait|oeuf|arachide|allerg|noix|soja|sesame|milk|egg|nut)"
)

# The public must not read "gratuit", and a price in a text could contradict the price of the lot.
_PRICE_WORDS = re.compile(
    r"gratuit\w*|\b(?:gratis|offerte?s?|for free|free of charge|free(?![- ]range)|cadeaux?)\b"
    r"|\d+(?:[.,]\d+)?\s?(?:€|(?:euros?|eur|cents?|centimes?)\b)|(?:€|\beur)\s?\d+(?:[.,]\d+)?",
    re.IGNORECASE,
)


def cleaned(text: str, limit: int, *, lines: bool = False) -> tuple[str | None, set[DraftWarning]]:
    """Return the part of the text that may appear in a listing, and warnings about what was removed.

    The text is at most `limit` characters long; None if nothing is left. lines: whether it may have line breaks.
    """
    gone: set[DraftWarning] = set()
    read = unicodedata.normalize("NFKC", html.unescape(html.unescape(text[: 3 * limit])))
    known = "".join(c if _may_stand(c) else " " if c.isspace() else "" for c in read)
    plain = _PHONE_NUMBER.sub(" ", _LINK.sub(" ", _MARKUP.sub(" ", known)))
    if plain != known or len(text) > 3 * limit or any(not _may_stand(c) and not c.isspace() for c in read):
        gone.add(DraftWarning.TEXT_CLEANED)

    honest = _without_the_parts(plain, lines, claims_an_absence)
    if honest != plain:
        gone.add(DraftWarning.ALLERGEN_CLAIM_REMOVED)
    if claims_an_absence(honest):  # the claim spans two sentences, so neither can be kept
        honest = ""
        gone.add(DraftWarning.ALLERGEN_CLAIM_REMOVED)

    priceless = _without_the_parts(honest, lines, speaks_of_price) or _PRICE_WORDS.sub(" ", honest)
    if priceless != honest:
        gone.add(DraftWarning.PRICE_WORDS_REMOVED)

    kept = _cut(_squeezed(priceless, lines).strip(" ,;:-"), limit)
    # Removing a part may have joined two harmless parts into a forbidden text.
    if claims_an_absence(kept) or speaks_of_price(kept) or _LINK.search(kept) or _PHONE_NUMBER.search(kept):
        return None, gone | {DraftWarning.TEXT_CLEANED}
    return (kept if any(c.isalnum() for c in kept) else None), gone


def claims_an_absence(text: str) -> bool:
    """Return whether a sentence says, or nearly says, that the food does not contain an allergen."""
    folded = _folded(text)
    return bool(_SPREAD_CLAIMS.search(folded) or _SIDE_BY_SIDE.search(folded)) or any(
        _WHOLE_CLAIMS.search(sentence) or (_SAYS_ABSENT.search(sentence) and _NAMES_AN_ALLERGEN.search(sentence))
        for sentence in map(_words, _AFTER_A_SENTENCE.split(folded))
    )


def speaks_of_price(text: str) -> bool:
    """Return whether a text says what the food costs, or that it is free."""
    return bool(_PRICE_WORDS.search(text))


def _may_stand(character: str) -> bool:
    """Return whether a character is a European Latin letter, a digit, punctuation or a sign.

    Invisible characters and those that change the writing direction are not allowed.
    """
    if character == "\n" or " " <= character <= "~":
        return True
    category = unicodedata.category(character)
    if category[0] == "L":  # look-alike letters of other scripts would get past the word lists
        return character <= LAST_EUROPEAN_LETTER and unicodedata.name(character, "").startswith("LATIN")
    return category[0] in "PS"


def _folded(text: str) -> str:
    """Return the text in lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _words(folded: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", folded)


def _without_the_parts(text: str, lines: bool, bad: Callable[[str], bool]) -> str:
    """Remove the bad sentences from the text, or the bad clauses if it may have only one line."""
    if not bad(text):
        return text
    kept = []
    at = 0
    for gap in (_AFTER_A_SENTENCE if lines else _AFTER_A_CLAUSE).finditer(text):
        kept.append(text[at : gap.end()])
        at = gap.end()
    return "".join(part for part in [*kept, text[at:]] if not bad(part))


def _squeezed(text: str, lines: bool) -> str:
    if not lines:
        return " ".join(text.split())
    rows = (" ".join(row.split()) for row in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip()


def _cut(text: str, limit: int) -> str:
    """Shorten the text to at most `limit` characters, if possible after a whole word."""
    if len(text) <= limit:
        return text
    return text[:limit].rpartition(" ")[0].rstrip(" ,;:-") or text[:limit]
