"""Tables for disclosure.py: which words tell who somebody is, and which only look as if they did.

Each table says in a line what it holds; a longer list is better only where the test letters show it.
"""

from __future__ import annotations

import re

TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor rev reverend sir dame cllr councillor sister brother father fr nurse matron "
    "auntie aunty aunt uncle nana nan grandma grandad nurse inspector pc sgt officer worker driver tutor coach".split()
)
"""What stands before a surname without being a given name."""

COMMON = frozenset(
    "the a an of and or to in on at by for with from as is are was were be been being it its this that these those he "
    "she they we i you him her them us his their our your my me who which what when where how not no had has have do "
    "does did will would could should may might can there then than so if but about into over after before since any "
    "each every all some one please dear yours ask tell thank contact speak".split()
)
"""Words too small to show anything."""

EVERYDAY = frozenset(
    "child children boy boys girl girls young people person staff adult adults home house school manager "
    "night day week "
    "month year shift enough told tell said say asked room food money care worker workers carer carers social placing "
    "authority council police agency family parents mother father being there everyone nobody one two three "
    "four when get "
    "go gone come came made make more most only out up off just because while other others own many much any every "
    "complaint complaints record records report reports last first time times good bad right wrong well know "
    "known think "
    "believe need needs meet visit visits foster fostering residential bedroom door".split()
)
"""Words in which every concern is told: to share them shows nothing."""

OPENERS = frozenset(
    "ask tell thank contact call ring copy keep protect speak email write interview meet question send give show see "
    "according although because while whether however as both only even nor neither either also again then now perhaps "
    "staff worker colleague like unlike without despite given following concerning regarding re about via per".split()
)
"""Words that open a sentence before a surname without being a given name."""

WORD_NAMES = frozenset(
    "abbey abbot alder amber angel april archer arch art ash august autumn baker ball banks barber barker barn barrow "
    "bass beach beam bean beck bell bench best bill birch bird bishop black blessing bloom blue boar bond book booth "
    "bowler box brand bridge bridges briar bright brook brooks brown buck bull bunting burn burns bush butcher butler "
    "calm cannon care carpenter carr carter case cash castle chance chandler chapel chapman charity charm chase child "
    "childs christian church clay clear cliff close cloud coal coat cobb coin cole cook cooper copper corner cotton "
    "counter court cox crane crisp cross crow crown crystal dale daisy dance dart dawn day dean dear dew dick dine doe "
    "dove down downs draper dread drew driver drummer duke dust dyer early east easter eve ever face fair faith falcon "
    "farmer farrow favor fell fenn ferry field fields finch fish fisher fleet fletcher flint flood flower flowers ford "
    "forest forester forge foster fountain fowler fox frank free freeman french friend frost fuller gale gardener "
    "gardner garland gate gates gay gem ginger glen glover gold golden good goodman grace grant grave graves "
    "gray green "
    "grey grove guest guy hale hall ham hand hands hardy harper hart harvest hawk hay hayes hazel head heart heath "
    "heather hedge herb heron hill hills hoard holder hollow holly holm holt home hook hope horn house howl "
    "hunt hunter "
    "iris ivory ivy jack jade jay jewel joiner jolly joy judge june just justice keen keeper keys king kitchen knight "
    "lake lamb land lane lark law lawless lawn leader leaf lee lily little lock lodge long lord love loveday low luck "
    "mace major male man manly mark marks marsh marshal marshall martin mason may mead meadow mercer mercy miles mill "
    "miller mills minister mint miser mist mole monday moody moon moor moore moss mount mountain myrtle nail "
    "neat nelly "
    "new newman nice nightingale noble north oak oakes old olive orchard page paige painter palmer park parker parks "
    "parish parson parsons pat patience peace peach peak pearl peer penny pepper perry pike pile pine piper pitt place "
    "plank plant player plum pond pool poole pope poppy porter post potter pound power prate pratt price pride priest "
    "primrose prince prior proctor prudence purse quick quill raven ray read reader reed reeve rhodes rice rich ring "
    "ripe rivers road rob robin rock rose rosemary rot round row ruby rudd rule rush rust sage sale sales salt sand "
    "sanders sands savage sawyer scarlet school sergeant sewell sexton shade sharp sharpe shaw shell shepherd shield "
    "shore short silver singer skipper slack slater small smart smith snow sole south spade spark sparks spencer spice "
    "spring stable stack staff stamp star steel stern steward stock stone storm story strange street strong sue summer "
    "summers sunday swallow swan sweet sweeting swift tailor tanner taylor teal temple terry thorn thorne "
    "thatcher tiger "
    "tiller tom town trainer travers treasure troy true truly trust tucker turner twin tyler usher vale vane venture "
    "verity vicar vine violet virtue wade waite walker wall waller walls ward waters way weaver webb week wells west "
    "wheeler whistler white wild will willow wilt winter winters wise wolf wood woods workman wright wren yard york "
    "young chambers hawkins dent may march nurse gentle bold wiseman drinkwater speed service council manager home "
    "report regulation standard records care cares lead leach mark moral nott onions peel pickles rain savory seal "
    "self shears side speaker sands tester thrift tidy toogood tune twist vest wait wake ware warden waterman wax "
    "wear weeks whale wick winder winner witty".split()
)
"""Names that are also ordinary words: a small letter, or a capital that opens a sentence, makes no name of them."""

