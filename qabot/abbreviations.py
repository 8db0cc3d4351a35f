"""Which words end in a stop without ending their sentence: nupunkt's model, rid of what it learned wrongly.

Its model takes some 3,000 plain words for abbreviations: "yard", "story", "York", misread names. No sentence ended
after them. Of its words of letters alone only those listed here stay, with some it lacks; "U.S.", "p.m.", initials and
such are its own.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nupunkt import PunktSentenceTokenizer

_PEOPLE = """
    mr mrs ms mx dr drs prof profs assoc asst gen sen sens rep reps gov govs lt col maj capt cpl sgt pvt cmdr adm rev
    hon pres messrs mme mlle mlles sr jr esq supt insp det atty attys dir mgr treas chmn wm jas jos thos robt edwd chas
    fr br
"""
_PLACES = """
    st ste mt mts ft ave av blvd rd hwy frwy pkwy sq bldg bldgs apt apts rm fl flr ln ct cir cty cnty dist terr twp mtn
    ala ariz ark calif cal colo conn del fla ga ill ind kan kans ky la mass md mich minn miss mo mont neb nev okla ore
    oreg pa penn tenn tex va vt wash wis wisc wyo dak ont sask amer brit
"""
_BODIES = """
    co corp inc ltd bros mfg mfr mfrs assn assns assocs dept depts div govt govts intl natl univ univs inst
    acad comm commn commr ctr ctrs bd bhd cie pte pty soc sch lib ins hosp hosps mun
"""
_CALENDAR = "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun"
_MEASURES = """
    yd yds min mins max hr hrs sec secs mos yr yrs wk wks lb lbs oz pt qt qts gal gals tbsp tsp doz mi kt approx
    avg est bbls cu vol cts qtr qtrs deg temp
"""
_REFERENCES = """
    no nos ed eds edn vols pp par para paras ch chap chaps sect sects art fig figs eq eqs eqn eqns ex exs app appx
    ref refs supp suppl trans transl tr repr cf cp ibid id viz vs etc al et fol ff mss op loc cit ser pts bk bks cols
    seq sqq subch subd subdiv subpar subpt subsec incl excl esp encl abbr abr obs orig publ pub misc attn ext tel cont
    contd resp reg regs rel res ret rept anon ca pop prop prov proc stat spec spp var pat ps nr
    biol chem econ educ elec eng environ geol hist jour legis maint manuf mech med mgmt mkt mktg mkts phys psychol sci
    zool lit fed evid serv intell tech
"""
_KEPT = frozenset(f"{_PEOPLE} {_PLACES} {_BODIES} {_CALENDAR} {_MEASURES} {_REFERENCES}".split())

# Of a German or French name, address or aside in an English text.
_FOREIGN = "abs bzw ggf evtl inkl zzgl vgl bspw hrsg z.b d.h u.a o.ä s.u v.a c.-à-d p.ex".split()


@cache
def splitter() -> PunktSentenceTokenizer:
    """The tokenizer with nupunkt's default model, corrected; its own: ``nupunkt.load`` shares an instance."""
    from nupunkt.models import load_default_model  # 40 ms to import, and only a build needs it

    tokenizer = load_default_model()
    wrong = [word for word in tokenizer.abbreviations if len(word) > 1 and word.isalpha() and word not in _KEPT]
    for word in wrong:
        tokenizer.remove_abbreviation(word)
    tokenizer.add_abbreviations([*_KEPT, *_FOREIGN])
    # "in 2021. Bake it", "at 180. Preheat": pairs seen once in some list.
    numbers = {pair for pair in tokenizer.parameters.collocations if pair[0] == "##number##"}
    tokenizer.parameters.collocations.difference_update(numbers)
    return tokenizer
