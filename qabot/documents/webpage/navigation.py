"""What of a web page is not its content: controls, hidden parts, navigation. Marks it; nothing is removed.

Judged so that content is not lost: a part with prose of its own stays whatever it is called, and where leaving parts
out would take most of a page's prose, they are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qabot.documents.webpage.imprint import said_chars
from qabot.documents.webpage.tree import HEADINGS, LISTS, Element

CONTROL, HIDDEN, NAVIGATION = "control", "hidden", "navigation"
_LEVELS = (  # from what is left out at best to what is left out at least, and the share of the next one's prose to keep
    (frozenset((CONTROL, HIDDEN, NAVIGATION)), 1 / 3),
    (frozenset((CONTROL, HIDDEN)), 1 / 10),
    (frozenset((CONTROL,)), 0),
)
_NOT_SHOWN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_MUCH_PROSE_CHARS = 300
_SOME_PROSE_CHARS = 40
_SHORT_CHARS = 200
_FEW_CHARS = 12
_NOTICE_CHARS = 1_500
_FEWEST_LINKS = 4
_NAVIGATION_ROLES = frozenset(("navigation", "menu", "menubar", "toolbar", "tablist", "search", "doc-toc"))
_SECTIONING = frozenset(("article", "main", "section", "blockquote", "figure", "td", "dialog"))
# Whole words of class and id; each is believed only together with what the element holds.
_LINKS_WORDS = frozenset(
    "nav navbar navigation navbox menu menubar submenu sidebar sidebarnav sphinxsidebar toc tableofcontents breadcrumb"
    " breadcrumbs pagination pager paginator share sharing catlinks".split()
)
_TRAIL_WORDS = frozenset("breadcrumb breadcrumbs pagination pager".split())
_NOTICE_WORDS = frozenset("cookie cookies consent gdpr cookiebanner cookieconsent cookienotice".split())
_FOOTER_NAMES = frozenset("site-footer sitefooter page-footer pagefooter colophon".split())  # not of cards or posts
_SKIP_WORDS = frozenset("skip skiplink skipnav skiptocontent".split())
_ALWAYS_WORDS = frozenset(("mw-editsection", "mw-jump-link", "headerlink"))
_ANCHOR_SIGNS = frozenset("¶#§🔗")


def kept_parts(elements: Sequence[Element]) -> frozenset[str]:
    """Mark what may be left out of the page, and say which of the marks are to be obeyed."""
    folds = {name for element in elements for name in element.attributes.get("aria-controls", "").split()}
    for element in elements[1:]:
        element.dropped = _judged(element, folds)
    _prefer_main(elements)
    kept = [_prose(elements, skip) for skip, _ in _LEVELS]
    for at, (skip, share) in enumerate(_LEVELS[:-1]):
        if kept[at].chars and kept[at].prose >= share * kept[at + 1].prose:
            return skip
    return _LEVELS[-1][0]


class _Kept:
    """How many characters are left, and how many of them outside of links."""

    def __init__(self) -> None:
        self.chars = 0
        self.prose = 0


def _prose(elements: Sequence[Element], skip: frozenset[str]) -> _Kept:
    kept = _Kept()
    gone: set[Element] = set()
    linked: set[Element] = set()
    for element in elements:  # each after its parent
        parent = element.parent
        if element.dropped in skip or parent in gone:
            gone.add(element)
            continue
        if parent in linked or (element.tag == "a" and "href" in element.attributes):
            linked.add(element)
        kept.chars += element.own_chars
        kept.prose += 0 if element in linked else element.own_chars
    return kept


def _judged(element: Element, folds: set[str]) -> str:
    if element.tag == "button" and not _is_question(element):
        return CONTROL
    if _is_hidden(element, folds):
        return HIDDEN
    return NAVIGATION if _is_navigation(element) else ""


def _is_question(button: Element) -> bool:
    """Whether the button is the heading of a fold, as questions of a FAQ often are, rather than something to press."""
    if any(above.tag in (*HEADINGS, "dt", "summary") for above in _above(button)):
        return True
    return "aria-expanded" in button.attributes and button.chars > 15 and not _words(button) & _LINKS_WORDS


def _is_hidden(element: Element, folds: set[str]) -> bool:
    attributes = element.attributes
    hidden = (
        ("hidden" in attributes and attributes["hidden"].lower() != "until-found")
        or attributes.get("aria-hidden", "").lower() == "true"
        or (element.tag == "dialog" and "open" not in attributes)
        or ("style" in attributes and _NOT_SHOWN.search(attributes["style"]) is not None)
    )
    if hidden and _is_page(element):
        return False
    # A fold or a tab that was closed when the page was saved is content: one click shows it.
    is_fold = attributes.get("id") in folds or attributes.get("role") == "tabpanel"
    return hidden and not (is_fold and element.prose > element.link_chars)


def _is_page(element: Element) -> bool:
    """Whether it holds the page rather than a part: a page that was saved below an open notice is marked as hidden."""
    share = 2 if "aria-hidden" in element.attributes else 10 / 9
    return element.chars * share > _body(element).chars


def _is_navigation(element: Element) -> bool:
    role = element.attributes.get("role", "").lower()
    if element.tag in ("nav", "search") or role in _NAVIGATION_ROLES:
        return not _has_prose(element)
    if element.tag in ("header", "footer") or role in ("banner", "contentinfo"):
        return not _says_something(element) and _frames_page(
            element, is_footer=element.tag == "footer" or role == "contentinfo"
        )
    if element.tag == "aside" or role == "complementary":
        return element.link_chars * 2 >= element.chars
    return _is_anchor(element) or _is_called_navigation(element)


def _is_called_navigation(element: Element) -> bool:
    """Whether class or id name the element as navigation, and it looks the part: "menu" may be a restaurant's."""
    words = _words(element)
    if words & _ALWAYS_WORDS:
        return True
    if element.h1s or element.tag in ("article", "main", *HEADINGS):
        return False
    if words & _FOOTER_NAMES or element.attributes.get("id", "").lower() == "footer":
        return not _is_in_section(element) and element.prose < _SHORT_CHARS and said_chars(element) < _FEW_CHARS
    if words & _NOTICE_WORDS:
        return element.chars < _NOTICE_CHARS
    if words & _TRAIL_WORDS and element.chars < _SHORT_CHARS:
        return element.link_chars > 0
    return bool(words & _LINKS_WORDS) and 0 < element.chars <= element.link_chars * 2