WHAT_PEOPLE_DO = frozenset(
    "said says told tells who wrote writes rang called reported reports saw sees has had was is thinks "
    "believes knows knew "
    "asked raised complained feels felt works worked noticed heard witnessed explained describes described".split()
)
"""What follows a name that opens a sentence, and seldom an ordinary word there."""

NEVER_NEAR = frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday spring summer autumn winter christmas easter ofsted council manager "
    "children child "
    "regulation section standard standards service services social worker inspector director report record "
    "records team "
    "police health england county city borough house home hall lodge school chief executive officer "
    "individual head".split()
)
"""Words with a capital that are no misspelling of anybody's name."""

ABBREVIATIONS = frozenset(
    "RI RM RP HR IT GP MP PC PA TA OT CP AP IV LA DO SW CC UK EU PS AM PM OK ID TV DI DS DC QA HM HMI CEO CQC SEN DBS "
    "MAR PRN PDF NHS EHC DSL LSA HLTA SLT CAMHS LADO IRO ADHD MASH CSE CCE PR PE RE AI AD BC AGM NB PTO VAT PAYE EDT "
    "CPD HSE RSPCA NMC RN CD DVD MA BA SCR SOP CV NI PO BO CAF EHCP BSL NVQ TUPE AS AN AT IN IS OF ON OR TO "
    "US WE".split()
)
"""Capitals that stand for something else than a person."""

PLACE_WORDS = (
    "Road Rd Street St Lane Ln Avenue Ave Close Drive Way Court Place Square Terrace Crescent Gardens Grove "
    "Council City "
    "Borough County Metropolitan District Town Parish Hospital Infirmary Police Constabulary Primary Academy "
    "High School "
    "College University House Hall Lodge Park Centre Station Market Library Leisure Magistrates Crown Family Youth "
    "Safeguarding Children's Children’s Childrens Social Adult NHS Fire Housing Education Express Gazette News Times "
    "Evening Hub Team Bank Croft Farm Manor Grange Bridge Valley"
).split()
"""What follows the name of a town where a body or a street bears it."""

AS_A_PLACE = (
    r"(?:(?<!confidence )(?<!trust )(?<!faith )\bin|\bat|\bnear|\baround|\bacross|\boutside|\bcentre of|\btown of|"
    r"\bcity of|\barea of|\bpart of|\bbetween|\bthroughout)\s+"
)
"""What stands before the name of a town."""

STREET_FORMS = {
    short: whole
    for whole, *shorts in (
        family.split()
        for family in (
            "road rd",
            "street st str saint",
            "court ct crt",
            "avenue ave av",
            "close cl clo",
            "crescent cres cr",
            "drive dr drv",
            "gardens gdns",
            "garden gdn",
            "grove gr grv",
            "lane la ln",
            "place pl",
            "square sq",
            "terrace ter terr tce",
            "way wy",
            "park pk",
            "house hse ho",
            "cottage cott ctg",
            "cottages cotts",
            "buildings bldgs",
            "mount mt",
            "flat apt",
            "farm fm",
            "view vw",
            "heights hts",
            "great gt",
            "little lt",
            "upper upr",
            "lower lwr",
            "north nth",
            "south sth",
            "walk wk",
            "bank bk",
            "estate est",
            "yard yd",
        )
    )
    for short in shorts
}
"""Parts of an address as people shorten them."""

