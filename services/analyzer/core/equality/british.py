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
_NUMBERS = {word: str(i) for i, word in enumerate(_COUNTED.split())}


def words_of(text: str) -> list[str]:
    """The words of an English text in one spelling, without punctuation; a hyphen parts words."""
    text = text.replace("’", "'").replace("‘", "'").lower()
    text = re.sub(r"[.,;:!?\"“”，。；：！？…]+(?=\s|$|[^\d])", " ", text)
    found = list[str]()
    for word in re.split(r"[\s\-–—]+", text):
        if word:
            found += _full(word).split()
    return [_american(w) for w in found]


def _american(word: str) -> str:
    stem = word.removesuffix("'s")
    return _BRITISH.get(stem, stem) + word[len(stem) :]


def _full(word: str) -> str:
    """A contraction in full; 's stays, which may be is, has or a possessive, but after a pronoun."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, whole in _SHORT.items():
        if word.endswith(ending):
            return word.removesuffix(ending) + whole
    stem = word.removesuffix("'s")
    return f"{stem} is" if stem != word and stem in _PRONOUNS else word.strip("'")


def in_figures(words: list[str]) -> list[str]:
    """Number words as figures."""
    return [_NUMBERS.get(w, w) for w in words]