def _is_anchor(element: Element) -> bool:
    """A link within the page that only jumps: the sign beside a heading, or "skip to content"."""
    if element.tag != "a" or not element.attributes.get("href", "").startswith("#"):
        return False
    text = "".join(child for child in element.children if isinstance(child, str)).strip()
    return text in _ANCHOR_SIGNS or bool(_words(element) & _SKIP_WORDS) or text.lower().startswith("skip to ")


def _frames_page(element: Element, *, is_footer: bool) -> bool:
    """Whether a header or footer is the page's rather than an article's, and holds nothing worth keeping."""
    if _is_in_section(element):
        return False
    if is_footer:
        return element.prose < _SHORT_CHARS or not _has_prose(element)
    only_title = element.h1s > 0 and _body(element).h1s == element.h1s
    return not only_title and not _has_prose(element)


def _is_in_section(element: Element) -> bool:
    return any(above.tag in _SECTIONING or above.attributes.get("role") == "main" for above in _above(element))


def _says_something(element: Element) -> bool:
    """Whether a part without links holds a sentence of its own, such as opening hours or a warning."""
    return 0 == element.link_chars < element.chars < _MUCH_PROSE_CHARS and said_chars(element) >= _SOME_PROSE_CHARS


def _has_prose(element: Element) -> bool:
    return element.prose >= _MUCH_PROSE_CHARS and element.prose > element.link_chars


def _words(element: Element) -> set[str]:
    """The words of class and id: "site-nav__list" gives "site", "nav", "list", and the whole."""
    names = f"{element.attributes.get('class', '')} {element.attributes.get('id', '')}".lower().split()
    return {*names, *(word for name in names[:20] for word in re.split(r"[-_]+", name[:80]))}


def _above(element: Element) -> Iterator[Element]:
    parent = element.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _body(element: Element) -> Element:
    return next((above for above in _above(element) if above.parent is None), element)


def _prefer_main(elements: Sequence[Element]) -> None:
    """Leave out what stands beside the page's main part and is no prose; without one, the lists of links."""
    main = _main_part(elements)
    if main is None:
        _drop_link_lists(elements)
        return
    inside = main
    for above in _above(main):
        for child in above.elements:
            if child is not inside and not child.dropped and not _stands_alone(child, main):
                child.dropped = NAVIGATION
        inside = above


def _main_part(elements: Sequence[Element]) -> Element | None:
    """The ``main`` element or the only article, where it holds most of the prose that was not left out already."""
    shown = [element for element in elements if not element.dropped]
    found = [element for element in shown if element.tag == "main" or element.attributes.get("role") == "main"]
    if not found:
        articles = [element for element in shown if element.tag == "article"]
        found = [one for one in articles if not any(above.tag == "article" for above in _above(one))]
        found = found if len(found) == 1 else []
    best = max(found, key=lambda element: element.chars, default=None)
    everything = _prose(elements, _LEVELS[0][0])
    return best if best is not None and best.chars * 2 > everything.chars else None


def _stands_alone(element: Element, main: Element) -> bool:
    """Whether something beside the main part is content all the same: prose, or the title that the main part lacks."""
    if _has_prose(element) or (element.h1s > 0 and not main.h1s):
        return True
    if element.tag in ("header", "footer", "aside") and _says_something(element):
        return True
    return (
        element.tag in ("p", "table", "dl")
        and element.prose >= _SOME_PROSE_CHARS
        and element.prose > element.link_chars
    )


def _drop_link_lists(elements: Sequence[Element]) -> None:
    """Lists of links that have a part of the page to themselves; those between paragraphs are content."""
    links = _link_counts(elements)
    for element in elements:
        if element.tag in LISTS and not element.dropped and _is_dense(element) and links[element] >= _FEWEST_LINKS:
            around = element
            while around.parent is not None and around.parent.parent is not None and _is_dense(around.parent):
                around = around.parent
            beside = around.parent.children if around.parent else []
            alone = not any(_is_text(child) for child in beside)
            if alone and around is not element:
                around.dropped = NAVIGATION


def _is_dense(element: Element) -> bool:
    return element.link_chars * 5 >= element.chars * 4


def _is_text(child: Element | str) -> bool:
    return bool(child.strip()) if isinstance(child, str) else child.tag in ("p", *HEADINGS) and child.chars > 0


def _link_counts(elements: Sequence[Element]) -> dict[Element, int]:
    counts = dict.fromkeys(elements, 0)
    for element in reversed(elements):
        counts[element] += element.tag == "a"
        if element.parent is not None:
            counts[element.parent] += counts[element]
    return counts