COMPANY_WORDS = frozenset(
    "ltd limited llp plc cic group services service company trust holdings partnership collective practice agency team "
    "union centre association associates network project foundation society charity solutions consultants consultancy "
    "office department dept organisation council and of the for".split()
)
"""Words of a firm's name that people leave out when they speak of it."""

PUBLIC_BODY = re.compile(r"\b(?:council|borough|police|constabulary|nhs|ofsted|government|ministry)\b", re.IGNORECASE)
"""So large an employer that its name says little unless it is said to be where the report came from."""

RUNS_IT = (
    r"(?:runs?|owns?|operates?|manages?|provides?|is the (?:registered )?provider|that (?:runs|owns)|"
    r"which (?:runs|owns|has))"
)
RUN_BY = r"(?:run|owned|operated|managed|provided) by|(?:registered )?provider(?: of [^.,;]{2,40})?,?|parent company,?"
"""How a text says whose service it is: the name stands before the first, after the second."""

ORDINARY_ROLES = frozenset(
    "worker workers staff member carer carers care support residential social teacher parent mother father mum dad "
    "relative grandmother grandfather neighbour resident child children childcare young person people foster family "
    "friend agency employee former ex bank senior assistant practitioner professional officer volunteer student "
    "night nights waking day weekend shift team relief leader lead manager registered qualified trainee retired key "
    "work adult adoption adopter fostering guardian aunt uncle sister brother grandparent stepfather stepmother public "
    "independent youth specialist therapeutic mentor case supervising permanent casual part full time head "
    "house local nurse".split()
)
"""Words of a role that many share."""

QUALIFIERS = frozenset("night waking shift agency senior lead leader relief bank weekend trainee student nurse".split())
"""Of these, the words that narrow a common role to a few where the whole of it is named."""

AN_INSIDER = re.compile(
    r"\b(?:a|an|one|another)\s+(?:(?:current |present |former |ex-|serving |"
    r"long-serving )?(?:member of (?:your|the|its|their) (?:own )?"
    r"(?:[\w-]+ )?(?:staff|team|workforce)|employee(?: of yours)?|insider|colleague of yours)|of (?:your|its|"
    r"their|the) (?:own )?"
    r"(?:[\w-]+ )?(?:staff|people|team|workers|employees|colleagues|carers))\b",
    re.IGNORECASE,
)
"""Somebody who works there: telling only where the report is said to be theirs."""

CARE_WORDS = frozenset(
    "care caring childcare children childrens homes home residential fostering schools education".split()
)
"""Beside the name of the service these make the name of its company."""

LEGAL = re.compile(
    r"\b(?:section \d|\w+ Act (?:19|20)\d\d|regulations? (?:\d|20)|offence|national minimum standards|"
    r"protected disclosure)\b",
    re.IGNORECASE,
)
"""Words of the law: whoever quotes it quotes nobody else."""

OFFICES = frozenset("manager leader lead head officer director".split())
"""One alone of these is somebody else: the manager is not the deputy manager."""

OTHER_WORK = frozenset("social youth outreach key link sex family council inspection area regional duty".split())
"""Before worker, manager and the like these make another office of it, unless they are the source's own."""

SOLE_ROLES = frozenset(
    "cook driver chair secretary therapist psychologist tutor advocate handyman caretaker housekeeper cleaner gardener "
    "bookkeeper counsellor receptionist administrator accountant chaplain psychiatrist physiotherapist interpreter "
    "trainer bursar technician deputy representative visitor paediatrician dentist plumber electrician groundsman "
    "librarian doctor ot slt consultant escort matron director trustee".split()
)
"""Of such there is one in a place, so that the word alone is enough beside an article."""

