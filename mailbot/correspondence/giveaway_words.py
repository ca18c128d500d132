"""Tables for the check of outgoing letters: which words tell who somebody is, and which only look as if they did.

Each table says in a line what it holds; a longer list is better only where the test letters show it.
"""

from __future__ import annotations

import re

TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor rev reverend sir dame cllr councillor sister brother father fr nurse matron "
    "auntie aunty aunt uncle nana nan grandma grandad nurse inspector pc sgt officer worker driver tutor coach pan "
    "pani madame monsieur herr frau senor senora cllr".split()
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
    "child children boy boys girl girls young people person staff adult adults home house school manager night day "
    "week month year shift enough told tell said say asked room food money care worker workers carer carers social "
    "placing authority council police agency family parents mother father being there everyone nobody one two three "
    "four when get go gone come came made make more most only out up off just because while other others own many much "
    "any every complaint complaints record records report reports last first time times good bad right wrong well know "
    "known think believe need needs meet visit visits foster fostering residential bedroom door".split()
)
"""Words too common in letters about children to show anything."""

CONCERNS = frozenset(
    "medication medicine medicines tablets locked lock heating cold warm mould damp dirty clean kitchen bathroom "
    "toilet missing restraint restrained held hit hits pushed slapped shout shouts shouted shouting swear swears "
    "swearing hurt bruise bruises injury injured alone check checks checked left leave late morning evening weekend "
    "weekends hours phone phones message messages pocket clothes education bed beds bedrooms sleep sleeping asleep "
    "awake agency rota handover training trained incident incidents recorded log logs notified risk assessment "
    "assessments plan plans safe unsafe danger afraid frightened scared upset crying cried work works working worked "
    "use used given give takes take taken put properly never always often sometimes still after again able allowed "
    "wants want seen see locked open nothing nobody anyone anything something".split()
)
"""Words in which concerns are told: many write so, and to share them shows nothing."""

OPENERS = frozenset(
    "ask tell thank contact call ring copy keep protect speak email write interview meet question send give show see "
    "according although because while whether however as both only even nor neither either also again then now perhaps "
    "staff worker colleague like unlike without despite given following concerning regarding re about via per".split()
)
"""Words that open a sentence before a surname without being a given name."""

