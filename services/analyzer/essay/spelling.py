"""English words that are certainly misspelt.

A word outside a list of the commonest may be rare, so that alone says nothing. Certain are a slip of the pen (two letters
exchanged, one doubled or not) of exactly one known word, and misspellings that learners are known for.
"""

import re

from contracts.equality.british import words_of
from services.analyzer.core.words import Words

_SHORTEST = 5
_KNOWN_FOR = {
    wrong: right
    for right, wrongs in {
        "interesting": "intresting intersting intresing", "because": "becouse becaus beacause becase becuse",
        "definitely": "definately definetly definatly", "separate": "seperate", "separated": "seperated",
        "environment": "enviroment enviorment environmet", "government": "goverment", "tomorrow": "tomorow tommorow tommorrow",
        "which": "wich whitch", "their": "thier", "really": "realy", "beautiful": "beatiful beautful butiful",
        "different": "diffrent diferent differnt", "restaurant": "resturant restaurent restarant", "favourite": "favorate favourate",
        "calendar": "calender", "occurred": "occured", "beginning": "begining beggining", "stopped": "stoped",
        "writing": "writting", "getting": "geting", "running": "runing", "swimming": "swiming", "shopping": "shoping",
        "forgetting": "forgeting", "coming": "comming", "studying": "studing", "happened": "happend hapened",
        "knowledge": "knowlege knowladge", "necessary": "neccessary necessery neccesary", "library": "libary libray",
        "February": "febuary", "Wednesday": "wensday wednsday", "vegetable": "vegatable", "vegetables": "vegatables vegtables",
        "dictionary": "dictionery", "grammar": "grammer", "language": "langauge languege", "experience": "experiance expirience",
        "important": "importent impotant", "excellent": "excelent excellant", "successful": "succesful sucessful successfull",
        "usually": "usully", "especially": "especialy expecially", "together": "togather togeter", "sincerely": "sincerly",
        "maybe": "mabye", "friendly": "frendly", "friend": "frend freind", "friends": "frends freinds", "believe": "belive beleive",
        "receive": "recive recieve", "receives": "recieves", "received": "recived recieved", "surprised": "suprised surprized",
        "surprise": "suprise", "families": "familys", "countries": "countrys", "cities": "citys",
        "stories": "storys", "children": "childrens childs", "information": "informations", "homework": "homeworks",
        "through": "throught", "thought": "thougt thougth", "enough": "enought enogh",
        "without": "whithout", "until": "untill", "truly": "truely", "argument": "arguement",
        "pronunciation": "pronounciation", "opportunity": "oportunity oppotunity", "possible": "posible", "problem": "probem",
        "problems": "probems", "people": "poeple peple", "always": "alway allways", "already": "allready",
        "teacher": "techer teachar", "student": "studant", "students": "studants",
        "activity": "activty", "activities": "activites", "traffic": "trafic", "comfortable": "comfotable confortable",
        "develop": "develope", "disappear": "disapear", "disappointed": "dissapointed disapointed", "embarrassed": "embarassed",
        "address": "adress", "accommodation": "accomodation", "business": "bussiness buisness", "common": "commen",
    }.items()
    for wrong in wrongs.split()
}  # fmt: skip
_CONTRACTED = frozenset(
    {"couldn", "shouldn", "wouldn", "mustn", "doesn", "hasn", "haven", "hadn", "aren", "weren", "didn", "wasn", "needn"}
)
_ENDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("iness", ("y",)), ("iest", ("y",)), ("ily", ("y",)), ("ies", ("y", "ie")), ("ied", ("y",)), ("ier", ("y",)),
    ("ness", ("",)), ("less", ("",)), ("ment", ("",)), ("able", ("", "e")), ("ing", ("", "e")), ("est", ("", "e")),
    ("ers", ("", "e")), ("ful", ("",)), ("ish", ("", "e")), ("ist", ("", "y")), ("ed", ("", "e")), ("er", ("", "e")),
    ("es", ("",)), ("ly", ("", "le")), ("en", ("", "e")), ("s", ("",)), ("y", ("", "e")),
)  # fmt: skip
_OPENINGS = ("un", "re", "dis", "mis", "non", "over", "out", "pre", "sub", "inter", "under", "anti", "super", "mid")


def respelt(word: str, words: Words) -> str | None:
    """The word that is meant; None for a word that is known, may be right, or might be several others.

    Only small letters are looked at: a capital may begin a name.
    """
    if not re.fullmatch(r"[a-z]+", word) or word in words:
        return None
    if word in _KNOWN_FOR:
        return _KNOWN_FOR[word]
    if len(word) < _SHORTEST or word in _CONTRACTED or known(word, words):
        return None
    meant = {each for each in _slips(word) if each in words and not _same_word(each, word)}
    return meant.pop() if len(meant) == 1 else None


def _same_word(british: str, american: str) -> bool:
    """Whether they differ as spellings of two countries do: fulfil and fulfill, theatres and theaters."""
    if re.sub(r"re(s?)$", r"er\1", british) == american:
        return True
    return words_of(british) == words_of(american)


def known(word: str, words: Words) -> bool:
    """Whether it is in the list, or made of words that are: inflected, derived or put together."""
    if word in words or _derived(word, words):
        return True
    opened = (word[len(opening) :] for opening in _OPENINGS if word.startswith(opening))
    if any(len(rest) > 2 and (rest in words or _derived(rest, words)) for rest in opened):
        return True
    return any(word[:at] in words and word[at:] in words for at in range(3, len(word) - 2))


def _derived(word: str, words: Words) -> bool:
    for ending, roots in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3 or (ending == "y" and stem[-1] == "l"):  # usual + y is not usually
            continue
        doubled = stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else None
        if any(stem + root in words for root in roots) or (doubled is not None and doubled in words):
            return True
    return False


def _slips(word: str) -> set[str]:
    """What it may be after a slip of the pen that leaves the first letter: two exchanged, one doubled or not."""
    found = set()
    for at in range(1, len(word)):
        head, tail = word[:at], word[at:]
        found.add(head + head[-1] + tail)
        if len(tail) > 1:
            found.add(head + tail[1] + tail[0] + tail[2:])
        if head[-1] == tail[0]:
            found.add(head + tail[1:])
    return found