_ROLE_FAMILIES = (
    "cook chef caterer catering kitchen",
    "cleaner housekeeper domestic cleaning",
    "handyman handy caretaker maintenance janitor repairman odd-job groundsman repairs",
    "driver chauffeur",
    "tutor teacher teaching lecturer instructor",
    "therapist therapy slt salt ot",
    "psychologist psychology",
    "counsellor counselling",
    "advocate advocacy",
    "chair chairman chairwoman chairperson chairing",
    "bookkeeper accountant accounts finance payroll",
    "administrator admin administrative secretary clerk receptionist office",
    "deputy vice second-in-command assistant",
    "senior lead leader",
    "night nights waking overnight nighttime wakeful",
    "student trainee placement intern",
    "computer computing technician technology systems",
    "representative rep official",
    "visitor visiting visits",
    "nurse nursing matron rgn",
    "minibus bus van transport",
    "parent mother father mum dad mam",
    "mother mum mam parent",
    "father dad parent",
    "grandmother nan nana gran granny grandma grandparent relative",
    "grandfather grandad granddad grandparent relative",
    "aunt auntie relative",
    "uncle relative",
    "neighbour neighbor resident",
    "carer fosterer",
    "worker work practitioner colleague employee",
    "volunteer helper volunteering",
    "physiotherapist physio",
    "gardener groundsman gardening",
    "trainer training",
    "supervising supervisor",
    "speech language communication",
    "childcare care",
    "manager head boss",
    "mentor mentoring coach",
    "escort chaperone",
    "doctor gp paediatrician",
)
"""Words for the same work: who is called the one in the vault may be called another in a letter."""

ACTIVITIES = frozenset(
    "catering kitchen domestic cleaning handy maintenance repairs teaching therapy slt salt psychology "
    "counselling advocacy "
    "chairing accounts finance payroll admin administrative office lead nights waking overnight nighttime "
    "placement computer "
    "computing technology systems visiting visits nursing minibus bus van transport volunteering gardening "
    "training speech "
    "language communication care childcare mentoring foster night shift agency school panel company support "
    "bank".split()
)
PERSON_NEXT = frozenset(
    "man woman person worker member lady guy lead officer assistant manager boss chap colleague".split()
)
"""Words for work that name nobody unless the next word does."""


def same_work(word: str) -> frozenset[str]:
    """The word of a role and every other for the same work."""
    return frozenset({word}).union(*(family.split() for family in _ROLE_FAMILIES if word in family.split()))


_TELL = (
    r"(?:told|tells|contacted|wrote|written|rang|rung|phoned|emailed|reported|raised|complained|came forward|"
    r"come forward|"
    r"spoke|spoken|disclosed|alleges?|alleged|informed|alerted|saw|seen|witnessed|heard|noticed|described|approached|"
    r"says?|said|explained|sent|supplied|provided|gave|given|shared|confirmed|objected|refused|declined|asked|put|blew)"
)
AGENT_BEFORE = re.compile(
    rf"\b{_TELL}\b[^.;]{{0,50}}\b(?:by|from|through|to)\s+$|\baccording to\s+$|\bmade (?:to us )?by\s+$|"
    r"\b(?:information|account|report|complaint|concern|allegation|statement|evidence|message|letter|e-?mail|call|word|"
    r"disclosure|picture|notes?|observations?|contact|news)s?\b[^.;]{0,40}\b(?:by|from|through)\s+$|"
    r"\b(?:source|informant|whistle-?blower|caller|complainant|referrer|correspondent|writer|author)\b[^.;]{0,20}"
    r"(?:\bis|\bwas|\bbeing|\bas|,|\()\s*$|\bcom(?:es?|ing) (?:to us )?from\s+$|\bcame (?:to us )?from\s+$|"
    r"\b(?:thank|grateful to|interview|blame|protect|identify|speak to|speaking to|behalf of|hear from|heard from|"
    r"word of|view of|eyes of)\s+$",
    re.IGNORECASE,
)
AGENT_AFTER = re.compile(
    r"^(?:[ ,]+(?:who|that|has|had|have|since|then|also|there|here|works?|worked|comes?|visits?|"
    r"herself|himself|at [^.,;]{3,40}|of [^.,;]{3,40}|"
    rf"from [^.,;]{{3,30}}|in [^.,;]{{3,30}}|on [^.,;]{{3,25}}))*[ ,]+{_TELL}\b|^(?:'s|’s)? (?:account|report|"
    rf"complaint|"
    r"concerns?|evidence|statement|e-?mail|letter|disclosure|version|story)\b|^[^.;]{0,12}\b(?:is|was) (?:our|the) "
    r"(?:source|informant|whistle-?blower|caller|complainant)",
    re.IGNORECASE,
)
"""How a sentence says that the report is somebody's, before them and after them."""