WORD_NAMES = frozenset(
    "abbey abbot constable sheriff able afar alder amber angel april arch archer art ash august autumn bail baker bale "
    "ball banks barb barber bare barker barn barrow basil bass bath beach beam bean beard beauty beck bell bench "
    "bender berry beryl best biddy bill birch bird bishop black blanch blank blessing block blood bloom blue boar bold "
    "bond bone bones book boot booth bore bounty bowler box bracken bramble branch brand brandy brass bray breeze "
    "brewer briar brick bridge bridges bright brilliant brook brooks broom brown buck bull bunting burn burns bush "
    "butcher butler cage cake call calm camp candle cannon card care cares carol carpenter carr carry cart carter "
    "carton case cash castle chalk chamberlain chambers champion chance chandler change chapel chapman charity charm "
    "chase cheese cherry child childs christian chuck church circuit class clay clear clement cliff close cloud coach "
    "coal coat cobb coffin coin cold cole comfort common constant convey cook cooper cope copper corner cotton council "
    "counter court coward cox crane creed crisp crook cross crow crown cruise crumb crystal cuff curl curry daisy dale "
    "dance danish dark darling dart dash date dawn day deacon deal dean dear death deed deep delight dent desire "
    "destiny dew diamond dick dine diver divine doctor dodge doe dolly domino door doubt dove down downs drain drake "
    "draper dread drew drinkwater driver drop drum drummer duck duke dust dutch duty dyer eagle earl early east easter "
    "ebony eddy edge egg end english eve ever face fair faith falcon fall fan fancy farmer farrow farthing favor fear "
    "feather fee felicity fell fenn ferry field fielding fields file finch fire fish fisher fit fitness flag flame "
    "fleet fletcher flick flint flood flora flower flowers fly foot force ford forest forester forge fort fortune "
    "forum foster foul fountain fowler fox frank free freeman french fresh friend front frost fry fudge fuller furnace "
    "gain gala gale gamble game gang gardener gardner garland garner gate gates gay gem genesis gentle german ghost "
    "gift gill ginger glass glen glover gold golden good goodman goodness goose grab grace grain grand grant grave "
    "gravel graves gray green grey gross grove grunt guard guess guest gum gutter guy hale hall halt ham hammer hand "
    "hands hardy hare harmony harper harsh hart harvest hasty hatch hawk hawkins hawthorn hay hayes hazard hazel he "
    "head hearing heart hearty heath heather heaven hedge herald herb herd heron hide hill hills hoard holder hollow "
    "holly holm holt home honey honour hood hook hope horn hound house howl huff humble hunt hunter husband immaculate "
    "inch ink innocent iris irish ivory ivy jack jade jasmine jay jewel job joiner jolly joy judge jump june junior "
    "just justice kale keen keeper kettle key keys kidney kind kindness king kiss kitchen kite kitty knife knight "
    "knock knowledge lad lake lamb lament lance land lane lark laughter lavender law lawless lawn leach lead leader "
    "leaf lee lent lever levy life light lily linen lion list little live lively lock lodge long loot lord loud love "
    "loveday loving low loyal lucid luck lucky lush mace mad made maiden major maker male mall man manager manly "
    "manners manning marble march mark marks marry marsh marshal marshall mart martin marvellous mason master match "
    "max may mayo maze mead meadow meek melody mercer merchant mercy merry middle mild miles mill miller mills "
    "minister minor mint miser mist misty moan mole monday money monk month moody moon moor moore moral more moss "
    "mould mount mountain mouse mule mustard myrtle nail nation neat nelly nest nettle new newman nice nick nickel "
    "nightingale noble norm north nott nurse nut oak oakes oats old olive onion onions orchard organ outlaw pace pack "
    "paddy page paige pain paint painter pal palmer pan pane pant paper paradise parish park parker parks parry parson "
    "parsons partridge pastor pat patch patience patient patsy patty paw peace peach peak pearl peck peel peer pencil "
    "penny pepper perry petal petty pick pickle pickles pierce pigeon pike pile pilgrim pinch pine pink pipe piper "
    "pitcher pitt place plain plank plant player plenty plum polish pollard pond pool poole poor pope poppy porter "
    "portion posh post potter pound power praise prate pratt precious price pride priest prime primrose prince "
    "princess prior proctor profit progress promise proud prudence prudent puddle punch purity purple purse push "
    "quaint quarry queen quick quiet quill quirk rabbit race raid rain rainbow ram rank rash rattle ravel raven raw "
    "ray read reader reason records reed reeve regulation render report rest reward rhodes rice rich riches riddle "
    "rider ridge ring ripe risk rivers roach road rob robin rock rode roof root rope rose rosemary rot rough round "
    "rout row rowan ruby rudd ruddy ruffle rule rumble rush rust rut sad saddle safari sage said saint sale sales "
    "sallow salmon salt sand sandal sanders sands sandy sane sang savage savory sawyer scales scarlet school score "
    "scottish seal seaman seat secret self senator senior sergeant service settle sewell sexton shade share sharp "
    "sharpe shaw shears shed shell shepherd shield shine ship shock shoe shop shore short shutter side silence silk "
    "silver singer sip skill skipper slack slater sleep slim slow small smart smith snare snow socket sole song sorrow "
    "south spade spark sparks speaker spear special speed spencer spice spike spinner spirit spring square squire "
    "stable stack staff stage stair stamp standard staple star stark start steady steed steel steep steer step stern "
    "steward stiff still stitch stock stocks stone storm story stout stove strange street strength stretch stride "
    "string strong style success such sue sugar summer summers sun sunday supple swallow swan sweat sweet sweeting "
    "swift swing table tack tailor tall tan tang tank tanner tape tart taste taylor tea teal tear temple terry tester "
    "thatcher thick thing thorn thorne thread thrift tickle tidy tiger tile till tiller timber toast toll tom tongue "
    "too toogood tool topping torch tower town trace track trader trail trainer trap travers treasure treat tree trick "
    "trigger trim trinity trout troy true truly trump trust tucker tumble tune turner twin twine twist twitch tyler "
    "type urban usher vale value vane veer venture verity vest vicar vice victory view villa vine viola violet virtue "
    "vital wade wage wager wait waite wake walk walker wall waller walls wally wan wand wander war ward warden ware "
    "warm warrior wash waste watch watchman water waterman waters watt wax way wear weaver webb wedge weed week weeks "
    "weight welcome wells welsh were west whale wheat wheel wheeler whip whistle whistler white wick widow wild will "
    "willow wilt wind winder window wine wing winner winter winters wire wisdom wise wiseman wish witty wolf wonder "
    "wonderful wood woods wool workman worth worthy wren wright yard york young".split()
)
"""Names that are also ordinary words: a small letter, or a capital that opens a sentence, makes no name of them."""

