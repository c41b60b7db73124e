"""English words in one spelling: British as American, contractions in full, numbers as words."""

import re

_PAIRS = (
    "colour/color favour/favor favourite/favorite behaviour/behavior neighbour/neighbor neighbours/neighbors"
    " neighbourhood/neighborhood honour/honor humour/humor labour/labor flavour/flavor harbour/harbor"
    " vapour/vapor rumour/rumor colourful/colorful colours/colors coloured/colored favourites/favorites"
    " centre/center centres/centers metre/meter metres/meters kilometre/kilometer kilometres/kilometers"
    " centimetre/centimeter centimetres/centimeters litre/liter litres/liters theatre/theater theatres/theaters"
    " fibre/fiber organise/organize organised/organized organising/organizing organisation/organization"
    " realise/realize realised/realized realising/realizing recognise/recognize recognised/recognized"
    " apologise/apologize apologised/apologized criticise/criticize memorise/memorize practise/practice"
    " practised/practiced practising/practicing specialise/specialize emphasise/emphasize summarise/summarize"
    " modernise/modernize analyse/analyze analysed/analyzed paralyse/paralyze travelled/traveled"
    " travelling/traveling traveller/traveler travellers/travelers cancelled/canceled cancelling/canceling"
    " modelling/modeling jewellery/jewelry fulfil/fulfill skilful/skillful enrol/enroll instalment/installment"
    " grey/gray tyre/tire tyres/tires cheque/check kerb/curb plough/plow programme/program programmes/programs"
    " catalogue/catalog dialogue/dialog pyjamas/pajamas defence/defense licence/license offence/offense"
    " aeroplane/airplane aeroplanes/airplanes aluminium/aluminum mum/mom mums/moms towards/toward"
    " afterwards/afterward learnt/learned burnt/burned dreamt/dreamed spelt/spelled judgement/judgment"
    " ageing/aging storey/story sulphur/sulfur whilst/while amongst/among"
)
_BRITISH = dict(pair.split("/") for pair in _PAIRS.split())
_SHORT = {
    "n't": " not", "'re": " are", "'m": " am", "'ll": " will", "'ve": " have",
}  # fmt: skip
_IRREGULAR = {"can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "let's": "let us"}
_PRONOUNS = ("it", "he", "she", "that", "there", "what", "who", "where", "here", "how")
_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty"
)
_TENFOLD = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: f"{i}0" for i, word in enumerate(_TENFOLD.split(), 2)}
_ORDINALS = "first/1st second/2nd third/3rd fourth/4th fifth/5th sixth/6th seventh/7th eighth/8th ninth/9th tenth/10th"
_NUMBERS = {word: str(i) for i, word in enumerate(_COUNTED.split())} | dict(
    pair.split("/") for pair in _ORDINALS.split()
)


def words_of(text: str) -> list[str]:
    """The words of an English text in one spelling, without punctuation; a hyphen parts words."""
    text = abbreviated(text.replace("’", "'").replace("‘", "'").lower())
    text = re.sub(r"[.,;:!?\"“”，。；：！？…]+(?=\s|$|[^\d])", " ", text)
    found = list[str]()
    for word in re.split(r"\s+|(?<=\w)[-–—]+|[-–—]+(?!\d)", text):  # the minus of a number stays
        if word:
            found += _full(word).split()
    return [_american(w) for w in found]


def _american(word: str) -> str:
    stem = word.removesuffix("'s")
    return _BRITISH.get(stem, stem) + word[len(stem) :]


def _full(word: str) -> str:
    """A contraction in full; 's stays, which may be is, has or a possessive, but after a pronoun; so does that of boys'."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, whole in _SHORT.items():
        if word.endswith(ending):
            return word.removesuffix(ending) + whole
    stem = word.removesuffix("'s")
    if stem != word and stem in _PRONOUNS:
        return f"{stem} is"
    return word if re.fullmatch("[^'].*s'", word) else word.strip("'")


def abbreviated(text: str) -> str:
    """a.m. and p.m. without points."""
    return re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text, flags=re.IGNORECASE)


def in_figures(words: list[str]) -> list[str]:
    """Number words as figures: twenty-one as 21, fifth as 5th."""
    found = list[str]()
    for word in words:
        figure = _NUMBERS.get(word, word)
        if len(figure) == 1 and figure != "0" and figure.isdecimal() and found and found[-1] in _TENS.values():
            figure = found.pop()[0] + figure
        found.append(_TENS.get(figure, figure))
    return found