ONE_OF_A_KIND = re.compile(
    r"\b(?:the|your|our|its|their|his|her|a)\s+(?:only|sole|lone|single|one)\s+(?:[\w-]+\s+){0,3}?"
    r"(?:male|female|man|woman|gentleman|lady)\b(?!\s+(?:resident|child|young|pupil|person|boarder))"
    r"(?:\s+(?:member|worker|carer|colleague|nurse|employee|staff|assistant|[\w-]+ (?:worker|carer|staff|nurse)))?"
    r"(?:\s+(?:of|on|in)\s+(?:the|your)(?:\s+[\w-]+){1,2})?",
    re.IGNORECASE,
)
ONLY_WORKER = re.compile(
    r"\b(?:the|your|our|its|their)\s+(?:only|sole|lone|one)\s+(?:[\w-]+\s+){0,3}?(?:member of (?:staff|the team|your)|"
    r"worker|nurse|carer|driver|employee|colleague|practitioner|assistant|professional|speaker)\b",
    re.IGNORECASE,
)
I_AM_ALONE = re.compile(
    r"\bI(?:'m|’m| am| was|'ve been| have been)\b[^.]{0,30}\b(?:only|sole|one|lone)\b|\bonly (?:me|I)\b|"
    r"\b(?:apart from|except|but) (?:me|I)\b",
    re.IGNORECASE,
)
"""The only man, the only nurse: one person. The second counts where the source says it of themselves."""

I_SAY = re.compile(r"\b(?:i|i['’]m|i['’]ve|i['’]d|ive|im|my|me|we|our)\b", re.IGNORECASE)

EMPLOYMENT = re.compile(
    r"\b(?:start(?:ed|ing|s)?|join(?:ed|ing|s)?|left|leav(?:e|es|ing)|resign(?:ed|ing|s)?|retir(?:ed|ing|es)|"
    r"began|begun|"
    r"begins|employed|employment|work(?:ed|ing|s)?|been (?:here|there|with|at|in|a|an|on)|dismissed|sacked|made "
    r"redundant|handed in|notice|probation\w*|came to|newest|joiner|starter|leaver|placement|seconded|"
    r"contract|recruited|"
    r"appointed|service|serving|served|last day|last shift|moved on|qualified|taught|tutored|cooked|drove|volunteered|"
    r"fostered|fostering|spent|(?:were|was) there|(?:were|was) with|temp(?:ed|orary)|engaged|covered|hired|"
    r"took up|taken on|"
    r"post|agency|locum|supply|veteran|comes?|attends?|experience|stint|registered|approved|chair(?:ed)?|visit(?:ed|ing)?|cover(?:ing)?)\b",
    re.IGNORECASE,
)
SOMEBODY = re.compile(
    r"\b(?:who|whose|someone|somebody|person|individual|colleague|member|worker|employee|carer|nurse|starter|"
    r"joiner|leaver|"
    r"recruit|source|informant|caller|complainant|he|she|they|man|woman|veteran|senior|assistant|practitioner|tutor|"
    r"teacher|volunteer|student|driver|cook|deputy|whistle-?blower|correspondent|writer|placement)\b",
    re.IGNORECASE,
)
NOBODY_IN_PARTICULAR = re.compile(
    r"\b(?:each|every|any|all|anyone|everyone|whoever|list|records?|rotas?|copies|children|child|boys?|girls?|pupils?|"
    r"young people|inspection|notified|deliveries|incidents)\b",
    re.IGNORECASE,
)
"""When somebody began or left, and whether a clause speaks of one person or of records and children."""