NATIONAL = frozenset("danish dutch english french german irish polish scottish welsh".split())
"""Of these, the ones that have a capital wherever they stand."""

WHAT_PEOPLE_DO = frozenset(
    "said says told tells who wrote writes rang called reported reports saw sees has had was is thinks believes knows "
    "knew asked raised complained feels felt works worked noticed heard witnessed explained describes described".split()
)
"""What follows a name that opens a sentence, and seldom an ordinary word there."""

NEVER_NEAR = frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday spring summer autumn winter christmas easter ofsted council manager children "
    "child regulation section standard standards service services social worker inspector director report record "
    "records team police health england county city borough house home hall lodge school chief executive officer "
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
    "Road Rd Street St Lane Ln Avenue Ave Close Drive Way Court Place Square Terrace Crescent Gardens Grove Council "
    "City Borough County Metropolitan District Town Parish Hospital Infirmary Police Constabulary Primary Academy High "
    "School College University House Hall Lodge Park Centre Station Market Library Leisure Magistrates Crown Family "
    "Youth Safeguarding Children's Children’s Childrens Social Adult NHS Fire Housing Education Express Gazette News "
    "Times Evening Hub Team Bank Croft Farm Manor Grange Bridge Valley"
).split()
"""What follows the name of a town where a body or a street bears it."""