STANDING = (
    r"handed in (?:\w+ )?notice|(?:working|worked|serving) (?:out )?(?:\w+ )?notice|resign(?:ed|ing|ation)|"
    r"given (?:\w+ )?notice",
    r"probation\w*",
    r"on (?:a )?placement|placement student|student (?:on|social)",
    r"signed off|off sick|sick leave|sickness absence",
    r"suspen(?:ded|sion)",
    r"maternity|paternity",
    r"retir(?:ed|ing|ement)",
    r"redundan\w+",
    r"dismiss(?:ed|al)|sacked|fired|was let go",
    r"off the rota|not (?:been )?rostered|hours (?:were )?cut|taken off shift",
    r"(?:have|has|had|since|I|who|and) left\b|former (?:employee|member|worker|colleague)|ex-(?:employee|worker|staff)|"
    r"no longer (?:work\w*|employed)|used to work",
    r"last (?:day|shift)",
    r"grievance",
    r"disciplin(?:ed|ary)",
    r"contract (?:was )?not (?:been )?renewed|not renewed",
    r"appraisal",
    r"second job|two jobs",
    r"pregnan\w+",
)
"""What has become of somebody at work: telling where the source says it of themselves and the draft of one person."""

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
DIGITS = tuple(_NUMBER_WORDS[:10])
NUMBERS = {word: number for number, word in enumerate(_NUMBER_WORDS)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_NUMBER = (
    rf"(?:(?:{'|'.join(_TENS)})[ -](?:{'|'.join(_NUMBER_WORDS[1:10])})|{'|'.join([*_TENS, *_NUMBER_WORDS[::-1]])})"
)
WHEN = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|"
    rf"winter|christmas|easter|(?:mon|tues|wednes|thurs|fri|satur|sun)days|20[0-2]\d|19\d\d|(?:\d+|{_NUMBER}|"
    rf"a)[ -](?:years?|months?|weeks?|terms?|decades?|shifts?))\b",
    re.IGNORECASE,
)

_HOUR = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|1[0-2]|[1-9])"
CLOCK = re.compile(
    r"(?<![£$.\d])(?<!regulation )(?<!section )(?<!paragraph )(?P<h>[01]?\d|2[0-3])[.:](?P<m>[0-5]\d)(?![.\d%])"
    r"|\b(?P<h24>[01]\d|2[0-3])(?P<m24>[0-5]\d) ?(?:hours|hrs|h)\b"
    rf"|\b(?P<past>(?:{_NUMBER}|\d\d?|quarter|half)(?: minutes?)?) (?P<way>past|to|after) (?P<hour>{_HOUR})\b"
    rf"|\bhalf (?P<half>{_HOUR})\b"
    rf"|\b(?P<o>{_HOUR})(?= ?(?:[ap]\.?m\b|o['’]?clock|in the (?:morning|afternoon|evening)|at night))",
    re.IGNORECASE,
)
HALF_OF_DAY = re.compile(
    r"^ ?(?:o['’]?clock)?,? ?(?:(?P<am>a\.?m\b\.?|in the morning)|"
    r"(?P<pm>p\.?m\b\.?|in the (?:afternoon|evening)|at night))",
    re.IGNORECASE,
)
"""A time of the clock in figures or words, and what after it says which half of the day."""

A_LIMIT = re.compile(
    r"\b(?:by|before|until|till|no later than|not later than|from|between|after|every|and|to)(?: the)?\s+$",
    re.IGNORECASE,
)
A_DEADLINE = re.compile(r"\b(?:by|before|no later than|not later than|until)(?: the)?\s+$", re.IGNORECASE)
KNOWN_TO_MANY = re.compile(
    r"\b(?:fire (?:service|brigade|engine|crew)|ambulance|police (?:attended|came|were called|log|report)|paramedics?|"
    r"you notified|your notification|notification|you (?:told|informed) us|you reported|"
    r"your (?:own )?(?:log|record|report|letter|email)|cctv|news\w*|press|published|public(?:ly)?|minutes of|meeting|"
    r"inspection|inspectors?|whole (?:street|house|school|team)|everyone|everybody|all (?:saw|staff|of us)|"
    r"several (?:people|neighbours)|neighbours|passers-?by|"
    r"bedtime|always|usually|routine|(?:every|each) (?:day|night|morning|evening|shift)|curfew|handover)\b",
    re.IGNORECASE,
)
"""A time that the public, the records or many people know gives nobody away."""

DOCUMENT = re.compile(
    r"[\"“‘'][^\"”’'\n]{4,60}[\"”’']|\b[\w-]+\.(?:xlsx?|docx?|pdf|csv|pptx?|jpe?g|png|msg)\b|"
    r"\b(?:[A-Z][\w&-]*\s+){1,5}(?:[Ss]preadsheet|[Ll]og|[Tt]racker|[Rr]egister|[Ff]ile|[Ff]older|[Mm]atrix|"
    r"[Rr]ota|[Mm]inutes|"
    r"[Dd]iary|[Bb]ook|[Rr]ecord)\b(?:\s+\w?\d+)?"
)
A_TITLE_NEXT = re.compile(
    r"\b(?:entitled|titled|named|called|headed|heading|labell?ed|marked|title|folder|file|spreadsheet|"
    r"document|report|tab|"
    r"column|memo|subject|notebook|book|group|chat|channel)\b[ ,:]*(?:is |as |was )?$",
    re.IGNORECASE,
)
"""Before a quotation: it is what a document is called, and not what somebody said."""

WITNESS = re.compile(
    r"\b(?:the only (?:one|person|other|member|adult|witness|staff|man|woman|carer|worker|other (?:adult|person))"
    r"(?: [\w-]+){0,5}? (?:who|to have|with (?:access|rights|a key)|present|in the room|there when|saw|knew|knows)|"
    r"(?:the|a) (?:sole|single|lone|only) (?:eye-?)?witness|one (?:eye-?)?witness|eye-?witness|sole witness|"
    r"(?:nobody|no one|no-one) else (?:saw|knows|knew|heard|could|can)|"
    r"as (?:she|he|they) (?:told|said to|explained to|reported to)|"
    r"in (?:a|the|their|her|his) (?:private|one-to-one|supervision) (?:meeting|conversation|session)|(?:during|in|at) "
    r"(?:her|his|their|a|one-to-one) supervision|overheard|was (?:the one|the person) who|"
    r"saw (?:it|this|him|her) (?:himself|herself|themselves)|first-?hand|"
    r"(?:was|were) (?:being )?(?:seen|watched|heard)\b[^.]{0,30}\b(?:through|from behind|from inside|from the)\b|"
    r"(?:not aware|unaware|did not know|does not know|not know)\b[^.]{0,25}\b(?:seen|watched|overheard|heard|observed|"
    r"(?:some|any)(?:one|body) (?:was|saw|else|heard)|was there)|only (?:two|three) people (?:know|knew|were|"
    r"have|had|could))\b",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"\b(?:(?:asked|told|instructed|ordered) to [^.]{0,50}\b(?:declined|refused|would not|said no|objected)|"
    r"(?:who|someone|she|he|they|worker|colleague|person|member of staff) (?:had |has |\w+ly )?(?:refused|"
    r"declined|objected|"
    r"protested|challenged (?:this|it|him|her|them|the manager)))\b",
    re.IGNORECASE,
)
I_REFUSED = re.compile(
    r"\bI\b[^.]{0,60}\b(?:refused|declined|objected|protested|challenged|said no|would not|said that I)\b"
)
TOLD_THE_BOSS = re.compile(
    r"\b(?:he|she|they|who|someone|person|colleague|worker) (?:had |has |have )?(?:told|said to|asked|warned|"
    r"emailed|wrote "
    r"to|spoke to|spoken to|raised (?:it|this) with|complained to|confronted) (?:you\b|(?:the|your|his|her|their) "
    r"(?:\w+ )?(?:manager|deputy|head|director|supervisor|principal|owner|bursar))",
    re.IGNORECASE,
)
I_TOLD_THE_BOSS = re.compile(
    r"\bI\b[^.]{0,40}\b(?:told|said|asked|warned|e-?mailed|wrote|written|spoke|spoken|raised|complained|confronted)\b",
    re.IGNORECASE,
)
TIMES = re.compile(rf"\b(?P<n>\d+|{_NUMBER}) (?:\w+ )?(?:times|occasions|e-?mails|reports|letters)\b", re.IGNORECASE)
"""What only the one who was there can have seen, said, refused or counted; the I_ forms are the source's own side."""