AS_A_PLACE = (
    r"(?:\b(?:trip|travel\w*|flights?|holidays?|moved|move|went|gone|journey|bus|train) to|\b(?:University|Bishop|"
    r"Bank) of|(?<!confidence )(?<!trust )(?<!faith )\bin|\bat|\bnear|\baround|\bacross|\boutside|\bcentre of|"
    r"\btown of|\bcity of|\barea of|\bpart of|\bbetween|\bthroughout)\s+"
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

_TELL = (
    r"(?:told|tells|contacted|wrote|written|rang|rung|phoned|emailed|reported|raised|complained|came forward|"
    r"come forward|spoke|spoken|disclosed|alleges?|alleged|informed|alerted|saw|seen|witnessed|heard|noticed|described|"
    r"approached|says?|said|explained|sent|supplied|provided|gave|given|shared|confirmed|objected|refused|declined|"
    r"asked|put|blew|found (?:this|it)|(?:came|happened|stumbled) (?:upon|across)|"
    r"came to us|come to us|(?:been|got|is) in touch|kept|keeps|holds|wishes|prefers|"
    r"fears|offered|is (?:our|the) (?:source|informant|caller|referrer)|(?:is|was) (?:willing|worried|afraid|concerned|"
    r"unhappy|frightened|upset|prepared))"
)
AGENT_BEFORE = re.compile(
    rf"\b{_TELL}\b[^.;]{{0,50}}\b(?:by|from|through)\s+$|\b(?!gave|given|sent|supplied|provided|offered|shared){_TELL}\b"
    r"[^.;]{0,50}\bto\s+$|\baccording to\s+$|\bmade (?:to us )?by\s+$|"
    r"\b(?:information|account|report|complaint|concern|allegation|statement|evidence|message|letter|e-?mail|call|word|"
    r"disclosure|picture|notes?|observations?|contact|news)s?\b[^.;]{0,40}\b(?:by|from|through)\s+$|"
    r"\b(?:source|informant|whistle-?blower|caller|complainant|referrer|correspondent|writer|author)\b[^.;]{0,20}"
    r"(?:\bis|\bwas|\bbeing|\bas|,|\()\s*$|\bcom(?:es?|ing) (?:to us )?from\s+$|\bcame (?:to us )?from\s+$|"
    r"\b(?:thank|grateful to|interview|blame|protect|identify|speak to|speaking to|behalf of|hear from|heard from|"
    r"word of|view of|eyes of|(?:have|had|heard) (?:it|this)(?: all)? from|(?:spoke|spoken) (?:to|with)|in touch with|"
    r"conversation with)\s+$",
    re.IGNORECASE,
)
AGENT_AFTER = re.compile(
    r"^(?:[ ,]+(?:who|that|has|had|have|(?:is|was)(?! (?:said|alleged|told|reported|seen|described|asked))|since|then|"
    r"also|there|here|works?|worked|comes?|visits?|herself|himself|(?:known as|called|named|at|of|from|in|"
    r"on) [^.,;]{3,40}))*[ ,]+"
    rf"{_TELL}\b|^(?:'s|’s)? (?:account|report|complaint|concerns?|evidence|statement|e-?mail|letter|disclosure|"
    rf"version|"
    r"story)\b|^[^.;]{0,12}\b(?:is|was) (?:our|the) (?:source|informant|whistle-?blower|caller|complainant)",
    re.IGNORECASE,
)
"""How a sentence says that the report is somebody's, before them and after them."""

I_SAY = re.compile(r"\b(?:i|i['’]m|i['’]ve|i['’]d|ive|im|my|me|we|our)\b", re.IGNORECASE)

WORKER = (
    r"(?:staff )?member(?: of (?:[\w-]+ ){0,2}(?:staff|team|workforce))?|someone|somebody|person|individual|colleague|"
    r"worker|employee|carer|nurse|starter|joiner|leaver|recruit|source|informant|caller|complainant|referrer|man|woman|"
    r"lady|veteran|senior|assistant|practitioner|tutor|teacher|therapist|trainee|apprentice|volunteer|student|driver|"
    r"cook|cleaner|deputy|whistle-?blower|correspondent|writer"
)
"""One who works there, or who wrote to us."""
SOMEBODY = re.compile(rf"\b(?:who|whose|he|she|they|{WORKER})\b", re.IGNORECASE)

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
DIGITS = tuple(_NUMBER_WORDS[:10])
NUMBERS = {word: number for number, word in enumerate(_NUMBER_WORDS)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
NUMBER = rf"(?:(?:{'|'.join(_TENS)})[ -](?:{'|'.join(_NUMBER_WORDS[1:10])})|{'|'.join([*_TENS, *_NUMBER_WORDS[::-1]])})"
MONTHS = "january february march april may june july august september october november december".split()
_SEASONS = "spring summer autumn winter christmas easter".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
WHEN = re.compile(
    rf"\b(?:{'|'.join(MONTHS)}|(?:{'|'.join(_SEASONS)})s?|(?:{'|'.join(DAYS)})s|new year|half[ -]term|lockdown|"
    r"covid|the pandemic|20[0-2]\d|19\d\d|(?:last|this|next|first|second|third|fourth|fifth|sixth|final) (?:week|month|"
    r"year|term)|"
    rf"(?:\d+|{NUMBER}|a)[ -](?:years?|months?|weeks?|terms?|decades?|shifts?))\b",
    re.IGNORECASE,
)
"""A time that somebody's work is counted by."""
DATED = frozenset([*MONTHS, *_SEASONS, *DAYS, *"bank holiday boxing eve new year".split()])

_HOUR = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|1[0-2]|[1-9])"
CLOCK = re.compile(
    r"(?<![£$.\d])(?<!regulation )(?<!section )(?<!paragraph )(?P<h>[01]?\d|2[0-3])[.:](?P<m>[0-5]\d)(?![.\d%])"
    r"|\b(?P<h24>[01]\d|2[0-3])(?P<m24>[0-5]\d) ?(?:hours|hrs|h)\b"
    rf"|\b(?P<past>(?:{NUMBER}|\d\d?) minutes?|five|ten|quarter|twenty|twenty[ -]five|half) (?P<way>past|to|"
    rf"after) (?P<hour>{_HOUR})\b|\bhalf (?P<half>{_HOUR})\b|\b(?P<o>{_HOUR})(?= ?(?:[ap]\.?m\b|o['’]?clock|"
    rf"in the (?:morning|afternoon|evening)|at night))",
    re.IGNORECASE,
)
HALF_OF_DAY = re.compile(
    r"^ ?(?:o['’]?clock)?,? ?(?:(?P<am>a\.?m\b\.?|in the morning)|(?P<pm>p\.?m\b\.?|in the (?:afternoon|evening)|"
    r"at night))",
    re.IGNORECASE,
)
"""A time of the clock in figures or words, and what after it says which half of the day."""

DOCUMENT = re.compile(
    r"[\"“‘'][^\"”’'\n]{4,60}[\"”’']|\b[\w-]+\.(?:xlsx?|docx?|pdf|csv|pptx?|jpe?g|png|msg)\b|"
    r"\b(?:[A-Z][\w&-]*\s+){1,5}(?:[Ss]preadsheet|[Ll]og|[Tt]racker|[Rr]egister|[Ff]ile|[Ff]older|[Mm]atrix|[Rr]ota|"
    r"[Mm]inutes|[Dd]iary|[Bb]ook|[Rr]ecord)\b(?:\s+\w?\d+)?"
)
A_TITLE_NEXT = re.compile(
    r"\b(?:entitled|titled|named|called|headed|heading|labell?ed|marked|title|folder|file|spreadsheet|document|report|"
    r"tab|column|memo|subject|notebook|book|group|chat|channel)\b[ ,:]*(?:is |as |was )?$",
    re.IGNORECASE,
)
"""Before a quotation: it is what a document is called, and not what somebody said."""

STANDARD_SIGN_OFF = re.compile(
    r"^\W*(?:yours(?: (?:sincerely|faithfully|truly|ever))?|(?:with )?(?:very )?(?:kind(?:est)?|best|"
    r"warm(?:est)?) (?:regards|wishes)|regards|(?:many |with )?thanks(?: again| in advance| for [\w ]+)?|"
    r"thank you(?: very much| so much| for [\w ]+)?|cheers|from|love|sincerely|faithfully|best|"
    r"all the best)\b[\s,.!-]*",
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
    r"\b(?:(?i:calls? me|called me|(?:named|dubbed|christened) me|knows? me(?: \w+){0,2} (?:as|by)|knew me as|"
    r"known(?: \w+){0,3} as|nicknamed?(?: \w+){0,3} (?:is|me|was)|nickname(?:d)?|go by|goes by|answer to|i am called|"
    r"i'm called|refer to me as|my name (?:there )?is|i (?:sign|go|post|write|log in|am down|appear)(?: \w+){0,2} as|"
    r"i sign (?:everything|myself|them|it|off|things|forms|all \w+))|(?:(?i:i am|i'm|it's|"
    rf"this is))(?! (?:{'|'.join([*MONTHS, *DAYS]).title()})\b)"
    r"(?= [\w'’-]+(?: [A-Z][\w'’-]+)?(?:[,.]| and I\b| from\b| here\b| to (?:the|every|all))))\s+(?i:the |"
    r"called |just )?[\"“‘']?(?P<name>[A-Z][\w'’-]{1,20}(?: [A-Z][\w'’-]{1,20}){0,2}|"
    r"(?<=[\"“‘'])[a-z][\w'’ -]{2,20}(?=[\"”’']))"
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
    "speach strenght succesful suprise suprised tecnical theirselves threatend truely unfortunatly wierd whith "
    "writting restrane restraned restriant bullyed bulling abit aswell infact incase nevermind noone everytime ect "
    "cuboard cubord cupbord kichen bedrom shoud woud coud meself hisself".split()
)
"""Words as they are often misspelt: in an official letter they come from the one who misspelt them."""