LIVES_IN = (
    r"\b(?:liv(?:es|ing)|resid(?:es|ing|ent)|lodging|staying|caller|source|informant|someone|somebody|correspondent|"
    r"complainant|writer|person|a (?:woman|man|mother|father|neighbour|carer|worker))\s+(?:in|of|from|at|near)\s+"
)
"""Before a town: somebody lives there."""

STANDARD_SIGN_OFF = re.compile(
    r"^\W*(?:yours(?: (?:sincerely|faithfully|truly|ever))?|(?:with )?(?:very )?(?:kind(?:est)?|best|"
    r"warm(?:est)?) (?:regards|"
    r"wishes)|regards|(?:many |with )?thanks(?: again| in advance| for [\w ]+)?|thank you(?: very much| so much|"
    r" for [\w ]+)?|"
    r"cheers|from|love|sincerely|faithfully|best|all the best)\b[\s,.!-]*",
    re.IGNORECASE,
)
SIGN_OFF = re.compile(
    r"^\W*(?:(?:yours|kind|best|warm|many)\b.{0,20}|regards|thanks|thank you|cheers|from|love|sincerely|faithfully|"
    r"diolch|cofion|hwyl|pob hwyl|gyda|yn gywir|in (?:solidarity|christ|peace|haste|hope|confidence|faith)|god bless|"
    r"blessings|respectfully|with (?:hope|respect|love|prayers|thanks))\b[\s,.!-]*",
    re.IGNORECASE,
)
"""How people end a letter; the first as anybody does."""
CALLED = re.compile(
    r"\b(?:(?i:calls? me|called me|knows? me(?: \w+){0,2} (?:as|by)|knew me as|known(?: \w+){0,3} as|"
    r"nicknamed?(?: \w+){0,3} "
    r"(?:is|me|was)|nickname(?:d)?|go by|goes by|answer to|i am called|i'm called|refer to me as|"
    r"my name (?:there )?is)|"
    r"(?:(?i:i am|i'm|it's|this is)))\s+(?i:the |called )?[\"“‘']?"
    r"(?P<name>[A-Z][\w'’-]{1,20}(?: [A-Z][\w'’-]{1,20}){0,2}|(?<=[\"“‘'])[a-z][\w'’ -]{2,20}(?=[\"”’']))"
)
"""Where somebody says what they are called."""

MISSPELT = frozenset(
    "recieve recieved seperate seperated definately definatly accomodation alot untill occured occuring wich becuase "
    "beleive beleived freind freinds thier thiers concious tommorow tomorow restraunt embarass embarassed harrass "
    "harrassed harrasment safegaurding safegaurd saftey medecine medecation perscription perscribed maintainance "
    "independant arguement aparent apparant begining calender collegue collegues comittee commited disapear "
    "dissapeared dissapointed environement enviroment exagerate existance experiance foriegn goverment grammer gaurd "
    "gaurdian happend imediate imediately immediatly intresting knowlege liason manger neccessary necesary neigbour "
    "noticable occassion occassionally oppertunity persistant posession prefered priviledge probaly proffesional "
    "profesional publically realy reccomend refered relevent rythm sargent scedule secratary sincerly sieze similiar "
    "speach strenght succesful suprise suprised tecnical theirselves threatend truely unfortunatly wierd "
    "whith writting "
    "restrane restraned restriant bullyed bulling abit aswell infact incase nevermind noone everytime "
    "ect cuboard cubord cupbord kichen bedrom shoud woud coud meself hisself".split()
)
"""Words as they are often misspelt: in an official letter they come from the one who misspelt them."""
LIKENESS = re.compile(
    r"\b(?:(?<!would )(?<!should )(?<!['’]d )like(?! to\b)|"
    r"as if|as though|as (?!well|soon|far|long|much|many|little|few|often|"
    r"part)[a-z]+ as|more [a-z]+ than|hind leg|once in a)\b",
    re.IGNORECASE,
)
"""A likeness: official letters make none, so that a shared one is the source's."""
